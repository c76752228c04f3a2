// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/proposal"
)

// settings are a configuration file to begin with.
const settings = `# Settings of leadline serve, which reads this file where it is started.
# leadline serve --help lists them all.
services: %s   # the folder of service files, watched while the server runs
data-dir: data       # what was measured
`

const nextSteps = `
Next:
  1. %sleadline serve
  2. run your application with OpenTelemetry's zero-code instrumentation:
       OTEL_SERVICE_NAME=%s OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 \
         opentelemetry-instrument python app.py
  3. leadline status
`

// start writes what a first server needs, where none runs.
func (e *env) start(f *initFlags) error {
	name, err := likelyName(f)
	if err != nil {
		return err
	}
	folder := f.folder()
	file := proposal.FileName(operation.Service{Name: name})
	path := filepath.Join(folder, file)
	text := proposal.Starter(name)
	if _, err := checkDraft(path, text); err != nil {
		return err
	}
	if found, err := readPath(folder); err == nil && len(found) > 0 {
		return errs.New(errs.Unavailable, "no server answers at %s, and %s holds service files already", e.server, folder).
			WithHint("start one with leadline serve, or name another with --server, to draft more of what it has measured")
	}
	if err := create(path, text); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s  1 objective of %s, to begin with: no server runs, so nothing was measured\n", path, name)
	if err := e.writeSettings(f, folder); err != nil {
		return err
	}
	into := ""
	if clean := filepath.Clean(f.dir); clean != "." {
		into = "cd " + clean + " && "
	}
	fmt.Fprintf(e.err, nextSteps, into, name)
	return nil
}

// writeSettings writes a configuration file where there is none.
func (e *env) writeSettings(f *initFlags, folder string) error {
	path := filepath.Join(f.dir, "leadline.yaml")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	relative, err := filepath.Rel(f.dir, folder)
	if err != nil {
		relative = folder
	}
	if err := create(path, fmt.Sprintf(settings, proposal.Quote(filepath.ToSlash(relative)))); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s  settings of the server\n", path)
	return nil
}

// likelyName is what the service is probably called: as asked for, as
// OpenTelemetry is told, or as the folder.
func likelyName(f *initFlags) (string, error) {
	name := cmp.Or(f.service, os.Getenv("OTEL_SERVICE_NAME"))
	if name != "" {
		return name, nil
	}
	path, err := filepath.Abs(f.dir)
	if err != nil {
		return "", fmt.Errorf("name the service after its folder: %w", err)
	}
	name = filepath.Base(path)
	if name == string(filepath.Separator) || name == "." {
		return "", errs.New(errs.Invalid, "the folder has no name to call the service by").WithHint("name it with --service")
	}
	return name, nil
}
