// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package stage holds the running shop that a story is about: the real one, in
// Python under opentelemetry-instrument, or its stand-in in Go.
//
// It owns the releases of the storefront, the switches of the faults, and the
// way of the telemetry, which can be cut. It does not own the server that
// measures, nor the customers: a roll-out tells them by Config.Moved where to go
// on. A release that is replaced ends only when no customer is in it any more,
// and with its last spans sent, so that a ledger of what customers saw can equal
// what is counted.
package stage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// How the shop's telemetry names it; the service files say the same.
const (
	Storefront  = "shop-api"
	Payments    = "shop-payments"
	Worker      = "shop-worker"
	Namespace   = "shop"
	Version     = "1.4.2"
	Environment = "production"
)

// Faults that can be switched while the shop runs. A bad deploy is none of
// them: that is a release.
const (
	FaultSlowDB          = "slow-db"          // every use of the database waits
	FaultProviderTimeout = "provider-timeout" // the card company does not answer
	FaultStuckQueue      = "stuck-queue"      // the worker hangs, checkouts go on
	FaultSilence         = "silence"          // everything serves, no telemetry arrives
)

// Shop is the running shop, in Python or its stand-in.
type Shop interface {
	// URL is where the storefront of the current release serves.
	URL() string
	// Trouble is closed when the shop cannot go on; Cause says why.
	Trouble() <-chan struct{}
	Cause() error
	// Release rolls a version of the storefront out without losing a request:
	// it starts beside the old one, the load moves over when it is healthy, and
	// the old one ends, its last spans sent. Of a bad release every second
	// checkout fails. When it cannot be rolled out, the old one serves on.
	Release(ctx context.Context, version string, bad bool) error
	// Fault switches one of the faults above. The shop obeys at once; switching
	// twice is harmless.
	Fault(name string, on bool) error
	// Stop ends the shop when the load has ended: it switches all faults off,
	// lets the queue run empty, and has the last spans sent.
	Stop(ctx context.Context) error
}

// Endpoints are where the server takes telemetry.
type Endpoints struct{ GRPC, HTTP string }

// Config is what either shop is started with.
type Config struct {
	Checkout string
	Data     string // where database, queue and the switches of faults go
	OTLP     Endpoints
	Protocol string // of the Python exporters: grpc or http/protobuf
	Version  string // of the first release
	// Moved is told the address of a new release. It returns when no request is
	// on its way to the old one.
	Moved func(ctx context.Context, url string) error
}

// stage is what both shops have in common: the release that serves, the
// switches of the faults, and the way of the telemetry.
type stage struct {
	*alarm
	moved    func(ctx context.Context, url string) error
	switches string // the folder that every process of the shop looks into
	ways     []*relay

	releasing sync.Mutex // held for as long as a roll-out takes
	mu        sync.Mutex
	current   release
}

// endLimit is how long a release may take to answer what it was asked, and to
// send its last spans.
const endLimit = 30 * time.Second

// release is a storefront of one version.
type release interface {
	address() string
	// end lets it finish its requests and send its last spans.
	end(ctx context.Context) error
}

func newStage(cfg Config) (*stage, error) {
	s := &stage{alarm: newAlarm(), moved: cfg.Moved, switches: filepath.Join(cfg.Data, "faults")}
	if err := os.MkdirAll(s.switches, 0o755); err != nil {
		return nil, fmt.Errorf("make the folder of faults: %w", err)
	}
	return s, nil
}

// way returns where exporters send what is meant for the server's endpoint.
func (s *stage) way(endpoint string) (string, error) {
	r, err := newRelay(strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		return "", err
	}
	s.ways = append(s.ways, r)
	return "http://" + r.address, nil
}

func (s *stage) URL() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.address()
}

// replace returns the release that served, and lets another one be the current.
func (s *stage) replace(by release) (old release) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, s.current = s.current, by
	return old
}

// rollOut starts a release beside the current one and puts it in its place.
func (s *stage) rollOut(ctx context.Context, version string, start func() (release, error)) error {
	s.releasing.Lock()
	defer s.releasing.Unlock()
	fresh, err := start()
	if err != nil {
		return fmt.Errorf("roll out %s: %w", version, err)
	}
	old := s.replace(fresh)
	moved := s.moved(ctx, fresh.address())
	// The old one ends even if we are ended meanwhile: nobody else knows it, and
	// what it has served is to be told.
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endLimit)
	defer cancel()
	if err := errors.Join(moved, old.end(ending)); err != nil {
		return fmt.Errorf("put %s in the place of the release before: %w", version, err)
	}
	return nil
}

func (s *stage) Fault(name string, on bool) error {
	switch {
	case name == FaultSilence:
		return s.silence(on)
	case !slices.Contains([]string{FaultSlowDB, FaultProviderTimeout, FaultStuckQueue}, name):
		return fmt.Errorf("switch fault %q: no such fault", name)
	}
	file := filepath.Join(s.switches, name)
	if on {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			return fmt.Errorf("switch fault on: %w", err)
		}
		return nil
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("switch fault off: %w", err)
	}
	return nil
}

func (s *stage) silence(on bool) error {
	var failed []error
	for _, r := range s.ways {
		if on {
			r.cut()
		} else {
			failed = append(failed, r.mend())
		}
	}
	return errors.Join(failed...)
}

func (s *stage) allFaultsOff() error {
	var failed []error
	for _, name := range []string{FaultSlowDB, FaultProviderTimeout, FaultStuckQueue, FaultSilence} {
		failed = append(failed, s.Fault(name, false))
	}
	return errors.Join(failed...)
}

// alarm is raised once, with the first reason.
type alarm struct {
	once   sync.Once
	raised chan struct{}
	reason error
}

func newAlarm() *alarm { return &alarm{raised: make(chan struct{})} }

func (a *alarm) raise(reason error) {
	a.once.Do(func() {
		a.reason = reason
		close(a.raised)
	})
}

func (a *alarm) Trouble() <-chan struct{} { return a.raised }

// Cause is asked for once trouble is closed.
func (a *alarm) Cause() error { return a.reason }
