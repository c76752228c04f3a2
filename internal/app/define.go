// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/window"
)

// define reads the service files and notes in the catalog what they define.
// A file with a problem goes on as it was when it was last good.
func (a *App) define(ctx context.Context) ([]*slo.Objective, error) {
	if a.folder == nil {
		return nil, nil
	}
	sources, err := a.folder.Read()
	if err != nil {
		return nil, err
	}
	set, err := a.parse(ctx, sources)
	if err != nil {
		return nil, err
	}
	if err := a.retains(set.Objectives); err != nil {
		return nil, err
	}
	a.addSelf(set)
	if err := a.note(ctx, sources, set); err != nil {
		return nil, err
	}
	ledger, err := a.catalog.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	catalog.Correct(set.Objectives, ledger)
	return set.Objectives, nil
}

// retains refuses a window that is longer than slices are kept: its numbers
// would change with every restart.
func (a *App) retains(objectives []*slo.Objective) error {
	for _, o := range objectives {
		for _, w := range o.Windows() {
			if kept := a.cfg.Retention; kept > 0 && w.Longest() > kept {
				return errs.New(errs.Invalid, "%s:%d: objective %s has a window of %s, and slices are kept for %s", o.File, o.Line, o.Name, w, window.Compact(kept)).
					WithHint("set --retention to " + window.Compact(w.Longest()+24*time.Hour) + " or more, or shorten the window")
			}
		}
	}
	return nil
}

// parse says what is wrong in the files and goes on with what is right, and
// with the last good text of the others.
func (a *App) parse(ctx context.Context, sources []spec.Source) (*spec.Set, error) {
	definitions, err := a.catalog.LastGood(ctx)
	if err != nil {
		return nil, err
	}
	lastGood := make(map[string][]byte, len(definitions))
	for _, d := range definitions {
		lastGood[d.Path] = d.Content
	}
	set, kept := spec.ParseOver(lastGood, sources)
	a.problems.Store(&set.Problems)
	for _, p := range set.Problems {
		a.logger.Error("service file", "problem", p.Error())
	}
	for _, w := range set.Warnings {
		a.logger.Warn("service file", "left_out", w.Error())
	}
	for _, path := range kept {
		a.logger.Warn("service file goes on as it was when it was last good", "file", path)
	}
	return set, nil
}

// Problems returns the mistakes in the service files as they stand.
func (a *App) Problems() []*spec.Problem {
	if p := a.problems.Load(); p != nil {
		return *p
	}
	return nil
}

// note saves what was accepted and opens and ends generations.
func (a *App) note(ctx context.Context, sources []spec.Source, set *spec.Set) error {
	now := a.clock.Now()
	kept, err := a.catalog.LastGood(ctx)
	if err != nil {
		return err
	}
	if err := a.keep(ctx, kept, set, now); err != nil {
		return err
	}
	if err := a.forget(ctx, kept, sources); err != nil {
		return err
	}
	current := make([]catalog.Current, 0, len(set.Objectives))
	for _, o := range set.Objectives {
		current = append(current, catalog.Current{
			Objective: o.Key, Indicator: o.Indicator.ID, Rule: o.Indicator.Canonical(),
			Target: o.Target.String(), Window: o.Promise(),
		})
	}
	changes, err := a.catalog.Reconcile(ctx, current, now)
	for _, c := range changes {
		a.logger.Info("generation "+string(c.Kind), "objective", c.Generation.Objective.Name,
			"service", c.Generation.Objective.Service.String(), "indicator", c.Generation.Indicator)
	}
	if err != nil {
		return err
	}
	return a.date(ctx, set.Objectives)
}

// date tells objectives when their generations began.
func (a *App) date(ctx context.Context, objectives []*slo.Objective) error {
	generations, err := a.catalog.Running(ctx)
	if err != nil {
		return err
	}
	began := make(map[slo.Key]time.Time, len(generations))
	for _, g := range generations {
		began[g.Objective] = g.From
	}
	for _, o := range objectives {
		o.Defined = began[o.Key]
	}
	return nil
}

// keep saves the accepted files that have changed. What is saved already is
// not written again, because a start on a full disk must not need space.
func (a *App) keep(ctx context.Context, kept []catalog.Definition, set *spec.Set, now time.Time) error {
	known := make(map[string]string, len(kept))
	for _, d := range kept {
		known[d.Path] = d.SHA256
	}
	for _, s := range set.Good {
		sum := sha256.Sum256(s.Content)
		d := catalog.Definition{Path: s.Path, Content: s.Content, SHA256: hex.EncodeToString(sum[:]), Saved: now}
		if known[d.Path] == d.SHA256 {
			continue
		}
		if err := a.catalog.SaveDefinition(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// forget removes the files that are gone, so that they do not come back.
func (a *App) forget(ctx context.Context, kept []catalog.Definition, sources []spec.Source) error {
	there := make(map[string]bool, len(sources))
	for _, s := range sources {
		there[s.Path] = true
	}
	for _, d := range kept {
		if there[d.Path] {
			continue
		}
		if err := a.catalog.ForgetDefinition(ctx, d.Path); err != nil {
			return err
		}
	}
	return nil
}

// bindingOf returns the indicators that the objectives need, each once.
func bindingOf(objectives []*slo.Objective) *ingest.Binding {
	b := &ingest.Binding{}
	at := make(map[slice.Key]int)
	for _, o := range objectives {
		k := slice.Key{Service: o.Indicator.Rule.Service, Indicator: string(o.Indicator.ID)}
		i, known := at[k]
		if !known {
			i = len(b.Indicators)
			at[k] = i
			b.Indicators = append(b.Indicators, ingest.Bound{Indicator: o.Indicator, Defined: o.Defined})
		}
		if since := &b.Indicators[i].Defined; o.Defined.Before(*since) {
			*since = o.Defined
		}
		for _, w := range o.Windows() {
			b.Indicators[i].Longest = max(b.Indicators[i].Longest, w.Longest())
		}
		b.Indicators[i].CountSilence = b.Indicators[i].CountSilence || o.SilentIsBad
	}
	return b
}

// watch follows the folder of service files.
func (a *App) watch(ctx context.Context) {
	if a.folder == nil {
		return
	}
	var failed error
	var next time.Time
	delay := watchEvery
	a.folder.Watch(ctx, watchEvery, func() error {
		if failed != nil && a.clock.Now().Before(next) {
			return failed
		}
		if failed = a.reload(ctx); failed == nil || ctx.Err() != nil {
			delay = watchEvery
			return failed
		}
		a.logger.Error("reload service files; trying again", "err", failed, "after", delay)
		next, delay = a.clock.Now().Add(delay), min(2*delay, maxRetry)
		return failed
	})
}

// reload takes changed service files in without missing or repeating an event.
func (a *App) reload(ctx context.Context) error {
	a.defining.Lock()
	defer a.defining.Unlock()
	// Until the start is over, closed minutes are still counted that the store
	// will have as well: windows that begin meanwhile would count them twice.
	if err := until(ctx, a.restored.Load); err != nil {
		return err
	}
	objectives, err := a.define(ctx)
	if err != nil {
		return err
	}
	fresh, closed, err := a.begin(ctx, bindingOf(objectives), func() []*eval.Fresh { return a.eval.Install(objectives) })
	if err != nil {
		return err
	}
	// What was evaluated by the old definitions is not shown any longer.
	a.eval.Evaluate()
	a.logger.Info("service files reloaded", "objectives", len(objectives), "new windows", len(fresh))
	err = a.restore(ctx, fresh, closed)
	if ctx.Err() == nil {
		a.eval.Restored(fresh)
		a.eval.Evaluate()
	}
	return err
}

// begin makes windows that count every event from now on and what the open
// minutes have counted. Up to the minute closed they are to be restored.
func (a *App) begin(ctx context.Context, b *ingest.Binding, install func() []*eval.Fresh) (fresh []*eval.Fresh, closed slice.Minute, err error) {
	err = a.ingest.Rebind(ctx, b, func(open []ingest.Counted, through slice.Minute) {
		fresh, closed = install(), through
		for i := range open {
			a.eval.CountFresh(fresh, &open[i].Series.Key, open[i].Minute, open[i].Counts)
		}
	})
	return fresh, closed, err
}

// restore fills windows from the store, once it has the minute closed.
func (a *App) restore(ctx context.Context, fresh []*eval.Fresh, closed slice.Minute) error {
	if err := until(ctx, func() bool { return a.ingest.Projected(closed) }); err != nil {
		return err
	}
	return a.eval.Restore(ctx, a.series(), fresh, closed)
}

// until waits for a condition.
func until(ctx context.Context, holds func() bool) error {
	for !holds() {
		if !wait(ctx, 100*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
	return nil
}

// followClock begins windows anew that a clock which was ahead has taken with it.
func (a *App) followClock(ctx context.Context) {
	for wait(ctx, evaluateEvery) {
		ahead := a.eval.Ahead()
		if len(ahead) == 0 || !a.restored.Load() {
			continue
		}
		a.logger.Warn("the clock went back: windows are read anew", "indicators", len(ahead))
		if err := a.renew(ctx, ahead); err != nil && ctx.Err() == nil {
			a.logger.Error("read windows anew", "err", err)
		}
	}
}

// wait waits and reports whether ctx still goes on.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
