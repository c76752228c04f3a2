// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"math"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/leadline/leadline/examples/shop/story"
)

// How long a story waits for somebody to mend it: longer where somebody can.
const (
	waitForPerson = 45 * time.Second
	waitForNobody = 30 * time.Second
)

// checkout is the operation that the stories are about.
const checkout = "POST /checkout"

// wait is how long the story waits for somebody.
func (d *demo) wait() time.Duration {
	switch {
	case d.auto:
		return 0
	case d.screen.Live:
		return waitForPerson
	}
	return waitForNobody
}

func (d *demo) greet() {
	shop := "a Python shop"
	if d.standIn {
		shop = "a stand-in of the Python shop"
	}
	d.screen.Say("%s  %s, %s", d.screen.Ink.Bold("Leadline"), shop, d.scenario.Title)
	if d.scenario.Objective != "" {
		d.screen.Say("%s", d.screen.Ink.Quiet(fmt.Sprintf("Once all is prepared, the story takes %s. Ctrl-C ends it at any time, and leaves nothing behind.", longest(d.scenario))))
	}
	d.screen.Say("")
}

// longest is how long a story takes wherever it is told: on a terminal somebody
// is waited for the longest. The README says the same of the first one.
func longest(s story.Scenario) string {
	return fmt.Sprintf("%d minutes at most", int(math.Ceil(s.Longest(waitForPerson).Minutes())))
}

// openBrowser opens the UI, where that was asked for.
func (d *demo) openBrowser(url string) {
	if !d.open {
		return
	}
	command := "xdg-open"
	if runtime.GOOS == "darwin" {
		command = "open"
	}
	if err := exec.Command(command, url).Start(); err != nil {
		d.screen.Say("open a browser: %v", err)
	}
}

// binaryName is what a person types to call leadline, from any folder.
func (d *demo) binaryName() string { return quoted(d.binary) }

// serverFlag is what commands need to find the server.
func (r *world) serverFlag() string {
	if r.server.URL == "http://127.0.0.1:8484" {
		return ""
	}
	return " --server " + r.server.URL
}

// farewell says what was kept, and what to do with one's own application.
func (d *demo) farewell(r *world) {
	if d.keep {
		d.keepFiles()
	}
	b := d.binaryName()
	d.screen.Say(`
%s
  %s init ~/your-app --service your-app
  cd ~/your-app && %s serve
  OTEL_SERVICE_NAME=your-app OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 opentelemetry-instrument python app.py`,
		d.screen.Ink.Bold("Next, with an application of your own:"), b, b)
}

// keepFiles makes the kept folder fit to be served again, without the desk that
// ends with the demo.
func (d *demo) keepFiles() {
	if err := d.folder.restore(); err != nil {
		d.screen.Say("%v", err)
		return
	}
	if err := os.Remove(d.folder.settings()); err != nil {
		d.screen.Say("remove the settings: %v", err)
	}
	d.screen.Say("\nKept in %s. To serve it again:\n  %s serve --data-dir %s --services %s",
		d.folder.path, d.binaryName(), quoted(d.data()), quoted(d.folder.services()))
}

// quoted is a path as a shell reads it.
func quoted(path string) string {
	if !strings.ContainsFunc(path, func(r rune) bool { return strings.ContainsRune(" '\"$`\\&;()<>|*?[]#~", r) }) {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// port is the port of an address.
func port(address string) string {
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return p
}
