// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// ArrivalsWindow is what is told of arrivals when nobody asks for another
// span, MaxArrivalsWindow the most.
const (
	ArrivalsWindow    = time.Hour
	MaxArrivalsWindow = 30 * 24 * time.Hour
)

// The limits of an answer: about so many steps, and the busiest services.
const (
	arrivalSteps    = 100
	arrivalServices = 20
)

// Arrivals is the answer of GET /api/v1/intake/arrivals: the spans that
// arrived, by the time of their arrival. Each list has a number for each
// timestamp, where a step ends; null says that nothing is known of the step.
// The last step holds the minute that runs, up to To, so that the sum is all
// that was counted. History that was back-filled did not arrive: Backfilled
// says how many spans of the same time were taken in so.
type Arrivals struct {
	SchemaVersion int       `json:"schema_version"`
	Window        string    `json:"window"`
	To            time.Time `json:"to"`
	StepSeconds   int64     `json:"step_seconds"`
	Timestamps    []int64   `json:"timestamps"`
	Accepted      []*uint64 `json:"accepted"`
	// Refused were late or ahead of time, Duplicates arrived again.
	Refused    []*uint64 `json:"refused"`
	Duplicates []*uint64 `json:"duplicates"`
	Backfilled uint64    `json:"backfilled"`
	// Services are the busiest, Others how many there are beside them.
	Services []ServiceArrivals `json:"services"`
	Others   int               `json:"others"`
}

// ServiceArrivals is what of it one service sent.
type ServiceArrivals struct {
	Namespace   string   `json:"namespace"`
	Service     string   `json:"service"`
	Environment string   `json:"environment"`
	Accepted    []uint64 `json:"accepted"`
}

// arrivals gathers an answer.
type arrivals struct {
	q          series.Query
	known      []bool
	total      []slice.Counts
	backfilled uint64
	service    map[operation.Service][]uint64
}

// Arrivals returns what arrived within a span of time up to now, which is of
// whole minutes, the last of which runs.
func (r *Report) Arrivals(ctx context.Context, length time.Duration) (Arrivals, error) {
	if length < 10*time.Minute || length > MaxArrivalsWindow || length%time.Minute != 0 {
		return Arrivals{}, errs.New(errs.Invalid, "a window of %s is not one", length).
			WithHint("ask for whole minutes, 10m at least and 30d at most, as in 1h, 6h or 7d")
	}
	now := r.Now()
	a := newArrivals(slice.MinuteOf(now)+1, slice.Minute(length/time.Minute))
	a.since(slice.MinuteOf(r.Started))
	store, stored, err := r.recent(ctx, func(k *slice.Key) bool { return k.Tally == slice.Spans && k.Indicator == "" }, func(s slice.Sample) {
		if a.q.From <= s.Minute && s.Minute < a.q.To {
			a.add(s.Key.Service, a.q.StepOf(s.Minute), series.Sum{Counts: s.Counts, Minutes: 1})
		}
	})
	if err != nil {
		return Arrivals{}, err
	}
	err = series.SumsUntil(ctx, store, a.q, stored+1, func(q *series.Query, rows []series.Row) {
		for _, row := range rows {
			for i, s := range row.Sums {
				if row.Source == slice.Backfill {
					a.backfilled += s.Counts.Good
					continue
				}
				a.add(row.Key.Service, a.q.StepOf(max(q.StepStart(i), q.From)), s)
			}
		}
	})
	return a.answer(window.Compact(length), now), err
}

// newArrivals cuts the minutes before to into steps that end where the hour's do.
func newArrivals(to, minutes slice.Minute) *arrivals {
	step := slice.Minute(1)
	for _, step = range stepsMinutes {
		if minutes/step <= arrivalSteps {
			break
		}
	}
	from := to - minutes
	a := &arrivals{q: series.Query{Tally: slice.Spans, From: from - from%step, To: to, Step: int(step)}, service: make(map[operation.Service][]uint64)}
	a.known, a.total = make([]bool, a.q.Steps()), make([]slice.Counts, a.q.Steps())
	return a
}

// since notes that this server has listened since a minute: that nothing is
// counted from there on says that nothing arrived.
func (a *arrivals) since(m slice.Minute) {
	for i := range a.known {
		a.known[i] = a.q.StepStart(i)+slice.Minute(a.q.Step) > m
	}
}

func (a *arrivals) add(s operation.Service, step int, sum series.Sum) {
	if sum.Minutes == 0 || s.IsSelf() {
		return
	}
	a.known[step] = true
	a.total[step] = a.total[step].Plus(sum.Counts)
	if a.service[s] == nil {
		a.service[s] = make([]uint64, len(a.known))
	}
	a.service[s][step] += sum.Counts.Good
}

func (a *arrivals) answer(length string, now time.Time) Arrivals {
	v := Arrivals{SchemaVersion: SchemaVersion, Window: length, To: now.UTC().Truncate(time.Second), StepSeconds: int64(a.q.Step) * 60, Backfilled: a.backfilled, Services: []ServiceArrivals{}}
	for i, c := range a.total {
		v.Timestamps = append(v.Timestamps, a.q.StepStart(i+1).Start().Unix())
		if !a.known[i] {
			v.Accepted, v.Refused, v.Duplicates = append(v.Accepted, nil), append(v.Refused, nil), append(v.Duplicates, nil)
			continue
		}
		v.Accepted, v.Refused, v.Duplicates = append(v.Accepted, new(c.Good)), append(v.Refused, new(c.Bad)), append(v.Duplicates, new(c.Excluded))
	}
	for s, counts := range a.service {
		v.Services = append(v.Services, ServiceArrivals{s.Namespace, s.Name, s.Environment, counts})
	}
	slices.SortFunc(v.Services, func(a, b ServiceArrivals) int {
		return cmp.Or(cmp.Compare(sum(b.Accepted), sum(a.Accepted)), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Environment, b.Environment))
	})
	v.Others = max(0, len(v.Services)-arrivalServices)
	v.Services = v.Services[:len(v.Services)-v.Others]
	return v
}

func sum(all []uint64) (total uint64) {
	for _, n := range all {
		total += n
	}
	return total
}
