// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// TestARequestThatIsTooLargeHarmsNoOther commits requests together of which
// one needs too long a record. It is refused alone; what it shares with
// another one counts there, and the rest when it is sent again in parts.
func TestARequestThatIsTooLargeHarmsNoOther(t *testing.T) {
	e := openLog(t, t.TempDir())
	t.Cleanup(func() {
		if err := e.log.Close(); err != nil {
			t.Error(err)
		}
	})
	now := time.Now()
	o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Millisecond), To: now}
	spans := otlpgen.Spans(1, 4_000, o)
	read := func(spans []otlpgen.Span) *scan {
		s := newScan()
		if err := e.scanner.traces(s, otlpgen.Encode(spans, o), e.binding.Load(), now); err != nil {
			t.Fatal(err)
		}
		return s
	}
	e.closer.maxRecord = 20_000
	before, large, after := read(spans[:10]), read(spans), read(spans[5:20])
	e.closer.commit([]*scan{before, large, after}, now)
	for i, s := range []*scan{before, large, after} {
		if r := <-s.reply; (errs.KindOf(r.err) == errs.TooLarge) != (i == 1) || (r.err == nil) != (i != 1) {
			t.Errorf("request %d: %v", i, r.err)
		}
	}
	counts := func(want slice.Counts) {
		t.Helper()
		o := e.closer.minutes.at(slice.MinuteOf(now))
		v := before.tallies[0].service
		if got := o.of(v.spans); got != want {
			t.Errorf("tallied %+v, want %+v", got, want)
		}
		if got := o.of(v.heard); got != (slice.Counts{Good: 1}) {
			t.Errorf("heard %+v, want once", got)
		}
	}
	counts(slice.Counts{Good: 20, Excluded: 5})
	for from := 0; from < len(spans); from += 1_000 {
		s := read(spans[from : from+1_000])
		e.closer.commit([]*scan{s}, now)
		if r := <-s.reply; r.err != nil {
			t.Error(r.err)
		}
	}
	counts(slice.Counts{Good: 4_000, Excluded: 5 + 20})
	if got := e.Totals(); got.Accepted != 4_000 {
		t.Errorf("%d accepted", got.Accepted)
	}
}

// TestAScanUnderAnOldBindingIsMadeAgain binds an indicator while a request
// waits that was scanned before: it is judged by the indicator all the same.
func TestAScanUnderAnOldBindingIsMadeAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := Open(DefaultConfig(), intakelog.OS(t.TempDir()), intakelog.Config{ReserveBytes: 1}, 0, &Binding{}, nobody{}, wallClock{}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		now, counted := time.Now(), make(chan error, 1)
		o := otlpgen.Options{Environment: "production", Mix: []otlpgen.Operation{otlpgen.Checkout}, From: now.Add(-time.Millisecond), To: now}
		body := otlpgen.Traces(1, 30, o)
		go func() {
			_, err := e.Consume(ctx, wire.Traces, body)
			counted <- err
		}()
		synctest.Wait() // it is in the queue
		b := sixIndicators(t)
		e.bind(b.after(e.binding.Load(), e.scanner.services, 0, 0))
		ended := make(chan error, 1)
		go func() { ended <- e.Run(ctx) }()
		if err := <-counted; err != nil {
			t.Error(err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		var got slice.Counts
		total := e.scanner.services.mustIntern(totalKey(b.Indicators[0].Indicator))
		for _, o := range e.closer.minutes.open {
			got = got.Plus(o.of(total))
		}
		if got.Total() != 30 || e.Totals().Accepted != 30 {
			t.Errorf("the indicator has %+v of 30 events, %d accepted", got, e.Totals().Accepted)
		}
	})
}

// TestAMinuteOfTooManyBaselinesCloses counts so many baselines in a minute
// that their record would be longer than the log takes. The minute is closed
// all the same: what objectives count is whole, and of the baselines those
// with the fewest events are counted together.
func TestAMinuteOfTooManyBaselinesCloses(t *testing.T) {
	e := openLog(t, t.TempDir())
	t.Cleanup(func() {
		if err := e.log.Close(); err != nil {
			t.Error(err)
		}
	})
	const most = 2_000
	now := time.Now()
	m := slice.MinuteOf(now)
	o := otlpgen.Options{Environment: "production", From: now.Add(-time.Nanosecond), To: now}
	for v := range 8 {
		o.Version = fmt.Sprint(v)
		s := newScan()
		if err := e.scanner.traces(s, otlpgen.Traces(uint64(v), 100*(v+1), o), e.binding.Load(), now); err != nil {
			t.Fatal(err)
		}
		e.closer.commit([]*scan{s}, now)
		if r := <-s.reply; r.err != nil {
			t.Fatal(r.err)
		}
	}
	want, wantTimed := sums(e.closer.counted(choose(e.scanner.services.series.All(), nil, all), 0, math.MaxInt))
	e.closer.maxRecord = most
	for after := range slice.Minute(13) {
		d := time.Duration(after) * time.Minute
		if err := e.closer.tick(now.Add(d), d); err != nil {
			t.Fatal(err)
		}
	}
	i := slices.IndexFunc(e.pending.queue, func(r closedRecord) bool { return r.minute == m })
	if i < 0 {
		t.Fatal("the minute is not closed")
	}
	payload := e.pending.queue[i].payload
	if len(payload) > most || len(payload) < most/4 {
		t.Errorf("the record has %d bytes, want at most %d and most of them used", len(payload), most)
	}
	c, err := readClosed(payload)
	if err != nil {
		t.Fatal(err)
	}
	var read []Counted
	for _, s := range c.Samples {
		read = append(read, Counted{Series: &slice.Series{Key: s.Key}, Minute: m, Counts: s.Counts, Histogram: s.Histogram})
	}
	got, gotTimed := sums(read, 0)
	others := overflowKey
	baselines := slice.Key{Operation: "all"}
	if got[others] == (slice.Counts{}) || got[others].Total() > got[baselines].Total()/2 {
		t.Errorf("%+v of %+v are counted together, want those of the least active", got[others], got[baselines])
	}
	delete(got, others)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the counts (-counted +recorded):\n%s", diff)
	}
	if gotTimed != wantTimed {
		t.Errorf("%d durations are recorded of %d", gotTimed, wantTimed)
	}
	if w := strings.Join(e.Warnings(), "\n"); !strings.Contains(w, "counted together") {
		t.Errorf("the warnings are %q", w)
	}
}

func all(*slice.Series) bool { return true }

// sums adds up what was counted: baselines as one, and what is counted
// together for lack of room once more by itself.
func sums(counted []Counted, _ int) (sums map[slice.Key]slice.Counts, timed uint64) {
	sums = make(map[slice.Key]slice.Counts)
	for _, c := range counted {
		if c.Counts.IsZero() {
			continue
		}
		k := c.Series.Key
		if k == overflowKey {
			sums[k] = c.Counts
		}
		if k.IsBaseline() {
			k = slice.Key{Operation: "all"}
		}
		sums[k] = sums[k].Plus(c.Counts)
		if c.Histogram != nil {
			timed += c.Histogram.Count()
		}
	}
	return sums, timed
}
