// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
)

const (
	// evaluated is how often a server evaluates, and batched how often the SDK
	// of Python sends what has ended.
	evaluated, batched = 5 * time.Second, 5 * time.Second
	// answering is how long a receiver needs for its answer.
	answering = 200 * time.Millisecond
	// The figures to reach, from the second in which the windows' arithmetic
	// crosses to the receiver's answer.
	halfPageWithin, mostPageWithin = 12 * time.Second, 15 * time.Second
)

// TestBurstsReachTheReceiver draws error bursts, and follows them under virtual
// time from the events, which a sender batches, through evaluation and the
// outbox to a receiver's answer. Time passes where parts wait for each other;
// what they compute takes none.
func TestBurstsReachTheReceiver(t *testing.T) {
	bursts := uint64(1000)
	if testing.Short() {
		bursts = 100
	}
	var late []time.Duration
	for seed := range bursts {
		synctest.Test(t, func(t *testing.T) {
			if after, paged := newBurst(t, seed).run(); paged {
				late = append(late, after)
			}
		})
	}
	slices.Sort(late)
	half, most := late[len(late)/2], late[len(late)*99/100]
	t.Logf("%d bursts, %d paged: p50 %s, p99 %s, most %s from the crossing to the answer", bursts, len(late), half, most, late[len(late)-1])
	if half > halfPageWithin || most > mostPageWithin {
		t.Errorf("want p50 %s and p99 %s", halfPageWithin, mostPageWithin)
	}
	if len(late) < int(bursts)*9/10 {
		t.Errorf("only %d of %d bursts paged", len(late), bursts)
	}
}

// burst is a server whose service breaks, and its receiver.
type burst struct {
	t         *testing.T
	rng       *rand.Rand
	objective *slo.Objective
	engine    *eval.Engine
	table     *slice.Table
	perSecond uint64
	share     float64 // of events that fail
	// counted is what happened, and waiting what has not been sent of it.
	counted, waiting map[slice.Minute]slice.Counts
	answered         chan time.Time // when the receiver had taken a page
}

// newBurst has eight good hours behind it.
func newBurst(t *testing.T, seed uint64) *burst {
	rng := rand.New(rand.NewPCG(seed, 5))
	time.Sleep(time.Duration(rng.Int64N(int64(time.Minute))))
	b := &burst{
		t: t, rng: rng, objective: objective("up", 999_000_000, 28*day), table: slice.NewTable(10),
		perSecond: 1 + rng.Uint64N(50), share: 0.02 + 0.98*rng.Float64(),
		counted: map[slice.Minute]slice.Counts{}, waiting: map[slice.Minute]slice.Counts{}, answered: make(chan time.Time, 1),
	}
	began := time.Now()
	b.engine = eval.New(time.Now, evaluated, slog.New(slog.DiscardHandler))
	b.engine.Steady(func() time.Duration { return time.Since(began) })
	fresh := b.engine.Install([]*slo.Objective{b.objective})
	now := slice.MinuteOf(began)
	for m := now - 8*60; m < now; m++ {
		b.happen(m, slice.Counts{Good: 60 * b.perSecond})
	}
	b.send()
	b.engine.Restored(fresh)
	return b
}

func (b *burst) happen(m slice.Minute, c slice.Counts) {
	b.counted[m] = b.counted[m].Plus(c)
	b.waiting[m] = b.waiting[m].Plus(c)
}

// send hands over what waits, as a batch does that was acknowledged.
func (b *burst) send() {
	s, _ := b.table.Intern(totalKey(b.objective))
	for m, c := range b.waiting {
		b.engine.Count(s, m, c)
	}
	clear(b.waiting)
}

// Send implements dispatch.Channel.
func (b *burst) Send(_ context.Context, m *dispatch.Message) error {
	time.Sleep(answering)
	if slices.ContainsFunc(m.Alerts, func(n dispatch.Notice) bool { return n.Severity == slo.Page && n.Phase == alert.Firing }) {
		select {
		case b.answered <- time.Now():
		default:
		}
	}
	return nil
}

// serve evaluates and dispatches until the returned function, beginning at some
// moment of its own.
func (b *burst) serve() (stop func()) {
	time.Sleep(time.Duration(b.rng.Int64N(int64(evaluated))))
	ids := 0
	d, err := dispatch.Open(b.t.Context(), dispatch.Config{Receivers: map[string]dispatch.ReceiverPolicy{"pager": {}}}, dispatch.Parts{
		Store: catalogtest.NewMemory(), Source: dispatch.NewEvaluations(b.engine, ""), Channels: map[string]dispatch.Channel{"pager": b},
		Writer: "w", Alive: func() error { return nil }, Now: time.Now, NewID: func() string { ids++; return fmt.Sprint(ids) },
		Random: func() float64 { return 0.5 }, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		b.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.t.Context())
	ended := make(chan error, 2)
	go func() { ended <- b.engine.Run(ctx) }()
	go func() { ended <- d.Run(ctx) }()
	return func() {
		cancel()
		for range cap(ended) {
			if err := <-ended; err != nil {
				b.t.Error(err)
			}
		}
	}
}

// run lets half an hour pass at most, and returns how long after the crossing
// the receiver had answered.
func (b *burst) run() (after time.Duration, paged bool) {
	defer b.serve()()
	phase, crossing := b.rng.IntN(int(batched/time.Second)), time.Time{}
	for second := range 30 * 60 {
		time.Sleep(time.Second)
		now := slice.MinuteOf(time.Now())
		bad := min(uint64(b.share*float64(b.perSecond)+b.rng.Float64()), b.perSecond)
		b.happen(now, slice.Counts{Good: b.perSecond - bad, Bad: bad})
		if second%int(batched/time.Second) == phase {
			b.send()
		}
		if crossing.IsZero() && crossed(b.objective, b.counted, now) {
			crossing = time.Now()
		}
		select {
		case at := <-b.answered:
			if crossing.IsZero() {
				b.t.Fatal("a page arrives before the windows' arithmetic crosses")
			}
			return at.Sub(crossing), true
		default:
		}
		if !crossing.IsZero() && time.Since(crossing) > time.Minute {
			b.t.Fatal("no page a minute after the windows' arithmetic crossed")
		}
	}
	return 0, false
}
