// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// restartLimit is ten times the figure in which a start must accept.
const restartLimit = 20 * time.Second

// TestARestartShowsTheSameNumbers fills windows with events of closed, stored
// and open minutes, ends the process in both ways, and compares everything
// that the API says of the same window.
func TestARestartShowsTheSameNumbers(t *testing.T) {
	t.Parallel()
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.env = []string{shortGrace}
	in.hold()
	s := in.start()
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(5, 5))
	requests, minute := pastRequests(rng, l)
	if unsure := sendAll(t, c, s.at, rng, requests); len(unsure) > 0 {
		t.Fatal("a request has no answer")
	}
	s.settled(t, l)
	in.release()
	s.stored(t, c, minute)
	in.hold()
	o := otlpgen.Options{ErrorShare: 0.2, From: time.Now().Add(-100 * time.Millisecond), To: time.Now()}
	open := otlpgen.Spans(rng.Uint64(), 500, o)
	l.add(open)
	if err := c.send(way{grpc: true}, s.at, otlpgen.Encode(open, o)); err != nil {
		t.Fatal(err)
	}
	s.settled(t, l)
	for _, how := range []string{"kill", "stop", "kill"} {
		before := s.picture(t)
		if how == "kill" {
			s.kill()
		} else {
			s.stop()
		}
		began := time.Now()
		s = in.start()
		if err := c.send(way{}, s.at, otlpgen.Encode(open, o)); err != nil { // a repetition: it counts nothing
			t.Fatal(err)
		}
		took := time.Since(began)
		t.Logf("after %s: accepting in %s", how, took)
		if took > restartLimit {
			t.Errorf("accepting took %s, at most %s are allowed", took, restartLimit)
		}
		s.settled(t, l)
		if diff := cmp.Diff(before, s.picture(t)); diff != "" && !t.Failed() {
			t.Errorf("after %s (-before +after):\n%s", how, diff)
		}
	}
	s.stop()
}

// moving are the fields of an objective that follow the clock.
var moving = []string{"evaluated_at", "from", "to", "burn", "late_share"}

// picture returns all that the API says of objectives and their groups,
// without what follows the clock.
func (s *server) picture(t *testing.T) map[string]any {
	t.Helper()
	picture := make(map[string]any)
	for name := range rules {
		var answer struct{ SLO map[string]any }
		s.get("/api/v1/slos/shop-api/"+name, &answer)
		for _, field := range moving {
			delete(answer.SLO, field)
		}
		picture[name] = answer.SLO
	}
	return picture
}

// TestTheGapOfADowntimeStaysOpen lets a minute pass, and the grace after it,
// while nothing runs: what senders kept for us in that time must count.
func TestTheGapOfADowntimeStaysOpen(t *testing.T) {
	t.Parallel()
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.env = []string{shortGrace}
	in.hold()
	s := in.start()
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(6, 6))
	requests, minute := pastRequests(rng, l)
	sendAll(t, c, s.at, rng, requests)
	s.settled(t, l)
	in.release()
	s.stored(t, c, minute)
	s.stop()
	o := otlpgen.Options{From: time.Now().Add(-time.Second), To: time.Now()}
	kept := otlpgen.Spans(rng.Uint64(), 300, o)
	l.add(kept)
	time.Sleep(time.Until(o.To.Truncate(time.Minute).Add(time.Minute + 5*time.Second)))
	in.hold()
	s = in.start()
	if unsure := sendAll(t, c, s.at, rng, mixed(rng, [][]otlpgen.Span{kept})); len(unsure) > 0 {
		t.Errorf("%d requests of the gap were refused", len(unsure))
	}
	s.settled(t, l)
	late := otlpgen.Spans(rng.Uint64(), 10, otlpgen.Options{From: o.From.Add(-time.Hour), To: o.From.Add(-50 * time.Minute)})
	if err := c.send(way{}, s.at, otlpgen.Encode(late, o)); err == nil {
		t.Error("spans of an hour ago, which is closed, were accepted")
	}
	s.settled(t, l)
	s.stop()
}
