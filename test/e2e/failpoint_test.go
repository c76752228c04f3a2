// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

const (
	// failpoints is how many operations on files of a process are each its
	// last in one run. A process that starts, counts, closes a minute, stores
	// it and cuts the store makes fewer.
	failpoints = 100
	// failpointsAtOnce bounds the processes; they mostly wait for each other.
	failpointsAtOnce = 16
	// shortGrace closes minutes soon after their end or the process' start. A
	// test that sends to such minutes holds the installation meanwhile.
	shortGrace = "LEADLINE_TEST_GRACE=1s"
)

// mustDieAt are the operations of which every one must have ended a process,
// before or after it. Compaction runs beside the rest, so that a number does
// not always lead to the same operation.
var mustDieAt = []string{
	"create log/intake", "write log/intake", "sync log/intake", "syncdir log/intake",
	"create log/minutes", "write log/minutes", "sync log/minutes", "syncdir log/minutes",
	"commit series/hours", "commit series/histograms", "commit series/slices", "cut series/histograms", "cut series/slices",
	"create cursors", "write cursors", "sync cursors", "close cursors", "rename cursors",
}

// TestKillAtEveryFileOperation ends a process at the n-th operation on the
// files of its log, cursor and series store, for every n, while it counts,
// closes a minute, stores it and cuts off a block, and holds what its
// successor says against the ledger.
func TestKillAtEveryFileOperation(t *testing.T) {
	ids := indicatorIDs(t)
	var mu sync.Mutex
	covered := make(map[string]int)
	slots := make(chan struct{}, failpointsAtOnce)
	var running sync.WaitGroup
	run := func(n int, at string) {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			t.Run(at, func(t *testing.T) {
				died := killAt(t, uint64(n), at, ids)
				mu.Lock()
				defer mu.Unlock()
				covered[died]++
			})
		})
	}
	for n := 1; n <= failpoints; n++ {
		run(n, fmt.Sprint(n))
	}
	running.Wait()
	t.Logf("%d of %d processes made fewer operations", covered[""], failpoints)
	delete(covered, "")
	missed := func(op string) bool { return covered[op]+covered[strings.Replace(op, " ", "-done ", 1)] == 0 }
	for i, op := range mustDieAt {
		if missed(op) {
			run(failpoints+i, op)
		}
	}
	running.Wait()
	t.Logf("killed at: %s", strings.Join(slices.Sorted(maps.Keys(covered)), ", "))
	for _, op := range mustDieAt {
		if missed(op) {
			t.Errorf("no process was killed before or after: %s", op)
		}
	}
}

var said = regexp.MustCompile(`(?m)^failpoint: (\S+) (\S+)`)

// killAt runs a process with a failpoint, and its successor. It returns where
// the process died, and nothing when it did not come so far.
func killAt(t *testing.T, seed uint64, failpoint string, ids map[string]string) (at string) {
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.env = []string{shortGrace}
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(seed, 1))
	requests, minute := pastRequests(rng, l)
	in.remember(ids, minute, l)

	in.hold()
	s := in.launch("LEADLINE_TEST_KILL_AT=" + failpoint)
	if over(minute) {
		s.kill()
		return killAt(t, seed, failpoint, ids)
	}
	unsure := sendAll(t, c, s.at, rng, requests)
	in.release()
	s.storedOrDead(t)
	s.kill()
	if m := said.FindStringSubmatch(s.log()); m != nil {
		at = where(m[1], m[2])
	}

	in.hold()
	s = in.start()
	if over(minute) {
		s.kill()
		return killAt(t, seed, failpoint, ids)
	}
	if unsure = sendAll(t, c, s.at, rng, mixed(rng, unsure)); len(unsure) > 0 {
		t.Fatalf("%d requests have no answer from a process that lives", len(unsure))
	}
	s.settled(t, l)
	in.release()
	s.stored(t, c, minute)
	s.settled(t, l)
	if rng.IntN(3) == 0 { // the rest is restored from the log or the store by the next process
		s.kill()
		s = in.start()
		s.settled(t, l)
	}
	s.kill()
	return at
}

// over says that another minute has begun since a test chose the one before it
// to send to. A process whose log is new, because nothing was written before
// the last one died, rightly refuses what is older than a grace: it is no test.
func over(minute time.Time) bool { return !time.Now().Before(minute.Add(2 * time.Minute)) }

// storedOrDead waits until the process has stored a minute and cut the store,
// or has died of its failpoint.
func (s *server) storedOrDead(t *testing.T) {
	t.Helper()
	eventually(t, "the process has stored a minute and cut its store, or died", func() string {
		log := s.log()
		for _, op := range []string{"rename-done cursors", "cut-done series/slices", "cut-done series/histograms"} {
			if !strings.Contains(log, "passed: "+op) && !s.ended() {
				return "it has not passed: " + op
			}
		}
		return ""
	})
}

// where names a failpoint without the numbers of segments.
func where(op, name string) string {
	for _, dir := range []string{"log/intake", "log/minutes", "cursors"} {
		if strings.HasPrefix(name, dir) {
			name = dir
		}
	}
	return op + " " + name
}

// pastRequests makes a few requests whose spans ended in the minute before
// this one, which a new process closes a grace after its start, and returns
// that minute.
func pastRequests(rng *rand.Rand, l *ledger) (requests [][]otlpgen.Span, minute time.Time) {
	end := time.Now().Truncate(time.Minute)
	o := otlpgen.Options{ErrorShare: 0.1, From: end.Add(-time.Minute), To: end}
	for range 4 {
		spans := otlpgen.Spans(rng.Uint64(), 1+rng.IntN(30), o)
		l.add(spans)
		requests = append(requests, spans)
	}
	return requests, o.From
}

// sendAll sends requests one after another and returns those without an answer.
func sendAll(t *testing.T, c *client, at addresses, rng *rand.Rand, requests [][]otlpgen.Span) (unsure [][]otlpgen.Span) {
	t.Helper()
	for _, spans := range requests {
		if len(spans) == 0 {
			continue
		}
		w, err := ways[rng.IntN(len(ways))], errAgain
		if at.http != "" {
			err = c.send(w, at, otlpgen.Encode(spans, otlpgen.Options{}))
		}
		if err != nil {
			t.Logf("send by %+v: %v", w, err)
			unsure = append(unsure, spans)
		}
	}
	return unsure
}

// mixed throws the spans of requests together and cuts them anew.
func mixed(rng *rand.Rand, requests [][]otlpgen.Span) [][]otlpgen.Span {
	all := slices.Concat(requests...)
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	cut := rng.IntN(len(all) + 1)
	return [][]otlpgen.Span{all[:cut], all[cut:]}
}

// TestWhatShipsHasNoFailpoints sets those of the tests in the environment of
// the program that people run: it must neither die nor close minutes early.
func TestWhatShipsHasNoFailpoints(t *testing.T) {
	in := install(t, map[string]string{"shop.yaml": shopFile})
	in.binary = filepath.Join(t.TempDir(), "leadline")
	if err := build(in.binary); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(in.binary)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(content, []byte("LEADLINE_TEST_")) {
		t.Error("the program has names of failpoints in it")
	}
	s := in.start("LEADLINE_TEST_KILL_AT=1", shortGrace)
	s.ready()
	s.stop()
}
