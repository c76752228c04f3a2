// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"github.com/leadline/leadline/bench/load"
	"github.com/leadline/leadline/bench/payload"
	"github.com/leadline/leadline/bench/target"
	"github.com/leadline/leadline/bench/truth"
)

const (
	// chunk is how many requests are sent between two looks at the log.
	chunk = 200
	// acceptTimeout bounds a start that never accepts.
	acceptTimeout = time.Minute
	retryInterval = time.Millisecond
)

// plain is the cheapest way to send.
var plain = load.Cells[0]

// source makes requests without end, and notes those that were acknowledged.
type source struct {
	templates []*payload.Template
	random    *rand.Rand
	next      int
	ledger    *truth.Ledger
}

func newSource(spans int) *source {
	templates := payload.Shop(1, spans)
	return &source{
		templates: templates,
		random:    rand.New(rand.NewPCG(3, uint64(time.Now().UnixNano()))),
		ledger:    truth.NewLedger(templates),
	}
}

// take returns n new requests. All of them must be acknowledged, or the run
// ends with an error, so they are noted at once.
func (s *source) take(n int) []load.Request {
	requests := make([]load.Request, n)
	for i := range requests {
		t := s.templates[s.next]
		s.ledger.Add(s.next)
		s.next = (s.next + 1) % len(s.templates)
		requests[i] = load.Request{Body: t.Render(s.random, time.Now()), Spans: len(t.Events)}
	}
	return requests
}

// fill sends spans until the intake log is large enough, then kills the server.
func fill(ctx context.Context, size int64, server target.Leadline, requests *source) (f filled, err error) {
	p, err := server.Start(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, p.Kill()) }()
	sender, err := plain.Dial(p.OTLP, 4)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	before, err := intakeBytes(server)
	if err != nil {
		return f, err
	}
	start := time.Now()
	for f.LogBytes < size {
		o, err := load.Flood(ctx, sender, requests.take(chunk), 4)
		if err != nil {
			return f, fmt.Errorf("fill the log: %w\n%s", err, p.Tail())
		}
		f.Spans += o.Spans
		if f.LogBytes, err = intakeBytes(server); err != nil {
			return f, err
		}
		f.Grown = f.LogBytes - before
		fmt.Fprintf(os.Stderr, "\rfilling: %d of %d MiB, %d spans", f.LogBytes>>20, size>>20, f.Spans)
	}
	fmt.Fprintln(os.Stderr)
	f.Took = time.Since(start)
	return f, nil
}

// intakeBytes returns the size of the intake stream, whose segments are found
// by the stream's name in their path.
func intakeBytes(server target.Leadline) (int64, error) {
	return target.DiskUse(server.DataDir, "/intake/")
}

// start measures one start, checks what the server then shows, and ends it as
// abruptly as the one before.
func start(ctx context.Context, server target.Leadline, requests *source) (s started, err error) {
	if s.LogBytes, err = intakeBytes(server); err != nil {
		return s, err
	}
	request := requests.take(1)[0]
	began := time.Now()
	p, err := server.Launch()
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, p.Kill()) }()
	sender, err := plain.Dial(p.OTLP, 1)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, sender.Close()) }()
	if err := knock(ctx, p, sender, request); err != nil {
		return s, err
	}
	s.Accepted = time.Since(began)
	if s.CPU, err = p.CPU(); err != nil {
		return s, err
	}
	m, err := p.Memory()
	if err != nil {
		return s, err
	}
	s.Peak = m.Peak
	return s, requests.ledger.Verify(ctx, p.API)
}

// knock sends the same request until it is acknowledged.
func knock(ctx context.Context, p *target.Process, sender load.Sender, request load.Request) error {
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	for {
		err := sender.Send(ctx, request.Body)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(retryInterval):
		case <-p.Exited():
			return fmt.Errorf("start: exited before it accepted: %w\n%s", err, p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("start: nothing accepted within %s: %w\n%s", acceptTimeout, err, p.Tail())
		}
	}
}
