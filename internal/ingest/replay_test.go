// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/wire"
)

// TestLoadedIDsAreThoseOfTheLog fills sets as a replay does, from runs of any
// length in which ids repeat, and compares them with ids that were inserted.
func TestLoadedIDsAreThoseOfTheLog(t *testing.T) {
	for _, c := range []struct {
		name      string
		ids, runs int
		mask      uint64
	}{
		{"one id", 1, 1, ^uint64(0)},
		{"zero among few", 100, 10, 7},
		{"every id repeats", 50_000, 70, 0xfc00_0000_0000_03ff},
		{"one shard", 50_000, 70, ^uint64(0) >> 6},
		{"several chunks", 400_000, 700, ^uint64(0)},
		{"runs longer than a chunk", 400_000, 2, ^uint64(0)},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(uint64(c.ids), 9))
			loader, open, want := newIDLoader(1<<30), newMinutes(), newMinutes()
			for range c.runs {
				m, run := slice.Minute(rng.IntN(3)), []byte(nil)
				for range c.ids / c.runs {
					id := rng.Uint64() & c.mask
					want.at(m).ids.insert(id)
					run = binary.LittleEndian.AppendUint64(run, id)
				}
				loader.add(m, run)
			}
			loader.finish(open)
			for m, o := range want.open {
				compareIDs(t, open.at(m).loaded(), &o.ids)
				if open.at(m).partial {
					t.Error("partial below the limit")
				}
			}
		})
	}
}

// compareIDs compares what the sets hold, and whether got can go on: each id
// can be removed and inserted again.
func compareIDs(t *testing.T, got, want *idSet) {
	t.Helper()
	if got.len != want.len {
		t.Fatalf("%d ids, want %d", got.len, want.len)
	}
	for id := range want.all() {
		if !got.has(id) {
			t.Fatalf("%x is missing", id)
		}
		if got.insert(id) {
			t.Fatalf("%x is new to the set", id)
		}
		got.remove(id)
		if got.has(id) || !got.insert(id) {
			t.Fatalf("%x cannot be removed and inserted", id)
		}
	}
}

// TestIDsBeyondTheLimitMakeAMinutePartial holds the loader to its memory.
func TestIDsBeyondTheLimitMakeAMinutePartial(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 9))
	limit := 4 << 20
	loader, open := newIDLoader(limit), newMinutes()
	run := make([]byte, 8*1000)
	for i := range 2_000 {
		for at := 0; at < len(run); at += 8 {
			binary.LittleEndian.PutUint64(run[at:], rng.Uint64())
		}
		loader.add(slice.Minute(i/400), run)
	}
	loader.finish(open)
	for _, when := range []string{"loading", "loaded"} {
		if n := open.idMemory(); n > limit || n < limit/4 {
			t.Errorf("%s: %d bytes of ids, limit %d", when, n, limit)
		}
		for m, o := range open.open {
			if whole := o.loaded().len == 400_000; whole == o.partial {
				t.Errorf("minute %d: partial is %v with %d of 400000 ids", m, o.partial, o.ids.len)
			}
		}
	}
}

// FuzzReadBatch reads batch records that may be damaged beyond what a checksum
// finds: an error, or parts that lie inside the payload.
func FuzzReadBatch(f *testing.F) {
	for _, r := range realRecords(f, 1)[:4] {
		f.Add(r.Payload)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		var b batchRecord
		if b.read(payload) != nil {
			return
		}
		known := newKnownKeys(newServices(DefaultConfig()), 100)
		known.begin(b.services)
		for _, r := range b.runs {
			if r.to > len(b.deltas) || len(r.ids)%8 != 0 {
				t.Fatalf("run %+v of %d deltas", r, len(b.deltas))
			}
		}
		h := newHistogram()
		for _, d := range b.deltas {
			if known.find(d.service, d.parts).series == nil {
				t.Fatal("a key without a series")
			}
			h.mergeBuckets(d.zero, d.sumNano, b.buckets[d.from:d.to])
		}
	})
}

// BenchmarkReplay opens logs: the time from the start of a process to its
// first acknowledgement is this and little else. A log of twelve minutes is
// what 20,000 spans a second leave open; one of a gigabyte in one minute is
// more than any machine counts.
func BenchmarkReplay(b *testing.B) {
	for _, c := range []struct{ mebibytes, minutes int }{{135, 12}, {1024, 1}} {
		b.Run(fmt.Sprintf("%dMiB/%dmin", c.mebibytes, c.minutes), func(b *testing.B) {
			dir := b.TempDir()
			ids := writeLog(b, dir, c.mebibytes<<20, c.minutes)
			b.SetBytes(int64(c.mebibytes) << 20)
			for b.Loop() {
				e := openLog(b, dir)
				if e.closer.minutes.idMemory() == 0 {
					b.Error("no ids")
				}
				b.StopTimer()
				for _, m := range e.closer.minutes.open {
					m.loaded()
				}
				if err := e.log.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(ids), "ns/id")
		})
	}
}

type wallClock struct{}

func (wallClock) Now() time.Time         { return time.Now() }
func (wallClock) Elapsed() time.Duration { return 0 }

func openLog(tb testing.TB, dir string) *Engine {
	e, err := Open(DefaultConfig(), intakelog.OS(dir), intakelog.Config{ReserveBytes: 1}, 0, sixIndicators(tb), nobody{}, wallClock{}, slog.New(slog.DiscardHandler))
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

// sixIndicators judge every span of the generated shop.
func sixIndicators(tb testing.TB) *Binding {
	b := &Binding{}
	for _, op := range []string{"POST /checkout", "GET /items/{id}", "GET /cart"} {
		for _, r := range []sli.Rule{{Kind: sli.Availability}, {Kind: sli.Latency, Under: 100 * time.Millisecond}} {
			r.Operation, r.Service = op, operation.Service{Name: "shop-api", Environment: "production"}
			i, err := sli.Compile(r)
			if err != nil {
				tb.Fatal(err)
			}
			b.Indicators = append(b.Indicators, Bound{Indicator: i})
		}
	}
	return b
}

// writeLog writes a log of about so many bytes: real records whose ids and
// fingerprints are others each time. It returns the number of ids.
func writeLog(tb testing.TB, dir string, bytes, minutes int) (ids int) {
	records := realRecords(tb, minutes)
	log, _, err := intakelog.Open(intakelog.OS(dir), intakelog.Config{ReserveBytes: 1}, func(intakelog.Stream, intakelog.Record) error { return nil })
	if err != nil {
		tb.Fatal(err)
	}
	rng, read := rand.New(rand.NewPCG(1, 2)), batchRecord{}
	for bytes > 0 {
		for _, rec := range records {
			if err := read.read(rec.Payload); err != nil {
				tb.Fatal(err)
			}
			binary.LittleEndian.PutUint64(rec.Payload[1:], rng.Uint64())
			for _, run := range read.runs {
				for id := run.ids; len(id) > 0; id = id[8:] {
					binary.LittleEndian.PutUint64(id, rng.Uint64())
					ids++
				}
			}
			bytes -= len(rec.Payload)
		}
		if err := log.Commit(intakelog.Intake, records); err != nil {
			tb.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		tb.Fatal(err)
	}
	return ids
}

// realRecords returns what an engine writes for requests of each minute.
func realRecords(tb testing.TB, minutes int) (records []intakelog.Record) {
	dir := tb.TempDir()
	e := openLog(tb, dir)
	ctx, cancel := context.WithCancel(tb.Context())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	now := slice.MinuteOf(time.Now())
	for i := range 32 * minutes {
		from := (now - slice.Minute(i%minutes)).Start()
		o := otlpgen.Options{Environment: "production", ErrorShare: 0.01, From: from, To: from.Add(time.Minute - 1)}
		if _, err := e.Consume(tb.Context(), wire.Traces, otlpgen.Traces(uint64(i), 512, o)); err != nil {
			tb.Fatal(err)
		}
	}
	cancel()
	if err := <-done; err != nil {
		tb.Fatal(err)
	}
	log, _, err := intakelog.Open(intakelog.OS(dir), intakelog.Config{ReserveBytes: 1}, func(_ intakelog.Stream, r intakelog.Record) error {
		r.Payload = append([]byte(nil), r.Payload...)
		records = append(records, r)
		return nil
	})
	if err := errors.Join(err, log.Close()); err != nil {
		tb.Fatal(err)
	}
	return records
}

// TestFingerprintsThatWereTakenBackAreForgotten holds the memory of refused
// requests: nothing of them may stay until their minute closes.
func TestFingerprintsThatWereTakenBackAreForgotten(t *testing.T) {
	var f fingerprints
	print := func(n uint64) xxh3.Uint128 { return xxh3.Uint128{Lo: n} }
	f.add(print(1), 7, judged{})
	for range 3 {
		f.add(print(2), 7, judged{})
		f.add(print(3), 7, judged{})
		f.remove(print(2), 7)
		f.remove(print(3), 7)
	}
	if len(f.known) != 1 || len(f.byMinute[7]) != 1 || f.byMinute[7][0] != print(1) {
		t.Errorf("known are %v, by minute %v", f.known, f.byMinute)
	}
	f.remove(print(1), 7)
	if len(f.known) != 0 || len(f.byMinute) != 0 {
		t.Errorf("known are %v, by minute %v", f.known, f.byMinute)
	}
}

// TestFingerprintsAreBounded brings more requests than are remembered.
func TestFingerprintsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("a million requests")
	}
	var f fingerprints
	for i := range uint64(maxPrints + 10) {
		f.add(xxh3.Uint128{Lo: i}, 7, judged{})
	}
	if _, known := f.add(xxh3.Uint128{Lo: maxPrints - 1}, 8, judged{}); !known || len(f.known) != maxPrints || len(f.byMinute[7]) != maxPrints {
		t.Errorf("%d are known, %d of their minute, want %d", len(f.known), len(f.byMinute[7]), maxPrints)
	}
	f.drop(7)
	if f.add(xxh3.Uint128{Lo: 1}, 8, judged{}); len(f.known) != 1 {
		t.Errorf("%d are known after the minute has closed, want 1", len(f.known))
	}
}
