// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// maxWindows is how many windows an objective may have.
const maxWindows = 6

const (
	windowExample   = "write for example 1h, 7d or 28d"
	calendarExample = "write for example {calendar: month, zone: Europe/Berlin}"
)

// windows reads the one window of an objective, or the list of them.
func (s *service) windows(object *object, o *slo.Objective) {
	one, list := object.take("window"), object.take("windows")
	switch {
	case one == nil && list == nil:
		s.at(object.node, "an objective has no window", "", "add window: 28d")
	case one != nil && list != nil:
		s.at(object.keys["windows"], "an objective has both window and windows", "", "write all of them below windows, the one that alerts derive from first")
	case one != nil:
		o.Window = s.window(one)
	case list.Kind != yaml.SequenceNode || len(list.Content) == 0:
		s.at(list, "windows must be a list of windows", "found "+kindText(list), "write for example windows: [28d, 7d]")
	case len(list.Content) > maxWindows:
		s.at(list, fmt.Sprintf("%d windows", len(list.Content)), fmt.Sprintf("an objective may have %d", maxWindows), "remove some")
	default:
		s.windowList(list, o)
	}
}

func (s *service) windowList(list *yaml.Node, o *slo.Objective) {
	var all []window.Window
	for _, n := range list.Content {
		w := s.window(n)
		if w.Length > 0 && slices.ContainsFunc(all, w.Equal) {
			s.at(n, fmt.Sprintf("the window %s stands here twice", w), "", "remove one")
		}
		all = append(all, w)
	}
	o.Window, o.Others = all[0], all[1:]
}

// window reads a rolling window, a text, or a calendar window, a mapping. It
// is zero when that cannot be read.
func (s *service) window(n *yaml.Node) (w window.Window) {
	switch n.Kind {
	case yaml.MappingNode:
		return s.calendar(n)
	case yaml.ScalarNode:
	default:
		s.at(n, "window must be a text or a calendar", "found "+kindText(n), windowExample)
		return w
	}
	if slices.Contains(window.Periods[:], window.Period(n.Value)) {
		s.at(n, fmt.Sprintf("window %q is not usable", n.Value), "a calendar needs a zone to begin in", fmt.Sprintf("write {calendar: %s, zone: UTC}", n.Value))
		return w
	}
	length, err := parseLength(n.Value)
	if err == nil {
		err = checkWindow(length)
	}
	if err != nil {
		s.at(n, fmt.Sprintf("window %q is not usable", n.Value), err.Error(), windowExample)
		return w
	}
	return window.Window{Length: length}
}

func checkWindow(length time.Duration) error {
	switch grain := window.Grain(length); {
	case length < window.Shortest || length > window.Longest:
		return errors.New("windows last from 1h to 90d")
	case length%grain != 0:
		return fmt.Errorf("a window of this length must be a multiple of %d minutes", grain/time.Minute)
	}
	return nil
}

// calendar reads {calendar: month, zone: Europe/Berlin}.
func (s *service) calendar(n *yaml.Node) (w window.Window) {
	o := s.object(n, "a calendar window")
	if o == nil {
		return w
	}
	before := s.found()
	c := window.Calendar{Period: window.Period(o.required("calendar", "month"))}
	if c.Period != "" && !slices.Contains(window.Periods[:], c.Period) {
		s.at(o.value["calendar"], fmt.Sprintf("calendar is %q", c.Period), "", periodHint(string(c.Period)))
	}
	c.Zone = s.zone(o)
	if c.Zone == nil && !s.reported(o.value["zone"]) {
		s.at(n, "a calendar window has no zone", "it says when a day begins", calendarExample)
	}
	o.finish()
	if s.found() > before {
		return w
	}
	return c.Of()
}

func periodHint(text string) string {
	names := make([]string, len(window.Periods))
	for i, p := range window.Periods {
		names[i] = string(p)
	}
	return meant(text, names, "write one of "+strings.Join(names, ", "))
}

// zone reads the name of a time zone; nil when there is none.
func (s *service) zone(o *object) *time.Location {
	name := o.text("zone")
	if name == "" {
		return nil
	}
	// The zone of a machine is no zone: another one would count otherwise.
	z, err := time.LoadLocation(name)
	if err != nil || name == time.Local.String() {
		s.at(o.value["zone"], fmt.Sprintf("there is no time zone %q", name), "", "write a name of the IANA database, such as Europe/Berlin or UTC")
		return nil
	}
	return z
}
