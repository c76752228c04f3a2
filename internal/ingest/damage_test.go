// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest_test

import (
	"context"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// aged is a data directory whose log holds closed and open minutes, with what
// the store has of it and what it should come to.
type aged struct {
	*world
	t     *testing.T
	dir   string
	store *shelf
	at    *cursors
}

// age lives half an hour in which requests bring events of several minutes.
func age(t *testing.T) *aged {
	a := &aged{newWorld(t), t, t.TempDir(), &shelf{t: t, counts: ledger{}}, &cursors{}}
	n := start(t, a.dir, a.binding(), a.store, a.at)
	for i := range 30 {
		now := time.Now()
		a.send(n, uint64(i), now)
		if i > 9 {
			a.send(n, uint64(i+1000), now.Add(-8*time.Minute-30*time.Second))
		}
		time.Sleep(time.Minute)
	}
	time.Sleep(20 * time.Second)
	n.stop()
	return a
}

func (a *aged) send(n *node, seed uint64, end time.Time) {
	o := otlpgen.Options{Environment: "production", From: end.Add(-time.Second), To: end}
	spans := otlpgen.Spans(seed, 20, o)
	for _, s := range spans {
		a.count(s)
	}
	n.send(otlpgen.Encode(spans, o))
}

// flipped returns a copy of it whose log has one other bit.
func (a *aged) flipped(rng *rand.Rand, stream string, at func(size int) int) *aged {
	b := *a
	b.dir = a.t.TempDir()
	if err := os.CopyFS(b.dir, os.DirFS(a.dir)); err != nil {
		a.t.Fatal(err)
	}
	b.store = &shelf{t: a.t, counts: maps.Clone(a.store.counts), last: a.store.last}
	b.at = &cursors{a.at.at}
	segments := b.segments(stream)
	name := segments[len(segments)-1-rng.IntN(min(2, len(segments)))]
	content, err := os.ReadFile(name)
	if err != nil {
		a.t.Fatal(err)
	}
	content[at(len(content))] ^= 1 << rng.IntN(8)
	if err := os.WriteFile(name, content, 0o600); err != nil {
		a.t.Fatal(err)
	}
	return &b
}

// segments returns the files of a stream, the newest last.
func (a *aged) segments(stream string) (names []string) {
	err := filepath.WalkDir(filepath.Join(a.dir, "log", stream), func(path string, d fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".seg") {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		a.t.Fatalf("segments of %s: %v, %v", stream, names, err)
	}
	return names
}

// finish starts an engine on it, waits until every minute is stored, and
// compares: what differs must be less, and named damage.
func (a *aged) finish(what string) {
	a.t.Helper()
	told := &view{counts: maps.Clone(a.store.counts)}
	n := startTold(a.t, a.dir, a.binding(), a.store, a.at, told, told.closed)
	damage := n.Damage()
	time.Sleep(25 * time.Minute)
	synctest.Wait()
	n.stop()
	for k, want := range a.want {
		got := a.store.counts[k]
		for _, n := range []slice.Counts{got, told.counts[k]} {
			if n.Good > want.Good || n.Bad > want.Bad {
				a.t.Errorf("%s: %v of minute %d: %+v of %+v, doubled", what, k.key, k.minute, n, want)
			}
		}
		if got != told.counts[k] {
			a.t.Errorf("%s: %v of minute %d: %+v is stored and %+v was told", what, k.key, k.minute, got, told.counts[k])
		}
		if got != want && len(damage) == 0 {
			a.t.Errorf("%s: %v of minute %d: %+v of %+v without named damage", what, k.key, k.minute, got, want)
		}
	}
}

// TestAStoredMinuteWhoseRecordIsDamagedIsNotCountedAgain damages the newest
// minute record. The store has that minute, so it must stay closed.
func TestAStoredMinuteWhoseRecordIsDamagedIsNotCountedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := age(t)
		if int64(a.store.last) != a.at.at {
			t.Fatalf("the store has %d, its cursor is %d", a.store.last, a.at.at)
		}
		names := a.segments("minutes")
		content, err := os.ReadFile(names[len(names)-1])
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)-41] ^= 1
		if err := os.WriteFile(names[len(names)-1], content, 0o600); err != nil {
			t.Fatal(err)
		}
		n := start(t, a.dir, a.binding(), a.store, a.at)
		if len(n.Damage()) == 0 {
			t.Error("no damage was named")
		}
		open, err := n.Open(context.Background(), func(s *slice.Series) bool { return s.Indicator != "" })
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range open {
			if c.Minute <= a.store.last {
				t.Errorf("minute %d is open again with %+v; the store has it", c.Minute, c.Counts)
			}
		}
		n.stop()
		a.finish("the newest minute record")
	})
}

// TestFlippedBitsDoubleNothing flips one bit of a log, anywhere, many times.
func TestFlippedBitsDoubleNothing(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 10
	}
	synctest.Test(t, func(t *testing.T) {
		a, rng := age(t), rand.New(rand.NewPCG(5, 1))
		for range rounds {
			for _, stream := range []string{"minutes", "intake"} {
				a.flipped(rng, stream, rng.IntN).finish(stream)
			}
		}
	})
}
