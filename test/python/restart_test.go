// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/testkit/process"
)

// outage is what a server that is killed does to a sender that retries.
type outage struct {
	telemetry
	more  []string      // settings of the SDK
	kills int           // how often the server is killed
	away  time.Duration // how long it stays away each time
	// beyondPatience says that the exporter gives up before the server is back.
	beyondPatience bool
}

var outages = []outage{
	{telemetry{name: "short outages over grpc"}, nil, 4, 0, false},
	{telemetry{"short outages over http", "http/protobuf", ""}, nil, 4, 0, false},
	// Longer than the exporter has patience, so that Python itself drops spans.
	{telemetry{name: "longer than the patience over grpc"}, []string{"OTEL_EXPORTER_OTLP_TIMEOUT=2"}, 1, 5 * time.Second, true},
	{telemetry{"longer than the patience over http", "http/protobuf", ""}, []string{"OTEL_EXPORTER_OTLP_TIMEOUT=2"}, 1, 5 * time.Second, true},
}

// TestKilledServerCountsWhatItAcknowledged kills the server in the middle of
// the traffic. The exporters send again what they have no answer for, which may
// be counted already; what they lose themselves they say in their own metrics.
func TestKilledServerCountsWhatItAcknowledged(t *testing.T) {
	env := prepared(t)
	readApplications(t)
	for _, o := range outages {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, serviceFiles(t, "httpbin", "httpbin"))
			a := keepAccounts(t)
			app, address := gunicorn(t, env, "httpbin:app", slices.Concat(o.variables(s, "httpbin"), a.variables(), o.more, []string{
				"OTEL_BSP_SCHEDULE_DELAY=100", // many exports, so that kills meet some
			}))
			l := newLoad(address)
			l.sendDuring(t, func() { o.strike(t, s, l) })
			app.End(t)
			mustHaveServed(t, app, l.ledger.total())
			o.mustHoldUp(t, s, l.ledger.expect(httpbinObjectives()), a)
		})
	}
}

// strike kills the server and starts it again, always after some more answers
// of the application.
func (o outage) strike(t *testing.T, s *server, l *load) {
	for range o.kills {
		l.awaitMore(t, answersBetweenKills)
		s.Kill()
		<-time.After(o.away)
		s.start(t)
	}
	l.awaitMore(t, answersBetweenKills)
}

const answersBetweenKills = 300

func (l *load) awaitMore(t *testing.T, n uint64) {
	t.Helper()
	before := l.ledger.total()
	process.Until(t, fmt.Sprintf("%d more answers", n), answerLimit, func() bool { return l.ledger.total() >= before+n })
}

// sendDuring sends the requests of httpbin over and over until f returns.
func (l *load) sendDuring(t *testing.T, f func()) {
	t.Helper()
	over, sent := make(chan struct{}), make(chan error)
	go func() {
		for {
			err := l.send(httpbinRequests())
			select {
			case <-over:
				sent <- err
				return
			default:
			}
			if err != nil {
				<-over
				sent <- err
				return
			}
		}
	}()
	defer func() {
		close(over)
		if err := <-sent; err != nil {
			t.Error(err)
		}
	}()
	f()
}

// mustHoldUp checks that Leadline shows the ledger, or less by what the SDK says
// it lost; never more, and never less than what the SDK says was acknowledged.
func (o outage) mustHoldUp(t *testing.T, s *server, want shown, a *accounts) {
	t.Helper()
	b, processes := a.balance()
	if processes != 2 {
		t.Errorf("%d processes gave account of their spans, want gunicorn's 2 workers", processes)
	}
	lost := b.givenUp + b.overflowed
	if o.beyondPatience && lost == 0 {
		t.Error("Python lost nothing: the outage was too short for this test")
	}
	got := s.settled(t, "httpbin", func(got shown) bool {
		return cmp.Equal(want, got) || lost > 0 && got.Objectives["everything-answers"] == sum(got.Operations)
	})
	mustNotExceed(t, "objective", want.Objectives, got.Objectives)
	mustNotExceed(t, "operation", want.Operations, got.Operations)
	asked, counted := int64(sum(want.Operations).all()), int64(sum(got.Operations).all())
	t.Logf("%d of %d requests counted, %d missing; Python says: %s", counted, asked, asked-counted, b)
	if counted < b.acknowledged {
		t.Errorf("%d counted, fewer than were acknowledged", counted)
	}
	if asked-counted > lost {
		t.Errorf("%d are missing, and Python lost %d only; the ledger (-) and Leadline (+):\n%s", asked-counted, lost, cmp.Diff(want, got))
	}
}

func sum(parts map[string]counts) (all counts) {
	for _, c := range parts {
		all.Good, all.Bad, all.Excluded = all.Good+c.Good, all.Bad+c.Bad, all.Excluded+c.Excluded
	}
	return all
}

func mustNotExceed(t *testing.T, what string, want, got map[string]counts) {
	t.Helper()
	for name, g := range got {
		if w := want[name]; g.Good > w.Good || g.Bad > w.Bad || g.Excluded > w.Excluded {
			t.Errorf("%s %s: counted %v, more than the ledger's %v", what, name, g, w)
		}
	}
}
