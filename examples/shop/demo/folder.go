// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// folder is where a run keeps its files: the server's data and settings, the
// shop's database, and a copy of the service files whose runbooks are on the
// desk. It is removed at the end unless it was asked to stay.
type folder struct {
	path string
	from string // the shop's own service files
}

func (f folder) services() string { return filepath.Join(f.path, "services") }
func (f folder) settings() string { return filepath.Join(f.path, "leadline.yaml") }
func (f folder) runbooks() string { return filepath.Join(f.services(), "runbooks") }
func (f folder) data() string     { return filepath.Join(f.path, "data") }
func (f folder) shop() string     { return filepath.Join(f.path, "shop") }

// newFolder makes a temporary folder for these service files.
func newFolder(services string) (folder, error) {
	path, err := os.MkdirTemp("", "leadline-demo-")
	if err != nil {
		return folder{}, fmt.Errorf("make a temporary folder: %w", err)
	}
	f := folder{path, services}
	if err := os.Mkdir(f.shop(), 0o755); err != nil {
		return f, fmt.Errorf("make the shop's folder: %w", err)
	}
	return f, f.restore()
}

// restore copies the service files as they are.
func (f folder) restore() error {
	if err := os.RemoveAll(f.services()); err != nil {
		return fmt.Errorf("remove the copy of the service files: %w", err)
	}
	if err := os.CopyFS(f.services(), os.DirFS(f.from)); err != nil {
		return fmt.Errorf("copy the service files: %w", err)
	}
	return nil
}

// runbookLine is a runbook that a service file names by its path.
var runbookLine = regexp.MustCompile(`(?m)^(\s*runbook: )runbooks/([a-z0-9-]+)\.md\s*$`)

// linkRunbooks names the runbooks by their addresses, so that whoever stands on
// the objective's page or reads a notification can follow them.
func (f folder) linkRunbooks(address func(name string) string) error {
	paths, err := filepath.Glob(filepath.Join(f.services(), "*.yaml"))
	if err != nil {
		return fmt.Errorf("list service files: %w", err)
	}
	for _, p := range paths {
		text, err := os.ReadFile(p)
		if err != nil {
			return fmt.Errorf("read service file: %w", err)
		}
		linked := runbookLine.ReplaceAllFunc(text, func(line []byte) []byte {
			m := runbookLine.FindSubmatch(line)
			return []byte(string(m[1]) + address(string(m[2])))
		})
		if err := os.WriteFile(p, linked, 0o644); err != nil {
			return fmt.Errorf("write service file: %w", err)
		}
	}
	return nil
}

// writeSettings tells the server who hears of alerts, and how its pages are
// reached.
func (f folder) writeSettings(url, hook string) error {
	text := fmt.Sprintf(`# Settings of the demo's server.
url: %s
receivers:
  - {name: on-call, type: webhook, url: %q, allow_private: true}
default_receiver: on-call
`, url, hook)
	if err := os.WriteFile(f.settings(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write settings: %w", err)
	}
	return nil
}

func (f folder) remove() error {
	if f.path == "" {
		return nil
	}
	if err := os.RemoveAll(f.path); err != nil {
		return fmt.Errorf("remove the temporary folder: %w", err)
	}
	return nil
}
