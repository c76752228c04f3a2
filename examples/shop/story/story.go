// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package story tells what goes wrong in the shop, from the first customer to
// the end of the alert.
//
// A scenario is a value (scenario.go) that one engine plays (story.go) against a
// Scene: what it can do to the shop, and see of the server. It owns the words and
// the times, and gives up at a limit on everything that it waits for. It starts no
// process and asks no server itself, so a test plays it under synctest with
// a scene of its own, and text cases hold all that people read.
package story

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/leadline/leadline/examples/shop/screen"
	"github.com/leadline/leadline/examples/shop/stage"
)

// Times of a story.
const (
	// LookEvery is how often the objective is looked at while something is
	// waited for, and tickEvery how often running times are shown.
	LookEvery = 2 * time.Second
	tickEvery = time.Second
	// patience is how many times its limit something is waited for before the
	// story ends without it: late is worth saying, never is not worth waiting.
	patience = 2
	// lookAround is how long all is well at least after everything is prepared,
	// for whoever opens the UI then.
	lookAround = 20 * time.Second
)

// ErrLate says that the story did not come to its end in time.
var ErrLate = errors.New("the story did not come to its end")

// Scene is what a story acts on, and what it sees of the server.
type Scene interface {
	// Begin and end do to the shop what goes wrong, and what mends it.
	Begin(ctx context.Context) error
	End(ctx context.Context) error
	// Look says how the objective of the story stands.
	Look(ctx context.Context) (View, error)
}

// Phases of a story, in order.
type phase uint8

const (
	opening phase = iota
	healthy
	troubled // something is wrong, and nobody was called yet
	called   // the page is out
	mending  // somebody does what ends the trouble
	mended   // the cause is gone; the alert waits for its windows
	over     // the alert is over
)

// storyLog is when the phases of a story began, and what they held.
type storyLog struct {
	phase                         phase
	troubled, called, mended, end time.Time
	mender                        string // who asked for the mend
	before, last                  View
	page, resolved                Notice
}

// Story plays a scenario: it does its steps, waits for what they cause, and
// says both. Only Play moves it on; others may ask for its State meanwhile.
type Story struct {
	Scenario
	Scene   Scene
	Screen  *screen.Screen
	Pages   Links
	Opened  time.Time     // when customers began to come
	Wait    time.Duration // for somebody to mend it, before the story does
	Notices <-chan Notice
	Orders  <-chan string // to mend it, and from where they come

	mentioned []string // titles of notifications beside the story

	mu  sync.Mutex
	log storyLog
}

// Links are the addresses that a story names.
type Links struct {
	Objective string // in the UI
	Desk      string // with the button
	Binary    string // leadline, as a person would call it
	Server    string // what its commands need to find the server; may be empty
}

// now returns how far the story is.
func (s *Story) now() storyLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log
}

// Broken reports whether what goes wrong was done and not yet mended.
func (s *Story) Broken() bool {
	phase := s.now().phase
	return phase == troubled || phase == called || phase == mending
}

func (s *Story) note(change func(*storyLog)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.log)
}

// Play tells the story from its beginning to its end. It returns early when ctx
// ends, and with an error when something breaks or never comes.
func (s *Story) Play(ctx context.Context) error {
	for _, part := range []func(context.Context) error{s.openShop, s.breakIt, s.awaitPage, s.awaitMend, s.mendIt, s.awaitEnd} {
		if err := part(ctx); err != nil || ctx.Err() != nil {
			s.Screen.Under(time.Now())
			return err
		}
	}
	return nil
}

// openShop lets customers buy for a while.
func (s *Story) openShop(ctx context.Context) error {
	s.note(func(l *storyLog) { l.phase = healthy })
	now := time.Now()
	deadline := s.breaksAt(now)
	s.Screen.Say("\n%s Customers buy; nothing is wrong. In %s something will be.", s.Screen.Stamp(), screen.Span(deadline.Sub(now)))
	if s.judged() {
		s.Screen.Say("      It begins with a full minute, one whole minute of %s before it: versions are judged by whole minutes.", stage.Version)
	}
	if s.Healthy == heardBefore {
		s.Screen.Say("      So long it takes to know that silence is unusual. Have a look around meanwhile: %s", s.Screen.Ink.Link(s.Pages.Objective))
	}
	_, err := s.until(ctx, deadline.Add(time.Minute), func(now time.Time, v View, n *Notice, order string) (bool, string) {
		left := deadline.Sub(now)
		return left <= 0, fmt.Sprintf("  all is well: %s · goes wrong in %s", v.Standing(), screen.Span(left))
	})
	return err
}

// breaksAt is when something goes wrong, for whoever has everything prepared now.
func (s *Story) breaksAt(now time.Time) time.Time {
	at := s.Opened.Add(s.Healthy)
	if soonest := now.Add(min(s.Healthy, lookAround)); at.Before(soonest) {
		at = soonest
	}
	if begun := at.Truncate(time.Minute); s.judged() && begun.Before(at) {
		at = begun.Add(time.Minute)
	}
	return at
}

// breakIt does what goes wrong.
func (s *Story) breakIt(ctx context.Context) error {
	before, err := s.Scene.Look(ctx)
	if err != nil {
		return err
	}
	s.Screen.Under(time.Now())
	s.Screen.Say("\n%s %s", s.Screen.Stamp(), s.Screen.Ink.Bold(s.breaks))
	s.rolling()
	if err := s.Scene.Begin(ctx); err != nil {
		return err
	}
	s.Screen.Under(time.Now())
	s.note(func(l *storyLog) { l.phase, l.troubled, l.before = troubled, time.Now(), before })
	s.Screen.Say("      Nobody is told yet. %s pages when %s: expected within %s.", s.Rule, before.Asks, screen.Span(s.pageWithin))
	if before.Threshold > 0 {
		s.Screen.Say("      %s", s.Screen.Ink.Quiet("(A burn of 1x spends the budget of the window in just that window; of 28 days, 13.44x in two.)"))
	}
	return nil
}

// rolling says what is under way while a release is rolled out.
func (s *Story) rolling() {
	if s.release != "" {
		s.Screen.Under(time.Now(), "  the release starts beside the one that serves; customers move over when it is healthy")
	}
}

// awaitPage waits for the notification.
func (s *Story) awaitPage(ctx context.Context) error {
	began := s.now().troubled
	var page *Notice
	_, err := s.until(ctx, began.Add(patience*s.pageWithin), func(now time.Time, v View, n *Notice, order string) (bool, string) {
		page = s.told(n, true)
		return page != nil, fmt.Sprintf("  waiting for the page: %s · %s", v.burning(), within(now, began, s.pageWithin))
	})
	if err != nil || page == nil {
		return err
	}
	s.note(func(l *storyLog) { l.phase, l.called, l.page = called, time.Now(), *page })
	s.Screen.Say("\n%s %s", s.Screen.Stamp(), s.Screen.Ink.Bad(fmt.Sprintf("The page is here, %s after the trouble began:", screen.Span(time.Since(began)))))
	s.quote(*page)
	s.Screen.Say("      Look    %s", s.Screen.Ink.Link(s.Pages.Objective))
	s.Screen.Say("      or      %s\n              %s", s.command("status"), s.command("explain "+s.Objective))
	s.Screen.Say("      Mend    press r and Enter to %s, or use the button on %s", s.mend, s.Screen.Ink.Link(s.Pages.Desk))
	return nil
}

// told returns the notification that just came if it is the page, or its end.
func (s *Story) told(n *Notice, wrong bool) *Notice {
	if n != nil && n.isPage() && n.firing() == wrong {
		return n
	}
	return nil
}

// awaitMend waits for somebody to mend it, for a while.
func (s *Story) awaitMend(ctx context.Context) error {
	deadline := time.Now().Add(s.Wait)
	by := ""
	_, err := s.until(ctx, deadline.Add(time.Minute), func(now time.Time, v View, n *Notice, order string) (bool, string) {
		by = order
		return order != "" || !now.Before(deadline), fmt.Sprintf("  r and Enter to %s · %s · by itself in %s", s.mend, v.burning(), screen.Span(deadline.Sub(now)))
	})
	if ctx.Err() == nil {
		s.note(func(l *storyLog) { l.phase, l.mender = mending, by })
	}
	return err
}

// mendIt does what ends the trouble.
func (s *Story) mendIt(ctx context.Context) error {
	why := "Nobody did, so the demo does it: "
	if by := s.now().mender; by != "" {
		why = "Asked for " + by + ": "
	} else if s.Wait == 0 {
		why = ""
	}
	s.Screen.Under(time.Now())
	s.Screen.Say("\n%s %s%s", s.Screen.Stamp(), why, s.Screen.Ink.Bold(s.mends))
	s.rolling()
	if err := s.Scene.End(ctx); err != nil {
		return err
	}
	s.Screen.Under(time.Now())
	s.note(func(l *storyLog) { l.phase, l.mended = mended, time.Now() })
	if s.now().before.Threshold > 0 {
		s.Screen.Say("      Customers who could not buy come back. The alert ends on evidence: when the short window has cleared and stayed clear.")
	}
	s.Screen.Say("      Over within %s at the latest.", screen.Span(s.overWithin))
	return nil
}

// awaitEnd waits for the alert's end and says what it all cost.
func (s *Story) awaitEnd(ctx context.Context) error {
	began := s.now().mended
	var end *Notice
	last, err := s.until(ctx, began.Add(patience*s.overWithin), func(now time.Time, v View, n *Notice, order string) (bool, string) {
		end = s.told(n, false)
		return end != nil, fmt.Sprintf("  waiting for the end: %s · %s", v.clearing(now), within(now, began, s.overWithin))
	})
	if err != nil || end == nil {
		return err
	}
	s.note(func(l *storyLog) { l.phase, l.end, l.resolved, l.last = over, time.Now(), *end, last })
	s.Screen.Say("\n%s %s", s.Screen.Stamp(), s.Screen.Ink.Good(fmt.Sprintf("It is over, %s after it was mended:", screen.Span(time.Since(began)))))
	s.quote(*end)
	for _, l := range s.summary(s.now()) {
		s.Screen.Say("      %s", l)
	}
	return nil
}

// summary is what it cost, and who noticed when.
func (s *Story) summary(l storyLog) []string {
	lines := []string{
		fmt.Sprintf("Cause     %s", s.cause),
		fmt.Sprintf("Noticed   %s after it began; mended %s later; over %s after that", screen.Span(l.called.Sub(l.troubled)), screen.Span(l.mended.Sub(l.called)), screen.Span(l.end.Sub(l.mended))),
	}
	if cost, ok := l.last.costSince(l.before); ok && l.before.Threshold > 0 {
		lines = append(lines, "Cost      "+cost)
	}
	return lines
}

// check is told the time, how the objective stood last, and what came since: a
// notification or an order. It says whether that is what was waited for, and
// else what is under way.
type check func(now time.Time, v View, n *Notice, order string) (enough bool, under string)

// until looks at what happens until the check is content. After the deadline it
// gives up.
func (s *Story) until(ctx context.Context, deadline time.Time, check check) (v View, err error) {
	began := time.Now()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for looked := (time.Time{}); ; {
		if now := time.Now(); now.Sub(looked) >= LookEvery {
			// A look that fails is made again; that the server ended is told otherwise.
			if fresh, err := s.Scene.Look(ctx); err == nil {
				v, looked = fresh, now
				s.note(func(l *storyLog) { l.last = fresh })
			}
		}
		n, order := s.next(ctx, tick.C)
		if ctx.Err() != nil {
			return v, nil
		}
		now := time.Now()
		enough, under := check(now, v, n, order)
		if enough {
			s.Screen.Under(now)
			return v, nil
		}
		if now.After(deadline) {
			return v, fmt.Errorf("%w: it waited for %s; %s", ErrLate, screen.Span(now.Sub(began)), v.burning())
		}
		s.Screen.Under(now, under)
	}
}

// next waits for whatever comes first. A notification that is not of the story
// is shown and no more.
func (s *Story) next(ctx context.Context, tick <-chan time.Time) (n *Notice, order string) {
	select {
	case <-ctx.Done():
	case <-tick:
	case got := <-s.Notices:
		if !s.concerns(got) {
			s.mention(got)
			return nil, ""
		}
		n = &got
	case order = <-s.Orders:
	}
	return n, order
}

// mention shows a notification that is not of the story, in one line; of those
// that read the same only the first.
func (s *Story) mention(n Notice) {
	if !slices.Contains(s.mentioned, n.Title) {
		s.mentioned = append(s.mentioned, n.Title)
		s.Screen.Say("%s %s", s.Screen.Stamp(), s.Screen.Ink.Quiet("Beside the story: "+n.Title))
	}
}

// concerns reports whether a notification is about the objective of the story.
func (s *Story) concerns(n Notice) bool {
	return n.Objective == s.Objective && n.Rule == s.Rule
}

// quote prints a notification as a person would get it.
func (s *Story) quote(n Notice) {
	for _, l := range n.lines(s.Screen.Width - 10) {
		s.Screen.Say("      %s %s", s.Screen.Ink.Quiet("┃"), l)
	}
}

func (s *Story) command(line string) string {
	return s.Pages.Binary + " " + line + s.Pages.Server
}

// within says how much is left of a limit.
func within(now, began time.Time, limit time.Duration) string {
	if left := began.Add(limit).Sub(now); left > 0 {
		return "at most " + screen.Span(left) + " more"
	}
	return "late by " + screen.Span(now.Sub(began.Add(limit)))
}
