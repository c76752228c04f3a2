// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/desk"
	"github.com/leadline/leadline/examples/shop/load"
	"github.com/leadline/leadline/examples/shop/screen"
	"github.com/leadline/leadline/examples/shop/server"
	"github.com/leadline/leadline/examples/shop/stage"
	"github.com/leadline/leadline/examples/shop/story"
	"github.com/leadline/leadline/examples/shop/verdict"
)

// Limits of the demo's steps.
const (
	serverStartLimit = 30 * time.Second
	flushLimit       = 150 * time.Second
	// settleLimit is how long the API may take to show the last spans, looked at
	// every settleEvery.
	settleLimit = 20 * time.Second
	settleEvery = 500 * time.Millisecond
	// settledLooks is how often the API must agree in a row: an event that is
	// counted twice would show only after the numbers had been right for once.
	settledLooks = 4
)

// demo is one run.
type demo struct {
	options
	in     io.Reader // what a person types
	screen *screen.Screen
	crew   *crew.Crew
	folder folder
	desk   *desk.Desk
}

// end ends every process, at once when hard has ended, and removes what was temporary.
func (d *demo) end(hard context.Context) {
	d.screen.Under(time.Now())
	d.crew.End(hard)
	if d.desk != nil {
		d.desk.Close()
	}
	if d.keep {
		return
	}
	if err := d.folder.remove(); err != nil {
		d.screen.Say("%v", err)
	}
}

// run sets everything up, tells the story until soft ends, and compares.
func (d *demo) run(soft, hard context.Context) error {
	d.greet()
	var err error
	if d.folder, err = newFolder(d.services); err != nil {
		return err
	}
	if d.desk, err = desk.Open(d.folder.runbooks()); err != nil {
		return err
	}
	r, err := d.prepare(soft)
	if soft.Err() != nil {
		return errEarly
	}
	if err != nil {
		return err
	}
	told := d.drive(soft, r)
	if told != nil && !errors.Is(told, story.ErrLate) {
		return told
	}
	if err := d.conclude(hard, r); err != nil {
		return err
	}
	d.farewell(r)
	return told
}

// errEarly says that there is nothing to compare yet.
var errEarly = errors.New("it was ended before the story began")

// world is everything that was started.
type world struct {
	server server.Server
	serve  *crew.Process
	shop   stage.Shop
	python bool
	load   *load.Load
	began  time.Time
	before map[string]server.Counts
	// close sends no more customers; what came of the load is in driven then.
	close   context.CancelFunc
	driven  chan struct{} // closed when the load has ended
	driving error
}

// open lets customers come until ctx ends, or for so long if that is more
// than 0.
func (r *world) open(ctx context.Context, forTime time.Duration) (err error) {
	r.began = time.Now()
	if r.before, err = r.server.Counts(ctx, r.began); err != nil {
		return err
	}
	if forTime > 0 {
		ctx, r.close = context.WithTimeout(ctx, forTime)
	} else {
		ctx, r.close = context.WithCancel(ctx)
	}
	r.driven = make(chan struct{})
	go func() {
		defer close(r.driven)
		r.driving = r.load.Run(ctx)
	}()
	return nil
}

// comeback is how many times the usual customers come once it is mended. They
// are evidence: without them the hour's window would take too long to clear.
const comeback = 1.6

// live is the shop and the server as a story sees them.
type live struct {
	story.Scenario
	world
}

func (l live) Begin(ctx context.Context) error { return l.Scenario.Begin(ctx, l.shop) }

// End mends it. Customers who could not buy come back, and try again.
func (l live) End(ctx context.Context) error {
	if err := l.Scenario.End(ctx, l.shop); err != nil {
		return err
	}
	l.load.Press(comeback)
	return nil
}

func (l live) Look(ctx context.Context) (story.View, error) {
	return l.server.View(ctx, l.Service, l.Objective, l.Rule)
}

// errDriven says that the load has sent all that was asked for.
var errDriven = errors.New("the load is over")

// drive tells the story while customers come, until soft ends, the load has sent
// what was asked for, or somebody dies. The ledger is final then.
func (d *demo) drive(soft context.Context, r *world) error {
	playing, halt := context.WithCancelCause(soft)
	defer halt(nil)
	go func() {
		<-r.driven
		halt(errDriven)
	}()
	go r.guard(playing, halt)
	told := d.tell(playing, r)
	r.close()
	<-r.driven
	if r.driving != nil {
		d.screen.Say("load: %v", r.driving) // the ledger says so too, and the verdict allows for it
	}
	if cause := context.Cause(playing); errors.Is(cause, errBroken) {
		return cause
	}
	return told
}

// errBroken says that a process that the demo needs has ended.
var errBroken = errors.New("the demo cannot go on")

// guard ends the story when the server or the shop cannot go on.
func (r *world) guard(ctx context.Context, halt context.CancelCauseFunc) {
	select {
	case <-ctx.Done():
	case <-r.serve.Done:
		halt(fmt.Errorf("%w: %w", errBroken, r.serve.Ended()))
	case <-r.shop.Trouble():
		halt(fmt.Errorf("%w: %w", errBroken, r.shop.Cause()))
	}
}

// tell plays the scenario, and lets healthy traffic go on after it until the
// context ends. What a story could not end is mended, unless the shop ends anyway.
func (d *demo) tell(ctx context.Context, r *world) error {
	if d.scenario.Objective == "" {
		d.linger(ctx, r)
		return nil
	}
	s := d.story(r)
	err := s.Play(ctx)
	if s.Broken() && ctx.Err() == nil {
		err = errors.Join(err, s.Scene.End(ctx))
	}
	if ctx.Err() != nil {
		return nil // whatever failed then failed because of it
	}
	if err == nil || errors.Is(err, story.ErrLate) {
		if err != nil {
			d.screen.Say("\n%s %s", d.screen.Stamp(), d.screen.Ink.Bad(err.Error()))
		}
		d.linger(ctx, r)
	}
	return err
}

func (d *demo) story(r *world) *story.Story {
	s := &story.Story{
		Scenario: d.scenario, Scene: live{d.scenario, *r}, Screen: d.screen, Wait: d.wait(), Opened: r.began,
		Notices: d.desk.Notices, Orders: d.desk.Orders,
		Pages: story.Links{
			Objective: fmt.Sprintf("%s/slos/%s/%s?environment=%s&namespace=%s", r.server.URL, d.scenario.Service, d.scenario.Objective, stage.Environment, stage.Namespace),
			Desk:      d.desk.URL, Binary: d.binaryName(), Server: r.serverFlag(),
		},
	}
	d.desk.Follow(s)
	go d.desk.Listen(d.in, d.screen.Typed)
	return s
}

// linger shows how things stand until the context ends.
func (d *demo) linger(ctx context.Context, r *world) {
	r.load.Press(1)
	d.screen.Say("\n%s Customers go on buying. Look around: %s", d.screen.Stamp(), d.screen.Ink.Link(r.server.URL))
	d.screen.Say("      Ctrl-C ends it, and holds what the customers saw against what was counted.")
	tick := time.NewTicker(story.LookEvery)
	defer tick.Stop()
	shown := d.scenario
	if shown.Objective == "" {
		shown = story.BadDeploy()
	}
	for {
		if v, err := r.server.View(ctx, shown.Service, shown.Objective, ""); err == nil {
			requests := r.load.Ledger().Snapshot().Requests
			d.screen.Under(time.Now(), fmt.Sprintf("  %s requests since %s · %s: %s", screen.Thousands(requests), r.began.Format("15:04"), shown.Objective, v.Standing()))
		}
		select {
		case <-ctx.Done():
			d.screen.Under(time.Now())
			return
		case n := <-d.desk.Notices:
			d.screen.Say("%s Told: %s", d.screen.Stamp(), n.Title)
		case <-tick.C:
		}
	}
}

// conclude lets the shop send its last spans, waits until the API shows them,
// and prints the verdict.
func (d *demo) conclude(hard context.Context, r *world) error {
	d.screen.Say("\nThe load has stopped; the worker ends the last orders, and the shop sends its last spans. A second Ctrl-C does not wait.")
	flushing, cancel := context.WithTimeout(hard, flushLimit)
	defer cancel()
	if err := r.shop.Stop(flushing); err != nil {
		d.screen.Say("shop: %v", err)
	}
	totals := r.load.Ledger().Snapshot()
	if err := d.writeLedger(totals); err != nil {
		return err
	}
	rows, err := r.settle(hard, totals)
	if err != nil {
		return err
	}
	var said strings.Builder
	equal := verdict.Print(&said, rows, totals)
	d.screen.Say("%s", strings.TrimRight(said.String(), "\n"))
	if !equal && d.scenario.Loses {
		d.screen.Say("That is what this story is about: what never arrived was not counted.")
		return nil
	}
	if !equal {
		return errDiffer
	}
	return nil
}

// settle asks until the API has agreed with the ledger for a while, or until
// the limit.
func (r *world) settle(ctx context.Context, totals load.Totals) ([]verdict.Row, error) {
	deadline := time.Now().Add(settleLimit)
	for agreed := 0; ; {
		api, err := r.server.Counts(ctx, r.began)
		if err != nil {
			return nil, err
		}
		rows := verdict.Compare(totals.Objectives, api, r.before)
		if agreed++; !verdict.AllAgree(rows) {
			agreed = 0
		}
		if agreed == settledLooks || time.Now().After(deadline) {
			return rows, nil
		}
		select {
		case <-ctx.Done():
			return rows, nil
		case <-time.After(settleEvery):
		}
	}
}

func (d *demo) writeLedger(totals load.Totals) error {
	if d.ledger == "" {
		return nil
	}
	text, err := json.MarshalIndent(totals, "", "  ")
	if err != nil {
		return fmt.Errorf("encode ledger: %w", err)
	}
	if err := os.WriteFile(d.ledger, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write ledger: %w", err)
	}
	return nil
}
