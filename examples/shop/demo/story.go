// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Times of a story.
const (
	// lookEvery is how often the objective is looked at while something is
	// waited for, and tickEvery how often running times are shown.
	lookEvery = 2 * time.Second
	tickEvery = time.Second
	// patience is how many times its limit something is waited for before the
	// story ends without it: late is worth saying, never is not worth waiting.
	patience = 2
)

// errLate says that the story did not come to its end in time.
var errLate = errors.New("the story did not come to its end")

// scene is what a story acts on, and what it sees of the server.
type scene interface {
	// begin and end do to the shop what goes wrong, and what mends it.
	begin(ctx context.Context) error
	end(ctx context.Context) error
	// look says how the objective of the story stands.
	look(ctx context.Context) (view, error)
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

// log is when the phases of a story began, and what they held.
type storyLog struct {
	phase                         phase
	troubled, called, mended, end time.Time
	mender                        string // who asked for the mend
	before, last                  view
	page, resolved                notice
}

// story plays a scenario: it does its steps, waits for what they cause, and
// says both. Only play moves it on; others may look at it with now.
type story struct {
	scenario
	scene   scene
	screen  *screen
	pages   pageLinks
	wait    time.Duration // for somebody to mend it, before the story does
	notices <-chan notice
	orders  <-chan string // to mend it, and from where they come

	mentioned []string // titles of notifications beside the story

	mu  sync.Mutex
	log storyLog
}

// pageLinks are the addresses that a story names.
type pageLinks struct {
	objective string // in the UI
	desk      string // with the button
	binary    string // leadline, as a person would call it
	server    string // what its commands need to find the server; may be empty
}

// now returns how far the story is.
func (s *story) now() storyLog {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log
}

func (s *story) note(change func(*storyLog)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.log)
}

// play tells the story from its beginning to its end. It returns early when ctx
// ends, and with an error when something breaks or never comes.
func (s *story) play(ctx context.Context) error {
	for _, part := range []func(context.Context) error{s.openShop, s.breakIt, s.awaitPage, s.awaitMend, s.mendIt, s.awaitEnd} {
		if err := part(ctx); err != nil || ctx.Err() != nil {
			s.screen.under(time.Now())
			return err
		}
	}
	return nil
}

// openShop lets customers buy for a while.
func (s *story) openShop(ctx context.Context) error {
	s.note(func(l *storyLog) { l.phase = healthy })
	s.screen.say("\n%s Customers buy; nothing is wrong. In %s something will be.", s.stamp(), span(s.healthy))
	if s.healthy == heardBefore {
		s.screen.say("      So long it takes to know that silence is unusual. Have a look around meanwhile: %s", s.screen.ink.link(s.pages.objective))
	}
	deadline := time.Now().Add(s.healthy)
	_, err := s.until(ctx, deadline.Add(time.Minute), func(now time.Time, v view, n *notice, order string) (bool, string) {
		left := deadline.Sub(now)
		return left <= 0, fmt.Sprintf("  all is well: %s · goes wrong in %s", v.standing(), span(left))
	})
	return err
}

// breakIt does what goes wrong.
func (s *story) breakIt(ctx context.Context) error {
	before, err := s.scene.look(ctx)
	if err != nil {
		return err
	}
	s.screen.under(time.Now())
	s.screen.say("\n%s %s", s.stamp(), s.screen.ink.bold(s.breaks))
	s.rolling()
	if err := s.scene.begin(ctx); err != nil {
		return err
	}
	s.screen.under(time.Now())
	s.note(func(l *storyLog) { l.phase, l.troubled, l.before = troubled, time.Now(), before })
	s.screen.say("      Nobody is told yet. %s pages when %s: expected within %s.", s.rule, before.asks, span(s.pageWithin))
	if before.threshold > 0 {
		s.screen.say("      %s", s.screen.ink.quiet("(A burn of 1x spends the budget of the window in just that window; of 28 days, 13.44x in two.)"))
	}
	return nil
}

// rolling says what is under way while a release is rolled out.
func (s *story) rolling() {
	if s.release != "" {
		s.screen.under(time.Now(), "  the release starts beside the one that serves; customers move over when it is healthy")
	}
}

// awaitPage waits for the notification.
func (s *story) awaitPage(ctx context.Context) error {
	began := s.now().troubled
	var page *notice
	_, err := s.until(ctx, began.Add(patience*s.pageWithin), func(now time.Time, v view, n *notice, order string) (bool, string) {
		page = s.told(n, true)
		return page != nil, fmt.Sprintf("  waiting for the page: %s · %s", v.burning(), within(now, began, s.pageWithin))
	})
	if err != nil || page == nil {
		return err
	}
	s.note(func(l *storyLog) { l.phase, l.called, l.page = called, time.Now(), *page })
	s.screen.say("\n%s %s", s.stamp(), s.screen.ink.bad(fmt.Sprintf("The page is here, %s after the trouble began:", span(time.Since(began)))))
	s.quote(*page)
	s.screen.say("      Look    %s", s.screen.ink.link(s.pages.objective))
	s.screen.say("      or      %s\n              %s", s.command("status"), s.command("explain "+s.objective))
	s.screen.say("      Mend    press r and Enter to %s, or use the button on %s", s.mend, s.screen.ink.link(s.pages.desk))
	return nil
}

// told returns the notification that just came if it is the page, or its end.
func (s *story) told(n *notice, wrong bool) *notice {
	if n != nil && n.isPage() && n.firing() == wrong {
		return n
	}
	return nil
}

// awaitMend waits for somebody to mend it, for a while.
func (s *story) awaitMend(ctx context.Context) error {
	deadline := time.Now().Add(s.wait)
	by := ""
	_, err := s.until(ctx, deadline.Add(time.Minute), func(now time.Time, v view, n *notice, order string) (bool, string) {
		by = order
		return order != "" || !now.Before(deadline), fmt.Sprintf("  r and Enter to %s · %s · by itself in %s", s.mend, v.burning(), span(deadline.Sub(now)))
	})
	if ctx.Err() == nil {
		s.note(func(l *storyLog) { l.phase, l.mender = mending, by })
	}
	return err
}

// mendIt does what ends the trouble.
func (s *story) mendIt(ctx context.Context) error {
	why := "Nobody did, so the demo does it: "
	if by := s.now().mender; by != "" {
		why = "Asked for " + by + ": "
	} else if s.wait == 0 {
		why = ""
	}
	s.screen.under(time.Now())
	s.screen.say("\n%s %s%s", s.stamp(), why, s.screen.ink.bold(s.mends))
	s.rolling()
	if err := s.scene.end(ctx); err != nil {
		return err
	}
	s.screen.under(time.Now())
	s.note(func(l *storyLog) { l.phase, l.mended = mended, time.Now() })
	if s.now().before.threshold > 0 {
		s.screen.say("      Customers who could not buy come back. The alert ends on evidence: when the short window has cleared and stayed clear.")
	}
	s.screen.say("      Over within %s at the latest.", span(s.overWithin))
	return nil
}

// awaitEnd waits for the alert's end and says what it all cost.
func (s *story) awaitEnd(ctx context.Context) error {
	began := s.now().mended
	var end *notice
	last, err := s.until(ctx, began.Add(patience*s.overWithin), func(now time.Time, v view, n *notice, order string) (bool, string) {
		end = s.told(n, false)
		return end != nil, fmt.Sprintf("  waiting for the end: %s · %s", v.clearing(now), within(now, began, s.overWithin))
	})
	if err != nil || end == nil {
		return err
	}
	s.note(func(l *storyLog) { l.phase, l.end, l.resolved, l.last = over, time.Now(), *end, last })
	s.screen.say("\n%s %s", s.stamp(), s.screen.ink.good(fmt.Sprintf("It is over, %s after it was mended:", span(time.Since(began)))))
	s.quote(*end)
	for _, l := range s.summary(s.now()) {
		s.screen.say("      %s", l)
	}
	return nil
}

// summary is what it cost, and who noticed when.
func (s *story) summary(l storyLog) []string {
	lines := []string{
		fmt.Sprintf("Cause     %s", s.cause),
		fmt.Sprintf("Noticed   %s after it began; mended %s later; over %s after that", span(l.called.Sub(l.troubled)), span(l.mended.Sub(l.called)), span(l.end.Sub(l.mended))),
	}
	if cost, ok := l.last.costSince(l.before); ok && l.before.threshold > 0 {
		lines = append(lines, "Cost      "+cost)
	}
	return lines
}

// check is told the time, how the objective stood last, and what came since: a
// notification or an order. It says whether that is what was waited for, and
// else what is under way.
type check func(now time.Time, v view, n *notice, order string) (enough bool, under string)

// until looks at what happens until the check is content. After the deadline it
// gives up.
func (s *story) until(ctx context.Context, deadline time.Time, check check) (v view, err error) {
	began := time.Now()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for looked := (time.Time{}); ; {
		if now := time.Now(); now.Sub(looked) >= lookEvery {
			// A look that fails is made again; that the server ended is told otherwise.
			if fresh, err := s.scene.look(ctx); err == nil {
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
			s.screen.under(now)
			return v, nil
		}
		if now.After(deadline) {
			return v, fmt.Errorf("%w: it waited for %s; %s", errLate, span(now.Sub(began)), v.burning())
		}
		s.screen.under(now, under)
	}
}

// next waits for whatever comes first. A notification that is not of the story
// is shown and no more.
func (s *story) next(ctx context.Context, tick <-chan time.Time) (n *notice, order string) {
	select {
	case <-ctx.Done():
	case <-tick:
	case got := <-s.notices:
		if !s.concerns(got) {
			s.mention(got)
			return nil, ""
		}
		n = &got
	case order = <-s.orders:
	}
	return n, order
}

// mention shows a notification that is not of the story, in one line; of those
// that read the same only the first.
func (s *story) mention(n notice) {
	if !slices.Contains(s.mentioned, n.title) {
		s.mentioned = append(s.mentioned, n.title)
		s.screen.say("%s %s", s.stamp(), s.screen.ink.quiet("Beside the story: "+n.title))
	}
}

// concerns reports whether a notification is about the objective of the story.
func (s *story) concerns(n notice) bool {
	return n.objective == s.objective && n.rule == s.rule
}

// quote prints a notification as a person would get it.
func (s *story) quote(n notice) {
	for _, l := range n.lines(s.screen.width - 10) {
		s.screen.say("      %s %s", s.screen.ink.quiet("┃"), l)
	}
}

func (s *story) command(line string) string {
	return s.pages.binary + " " + line + s.pages.server
}

// stamp is the time of day.
func (s *story) stamp() string { return s.screen.ink.quiet(time.Now().Format("15:04")) }

// within says how much is left of a limit.
func within(now, began time.Time, limit time.Duration) string {
	if left := began.Add(limit).Sub(now); left > 0 {
		return "at most " + span(left) + " more"
	}
	return "late by " + span(now.Sub(began.Add(limit)))
}
