// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package self measures Leadline's own health by Leadline's own means.
//
// It owns the service file of the objectives that every server has of itself
// (self.yaml) and the prober that feeds them. Every few seconds the prober asks
// each part how it stood since it was asked last, and tells intake of the
// answers as spans: one event a part, good or bad. From there on they are
// events like any other, durable, evaluated and paged by the same code.
//
// A log that takes nothing cannot take its own failure either. Such spans are
// kept and sent again, so they count once the log recovers within the ten
// minutes of lateness. A server that is dead says nothing at all: for that
// there are heartbeats, which stop, to a switch outside.
//
// It does not own what healthy means; the parts are asked by checks that the
// caller brings.
package self

import (
	"context"
	_ "embed"
	"encoding/binary"
	"math/rand/v2"
	"time"

	"github.com/leadline/leadline/internal/spec"
)

//go:embed self.yaml
var file []byte

// Source returns the service file of Leadline's own objectives.
func Source() spec.Source { return spec.Source{Path: "built-in/leadline.yaml", Content: file} }

// Check is how one part is asked. Its Name is the method in self.yaml.
type Check struct {
	Name string
	// Failed says what went wrong since the last call, nil when nothing did.
	Failed func() error
}

// Prober asks the parts and tells intake.
type Prober struct {
	checks []Check
	tell   func(ctx context.Context, traces []byte) error
	now    func() time.Time

	trace [16]byte // of this process
	span  uint64   // the last one's id
	kept  [][]byte // requests that intake has not taken yet, oldest first
}

// maxKept is how many requests are kept for an intake that takes none: those
// of the ten minutes after which they would be too late, at one in 5 s.
const maxKept = 120

// NewProber returns a prober that tells of the checks as an
// ExportTraceServiceRequest.
func NewProber(checks []Check, tell func(ctx context.Context, traces []byte) error, now func() time.Time) *Prober {
	p := &Prober{checks: checks, tell: tell, now: now}
	binary.BigEndian.PutUint64(p.trace[:], rand.Uint64())
	binary.BigEndian.PutUint64(p.trace[8:], rand.Uint64()|1)
	return p
}

// Run probes until ctx ends.
func (p *Prober) Run(ctx context.Context, every time.Duration) {
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.Probe(ctx)
		}
	}
}

// Probe asks every part once and tells intake, first of what it did not take
// before. It returns why intake has not taken everything.
func (p *Prober) Probe(ctx context.Context) error {
	if len(p.kept) == maxKept {
		p.kept = p.kept[1:]
	}
	p.kept = append(p.kept, p.request())
	for len(p.kept) > 0 {
		if err := p.tell(ctx, p.kept[0]); err != nil {
			return err
		}
		p.kept = p.kept[1:]
	}
	return nil
}
