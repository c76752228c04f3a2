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
	case d.screen.live:
		return waitForPerson
	}
	return waitForNobody
}

func (d *demo) greet() {
	shop := "a Python shop"
	if d.standIn {
		shop = "a stand-in of the Python shop"
	}
	d.screen.say("%s  %s, %s", d.screen.ink.bold("Leadline"), shop, d.scenario.title)
	if d.scenario.objective != "" {
		d.screen.say("%s", d.screen.ink.quiet(fmt.Sprintf("The story takes %d minutes at most. Ctrl-C ends it at any time, and leaves nothing behind.", int(math.Ceil(d.scenario.longest(d.wait()).Minutes())))))
	}
	d.screen.say("")
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
		d.screen.say("open a browser: %v", err)
	}
}

// binaryName is what a person types to call leadline, from any folder.
func (d *demo) binaryName() string { return quoted(d.binary) }

// serverFlag is what commands need to find the server.
func (r *world) serverFlag() string {
	if r.server.url == "http://127.0.0.1:8484" {
		return ""
	}
	return " --server " + r.server.url
}

// farewell says what was kept, and what to do with one's own application.
func (d *demo) farewell(r *world) {
	if d.keep {
		d.keepFiles()
	}
	b := d.binaryName()
	d.screen.say(`
%s
  %s init ~/your-app --service your-app
  cd ~/your-app && %s serve
  OTEL_SERVICE_NAME=your-app OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4317 opentelemetry-instrument python app.py`,
		d.screen.ink.bold("Next, with an application of your own:"), b, b)
}

// keepFiles makes the kept folder fit to be served again, without the desk that
// ends with the demo.
func (d *demo) keepFiles() {
	if err := d.folder.restore(); err != nil {
		d.screen.say("%v", err)
		return
	}
	if err := os.Remove(d.folder.settings()); err != nil {
		d.screen.say("remove the settings: %v", err)
	}
	d.screen.say("\nKept in %s. To serve it again:\n  %s serve --data-dir %s --services %s",
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

// thousands prints a number for people.
func thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// onDesk says how the story stands, to whoever looks at the desk's page.
func (s *story) onDesk(now time.Time) deskState {
	l := s.now()
	d := deskState{Objective: s.pages.objective}
	switch l.phase {
	case opening, healthy:
		d.Now = "Nothing is wrong: " + l.last.standing() + "."
	case troubled:
		d.Now = "Something is wrong since " + l.troubled.Format(time.TimeOnly) + ", and nobody has been called yet: " + l.last.burning() + "."
	case called:
		d.Now = "You have been called: " + strings.TrimPrefix(l.page.title, "Page: ") + ". " + l.last.burning() + "."
		d.Button = strings.ToUpper(s.mend[:1]) + s.mend[1:]
	case mending:
		d.Now = s.mends
	case mended:
		d.Now = "It is mended. The alert waits for its windows to clear: " + l.last.clearing(now) + "."
	case over:
		d.Now = "It is over, since " + l.end.Format(time.TimeOnly) + ", with " + l.last.left() + "."
	}
	return d
}
