// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package self_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/self"
	"github.com/leadline/leadline/internal/spec"
	"github.com/leadline/leadline/internal/wire"
)

// heard is what intake was told of one check.
type heard struct {
	Operation string
	Outcome   operation.Outcome
	At        time.Duration // since the start
}

// intake reads what it is told as ingest does, or takes nothing.
type intake struct {
	t     *testing.T
	start time.Time
	full  error
	heard []heard
	ids   map[string]bool
}

func (i *intake) tell(_ context.Context, traces []byte) error {
	if i.full != nil {
		return i.full
	}
	var standard tracepb.TracesData // the same fields as the request
	if err := proto.Unmarshal(traces, &standard); err != nil {
		i.t.Fatalf("the request is not one of OTLP: %v", err)
	}
	r := wire.NewTraceReader(traces, wire.DefaultLimits)
	for r.NextResource() {
		for r.NextScope() {
			for r.NextSpan() {
				i.hear(r.Span())
			}
		}
	}
	if err := r.Err(); err != nil {
		i.t.Fatal(err)
	}
	return nil
}

func (i *intake) hear(s *wire.Span) {
	if id := string(s.TraceID) + string(s.SpanID); !s.ValidIDs() || i.ids[id] {
		i.t.Errorf("span %q has no id of its own", s.Name)
	} else {
		i.ids[id] = true
	}
	var f operation.Facts
	f.Read(s)
	o, _ := f.Identify()
	i.heard = append(i.heard, heard{o.Name, f.Outcome().Outcome, time.Unix(0, int64(s.EndUnixNano)).Sub(i.start)})
}

func TestProbesAreEventsOfTheObjectives(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	now := start
	in := &intake{t: t, start: start, ids: make(map[string]bool)}
	var failed error
	p := self.NewProber([]self.Check{
		{Name: "Intake", Failed: func() error { return nil }},
		{Name: "Log", Failed: func() error { return failed }},
	}, in.tell, func() time.Time { return now })

	step := func(seconds int, log, full error) {
		now, failed, in.full = start.Add(time.Duration(seconds)*time.Second), log, full
		if err := p.Probe(t.Context()); !errors.Is(err, full) {
			t.Errorf("at %d s: %v, want %v", seconds, err, full)
		}
	}
	step(5, nil, nil)
	step(10, errors.New("2 commits were refused"), nil)
	step(15, errors.New("no space"), errors.New("full"))
	step(20, nil, nil) // what was not taken comes first, as of its own time

	want := []heard{
		{"rpc Self/Intake", operation.Good, 5 * time.Second}, {"rpc Self/Log", operation.Good, 5 * time.Second},
		{"rpc Self/Intake", operation.Good, 10 * time.Second}, {"rpc Self/Log", operation.Bad, 10 * time.Second},
		{"rpc Self/Intake", operation.Good, 15 * time.Second}, {"rpc Self/Log", operation.Bad, 15 * time.Second},
		{"rpc Self/Intake", operation.Good, 20 * time.Second}, {"rpc Self/Log", operation.Good, 20 * time.Second},
	}
	if diff := cmp.Diff(want, in.heard); diff != "" {
		t.Error(diff)
	}
}

func TestWhatAFullLogDoesNotTakeIsKeptForTenMinutes(t *testing.T) {
	start := time.Unix(1_700_000_000, 0)
	now := start
	in := &intake{t: t, start: start, ids: make(map[string]bool), full: errors.New("full")}
	p := self.NewProber([]self.Check{{Name: "Log", Failed: func() error { return nil }}}, in.tell, func() time.Time { return now })
	for range 300 { // 25 minutes
		now = now.Add(5 * time.Second)
		p.Probe(t.Context())
	}
	in.full = nil
	now = now.Add(5 * time.Second)
	if err := p.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, first := len(in.heard), in.heard[0].At; n != 120 || now.Sub(start)-first != 595*time.Second {
		t.Errorf("%d events, the first %s ago; want those of the last ten minutes", n, now.Sub(start)-first)
	}
}

func TestEveryObjectiveIsMeasured(t *testing.T) {
	set := spec.Parse([]spec.Source{self.Source()})
	if len(set.Problems) > 0 || len(set.Warnings) > 0 {
		t.Fatal(set.Problems, set.Warnings)
	}
	var bound []string
	for _, o := range set.Objectives {
		if !o.Indicator.Matches(operation.Self, operation.Operation{Name: o.Indicator.Rule.Operation, Kind: operation.RPC}) {
			t.Errorf("%s does not count what the server says of itself", o.Name)
		}
		bound = append(bound, o.Indicator.Rule.Operation)
	}
	want := []string{"rpc Self/Intake", "rpc Self/Log", "rpc Self/Evaluation", "rpc Self/Delivery"}
	if diff := cmp.Diff(want, bound); diff != "" {
		t.Error(diff)
	}
}
