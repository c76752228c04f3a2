// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/slice"
)

// historyMinutes is the longest history that the store keeps in its head: the
// next minute after a pause of one makes it cut a block off.
const historyMinutes = 180

// indicatorIDs returns the ids of the indicators of shopFile's objectives.
func indicatorIDs(t *testing.T) map[string]string {
	t.Helper()
	s := install(t, map[string]string{"shop.yaml": shopFile}).start()
	defer s.kill()
	s.ready()
	ids := make(map[string]string)
	for name, o := range s.slos() {
		ids[name] = o.Indicator.ID
	}
	return ids
}

// remember gives the installation a past: a series store that ends two minutes
// before the given one, whose hours are not merged yet. The minute's own commit
// makes the store cut a block.
func (in *installation) remember(ids map[string]string, before time.Time, l *ledger) {
	in.t.Helper()
	if err := os.MkdirAll(in.data, 0o700); err != nil {
		in.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in.data, "writer"), []byte("e2e\n"), 0o600); err != nil {
		in.t.Fatal(err)
	}
	dir := filepath.Join(in.data, "series")
	store, err := tsdb.Open(slog.New(slog.DiscardHandler), tsdb.Options{Dir: dir, Writer: "e2e"})
	if err != nil {
		in.t.Fatal(err)
	}
	from := slice.MinuteOf(before) - historyMinutes - 1
	for i := range slice.Minute(historyMinutes) {
		if err := store.Append(in.t.Context(), pastMinute(from+i, ids, l)); err != nil {
			in.t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		in.t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "hours")); err != nil {
		in.t.Fatal(err)
	}
}

// pastMinute is a minute in which every objective counted something.
func pastMinute(m slice.Minute, ids map[string]string, l *ledger) slice.Closed {
	service := operation.Service{Name: "shop-api", Environment: "production"}
	durations := new(slice.Histogram)
	durations.Add(time.Duration(m%50) * time.Millisecond)
	c := slice.Closed{Minute: m, Source: slice.Live, Up: true, Samples: []slice.Sample{{
		Key:       slice.Key{Service: service, Operation: "POST /checkout", Kind: operation.HTTP},
		Counts:    slice.Counts{Good: 1},
		Histogram: durations,
	}}}
	for name, id := range ids {
		n := tally{Good: uint64(5 + m%7), Bad: uint64(m % 3), Excluded: uint64(m % 2)}
		l.remember(name, n)
		c.Samples = append(c.Samples, slice.Sample{
			Key: slice.Key{Service: service, Indicator: id}, Counts: slice.Counts{Good: n.Good, Bad: n.Bad, Excluded: n.Excluded},
		})
	}
	return c
}

// remember counts what was stored before the first process ran.
func (l *ledger) remember(name string, n tally) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sum := l.want[name]
	l.want[name] = tally{sum.Good + n.Good, sum.Bad + n.Bad, sum.Excluded + n.Excluded}
}
