// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
)

// corrector makes corrections. The windows of the objective are restored with
// the correction beside those that are shown, so that what it does is known
// before it stands in the ledger, and takes their place after it does.
type corrector struct {
	app    *App
	report *report.Report
}

// correctWithin bounds how long a correction may wait for the store.
const correctWithin = 25 * time.Second

// Correct implements api.Corrector.
func (c *corrector) Correct(ctx context.Context, w report.Which, want slo.Correction, bad uint64, dryRun bool) (report.Correction, error) {
	if err := slo.CheckSigned(want.Author, want.Reason); err != nil {
		return report.Correction{}, err
	}
	return c.locked(ctx, func(ctx context.Context) (report.Correction, error) {
		v, err := c.report.Find(w)
		if err != nil {
			return report.Correction{}, err
		}
		o := v.Objective
		if err := o.CheckCorrection(&want, c.app.clock.Now()); err != nil {
			return report.Correction{}, err
		}
		if want.Kind == slo.ExcludeBad {
			counted, err := c.report.BadByMinute(ctx, o, want.Stretch())
			if err != nil {
				return report.Correction{}, err
			}
			if err := o.Allot(&want, bad, counted); err != nil {
				return report.Correction{}, err
			}
		}
		e := &catalog.Entry{Correction: want, Objective: o.Key, Indicator: o.Indicator.ID}
		return c.enter(ctx, e, o.Corrected, dryRun)
	})
}

// Withdraw implements api.Corrector.
func (c *corrector) Withdraw(ctx context.Context, id int64, author, reason string, dryRun bool) (report.Correction, error) {
	if err := slo.CheckSigned(author, reason); err != nil {
		return report.Correction{}, err
	}
	return c.locked(ctx, func(ctx context.Context) (report.Correction, error) {
		e, err := c.find(ctx, id)
		if err != nil {
			return report.Correction{}, err
		}
		e.Author, e.Reason, e.Withdraws, e.Effects = author, reason, id, nil
		v, defined := c.app.eval.Snapshot().Find(e.Objective)
		if !defined || !applies(v.Objective, id) {
			return c.enter(ctx, e, nil, dryRun)
		}
		e.Indicator = v.Objective.Indicator.ID
		return c.enter(ctx, e, func(slo.Correction) *slo.Objective { o, _ := v.Objective.Without(id); return o }, dryRun)
	})
}

func applies(o *slo.Objective, id int64) bool {
	_, found := o.Without(id)
	return found
}

// find returns a correction that holds.
func (c *corrector) find(ctx context.Context, id int64) (*catalog.Entry, error) {
	ledger, err := c.app.catalog.Ledger(ctx)
	if err != nil {
		return nil, err
	}
	if by := catalog.Withdrawn(ledger)[id]; by > 0 {
		return nil, errs.New(errs.Conflict, "correction %d was withdrawn before, by entry %d", id, by)
	}
	for i := range ledger {
		if e := &ledger[i]; e.ID == id && e.Withdraws == 0 {
			return e, nil
		}
	}
	return nil, errs.New(errs.NotFound, "no correction %d", id).WithHint("leadline correct list lists them")
}

// locked does something while nobody else replaces windows.
func (c *corrector) locked(ctx context.Context, do func(context.Context) (report.Correction, error)) (report.Correction, error) {
	if !c.app.restored.Load() {
		return report.Correction{}, errs.New(errs.Unavailable, "the history of the windows is being read").WithHint("try again in some seconds")
	}
	ctx, cancel := context.WithTimeoutCause(ctx, correctWithin,
		errs.New(errs.Unavailable, "the windows could not be read within %s", correctWithin).WithHint("nothing was written: try again"))
	defer cancel()
	if err := until(ctx, c.app.defining.TryLock); err != nil {
		return report.Correction{}, err
	}
	defer c.app.defining.Unlock()
	made, err := do(ctx)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return made, err
}

// enter writes an entry and shows what it does; without an objective that it
// changes it is only written.
func (c *corrector) enter(ctx context.Context, e *catalog.Entry, with func(slo.Correction) *slo.Objective, dryRun bool) (out report.Correction, err error) {
	ledger, err := c.app.catalog.Ledger(ctx)
	if err != nil {
		return out, err
	}
	if e.ID, err = catalog.Next(ledger, e); err != nil {
		return out, err
	}
	e.Created = c.app.clock.Now()
	var show []*eval.Fresh
	if with != nil {
		o := with(e.Correction)
		fresh, err := c.try(ctx, o)
		defer func() { c.app.eval.Renewed(show); c.app.eval.Evaluate() }()
		if err != nil {
			return out, err
		}
		before, after := c.app.eval.Compare(fresh)
		if e.Effects = effects(before, after, o.Budgeting.Unit()); e.Withdraws == 0 && !changes(e.Effects) {
			return out, errs.New(errs.Invalid, "the correction would change no number: nothing was counted in its span that is not left out already").
				WithHint("look at the times, which are in UTC where they end in Z")
		}
		if !dryRun {
			show = []*eval.Fresh{fresh}
		}
	}
	if e.Withdraws > 0 {
		e.Bad = nil
	}
	if dryRun {
		return report.CorrectionOf(e), nil
	}
	// Once it is being written it is finished, whether or not who asked waits.
	if err := c.write(context.WithoutCancel(ctx), e); err != nil {
		show = nil
		return out, err
	}
	c.app.logger.Info("correction", "id", e.ID, "objective", e.Objective.Name, "service", e.Objective.Service.String(),
		"kind", e.Kind, "withdraws", e.Withdraws, "author", e.Author)
	out = report.CorrectionOf(e)
	out.Applies = e.Withdraws == 0
	return out, nil
}

// write makes the entry. Where the store cannot say whether it did, the ledger
// can: an entry that was made is shown.
func (c *corrector) write(ctx context.Context, e *catalog.Entry) error {
	err := c.app.catalog.Enter(ctx, *e)
	if kind := errs.KindOf(err); err == nil || kind == errs.Conflict || kind == errs.NotFound {
		return err
	}
	ledger, unread := c.app.catalog.Ledger(ctx)
	if n := len(ledger); unread == nil && n > 0 && ledger[n-1].ID == e.ID && ledger[n-1].Created.Equal(e.Created) {
		return nil
	}
	return err
}

// try restores the windows of the objective as it would be.
func (c *corrector) try(ctx context.Context, o *slo.Objective) (fresh *eval.Fresh, err error) {
	all, closed, err := c.app.begin(ctx, c.app.ingest.Binding(), func() []*eval.Fresh {
		f, ok := c.app.eval.Try(o)
		if !ok {
			return nil
		}
		return []*eval.Fresh{f}
	})
	if err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errs.New(errs.Unavailable, "the history of the objective is not read, so nobody knows what a correction does").WithHint("leadline status says why; try again")
	}
	return all[0], c.app.restore(ctx, all, closed)
}

// effects pairs what each window holds before and after.
func effects(before, after []eval.Standing, unit slo.Unit) (all []catalog.Effect) {
	for i := range before {
		all = append(all, effect(&before[i], &after[i], unit))
		if before[i].Former != nil && after[i].Former != nil {
			former := effect(before[i].Former, after[i].Former, unit)
			former.Former = true
			all = append(all, former)
		}
	}
	return all
}

func effect(before, after *eval.Standing, unit slo.Unit) catalog.Effect {
	return catalog.Effect{
		Window: after.Window.String(), From: after.From, To: after.To, Unit: unit,
		Before: catalog.Numbers{Counts: before.Counts, LeftOut: before.Corrected, Budget: before.Budget},
		After:  catalog.Numbers{Counts: after.Counts, LeftOut: after.Corrected, Budget: after.Budget},
	}
}

func changes(all []catalog.Effect) bool {
	for i := range all {
		if all[i].Before != all[i].After {
			return true
		}
	}
	return false
}
