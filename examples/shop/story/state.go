// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"time"
)

// State is what the page shows of the story. It is asked for every second.
type State struct {
	// Now says in a sentence where the story is.
	Now string `json:"now"`
	// Button is what can be done now; empty when there is nothing to do.
	Button string `json:"button"`
	// Objective is the page of the objective that burns.
	Objective string `json:"objective"`
}

// State says how the story stands, to whoever looks at the desk's page.
func (s *Story) State(now time.Time) State {
	l := s.now()
	d := State{Objective: s.Pages.Objective}
	switch l.phase {
	case opening, healthy:
		d.Now = "Nothing is wrong: " + l.last.Standing() + "."
	case troubled:
		d.Now = "Something is wrong since " + l.troubled.Format(time.TimeOnly) + ", and nobody has been called yet: " + l.last.burning() + "."
	case called:
		d.Now = "You have been called: " + strings.TrimPrefix(l.page.Title, "Page: ") + ". " + l.last.burning() + "."
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
