// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/self"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/wire"
)

// addSelf adds the objectives that the server has of itself, unless a service
// file defines its own or slices are not kept as long as their windows.
func (a *App) addSelf(set *spec.Set) {
	if slices.ContainsFunc(set.Objectives, func(o *slo.Objective) bool {
		return o.Service.IsSelf()
	}) {
		return
	}
	own := spec.Parse([]spec.Source{self.Source()}).Objectives
	if err := a.retains(own); err != nil {
		a.logger.Warn("leadline does not measure itself", "err", err)
		return
	}
	set.Objectives = append(set.Objectives, own...)
}

// What is too long for the parts of the server.
const (
	evaluationLate = 3 * evaluateEvery
	deliveryLate   = 30 * time.Second
)

// probe tells intake how the parts of the server are, as often as objectives
// are evaluated, at the time that windows follow: a clock that jumps does not
// take our own events away from them.
func (a *App) probe(ctx context.Context) {
	if a.folder == nil {
		return // there are no objectives, so none of ours either
	}
	tell := func(ctx context.Context, traces []byte) error {
		_, err := a.ingest.Consume(ctx, wire.Traces, traces)
		return err
	}
	self.NewProber([]self.Check{
		{Name: "Intake", Failed: grown(a.otlp.Faults, "requests were turned away")},
		{Name: "Log", Failed: a.logFailed(grown(a.refusedCommits, "commits were refused"))},
		{Name: "Evaluation", Failed: a.evaluationFailed()},
		{Name: "Delivery", Failed: a.deliveryFailed},
	}, tell, a.eval.Now).Run(ctx, evaluateEvery)
}

// grown returns a check that fails when a count has grown since the last call.
func grown(count func() uint64, what string) func() error {
	last := count()
	return func() error {
		n := count()
		grown := n - last
		last = n
		if grown == 0 {
			return nil
		}
		return fmt.Errorf("%d %s", grown, what)
	}
}

func (a *App) refusedCommits() uint64 { return a.ingest.Totals().RefusedCommits }

// logFailed also says what keeps closed minutes from the series store.
func (a *App) logFailed(refused func() error) func() error {
	return func() error {
		err := refused()
		if unhealthy := a.Health(); unhealthy != nil {
			return unhealthy
		}
		return err
	}
}

// evaluationFailed returns a check that fails when there is no other snapshot
// for too long, whatever the clock says meanwhile.
func (a *App) evaluationFailed() func() error {
	last, since := a.eval.Snapshot(), a.clock.Elapsed()
	return func() error {
		now := a.clock.Elapsed()
		if s := a.eval.Snapshot(); s != last {
			last, since = s, now
		}
		if age := now - since; age > evaluationLate {
			return fmt.Errorf("the last evaluation is %s old", age.Round(time.Second))
		}
		return nil
	}
}

// deliveryFailed says who waits longer than they should. A delivery that waits
// by intent, for others to go with, has not failed yet.
func (a *App) deliveryFailed() error {
	s := a.dispatch.Status()
	if s.Trouble != nil {
		return s.Trouble
	}
	for _, r := range s.Receivers {
		late := func(since time.Time) bool { return !since.IsZero() && s.At.Sub(since) > deliveryLate }
		if late(r.Attempting) || r.LastError != "" && late(r.Oldest) {
			return fmt.Errorf("receiver %s keeps messages waiting: %s", r.Name, r.LastError)
		}
	}
	return nil
}
