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
	// failpoints is how many file operations of a process are each its last
	// in one run. A process that starts, counts, closes two minutes and stores
	// them makes fewer.
	failpoints = 80
	// failpointsAtOnce bounds the processes; they mostly wait for a minute to close.
	failpointsAtOnce = 16
	// shortGrace closes minutes soon after their end or the process' start,
	// and leaves time to send again what a crash left without an answer.
	shortGrace = "LEADLINE_TEST_GRACE=4s"
	// killWait is the grace and what it takes to store the minutes.
	killWait = 7 * time.Second
)

// TestKillAtEveryFileOperation ends a process at the n-th operation on the
// files of its log and cursor, for every n, while it counts and closes
// minutes, and holds what its successor says against the ledger.
func TestKillAtEveryFileOperation(t *testing.T) {
	var mu sync.Mutex
	covered := make(map[string]bool)
	slots := make(chan struct{}, failpointsAtOnce)
	var running sync.WaitGroup
	for n := 1; n <= failpoints; n++ {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				at := killAt(t, n)
				mu.Lock()
				defer mu.Unlock()
				covered[at] = true
			})
		})
	}
	running.Wait()
	delete(covered, "") // of the processes that did not come so far
	t.Logf("killed at: %s", strings.Join(slices.Sorted(maps.Keys(covered)), ", "))
	for _, want := range []string{
		"create log/intake", "write log/intake", "sync log/intake", "syncdir log/intake",
		"create log/minutes", "write log/minutes", "sync log/minutes", "syncdir log/minutes",
		"create cursors", "write cursors", "sync cursors", "close cursors", "rename cursors",
	} {
		if !covered[want] && !covered[strings.Replace(want, " ", "-done ", 1)] {
			t.Errorf("no process was killed before or after: %s", want)
		}
	}
}

var said = regexp.MustCompile(`(?m)^failpoint: (\S+) (\S+)`)

// killAt runs a process with a failpoint, and its successor. It returns where
// the process died, and nothing when it did not come so far.
func killAt(t *testing.T, n int) (at string) {
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.env = []string{shortGrace}
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(uint64(n), 1))
	requests := pastRequests(rng, l)

	s := in.launch(fmt.Sprint("LEADLINE_TEST_KILL_AT=", n))
	unsure := sendAll(t, c, s.at, rng, requests)
	select {
	case <-s.exited:
	case <-time.After(killWait):
		s.kill()
	}
	if m := said.FindStringSubmatch(s.log()); m != nil {
		at = where(m[1], m[2])
	}

	s = in.start()
	if unsure = sendAll(t, c, s.at, rng, mixed(rng, unsure)); len(unsure) > 0 {
		t.Fatalf("%d requests have no answer from a process that lives", len(unsure))
	}
	s.settled(t, l)
	if rng.IntN(3) == 0 { // the rest is restored from the log or the store by the next process
		s.kill()
		s = in.start()
		s.settled(t, l)
	}
	s.kill()
	return at
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

// pastRequests makes a few requests whose spans ended in the two minutes
// before this one, which a new process closes a grace after its start.
func pastRequests(rng *rand.Rand, l *ledger) (requests [][]otlpgen.Span) {
	minute := time.Now().Truncate(time.Minute)
	o := otlpgen.Options{ErrorShare: 0.1, From: minute.Add(-time.Minute), To: minute}
	for range 4 {
		spans := otlpgen.Spans(rng.Uint64(), 1+rng.IntN(30), o)
		l.add(spans)
		requests = append(requests, spans)
	}
	return requests
}

// sendAll sends requests one after another and returns those without an answer.
func sendAll(t *testing.T, c *client, at addresses, rng *rand.Rand, requests [][]otlpgen.Span) (unsure [][]otlpgen.Span) {
	t.Helper()
	for _, spans := range requests {
		if len(spans) == 0 {
			continue
		}
		w := ways[rng.IntN(len(ways))]
		if at.http == "" || c.send(w, at, otlpgen.Encode(spans, otlpgen.Options{})) != nil {
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
