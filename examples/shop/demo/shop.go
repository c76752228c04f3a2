// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// How the shop's telemetry names it; the service files say the same.
const (
	serviceName      = "shop-api"
	paymentsName     = "shop-payments"
	workerName       = "shop-worker"
	serviceNamespace = "shop"
	serviceVersion   = "1.4.2"
	environment      = "production"
)

// Faults that can be switched while the shop runs. A bad deploy is none of
// them: that is a release.
const (
	faultSlowDB          = "slow-db"          // every use of the database waits
	faultProviderTimeout = "provider-timeout" // the card company does not answer
	faultStuckQueue      = "stuck-queue"      // the worker hangs, checkouts go on
	faultSilence         = "silence"          // everything serves, no telemetry arrives
)

// shop is the running shop, in Python or its stand-in.
type shop interface {
	// url is where the storefront of the current release serves.
	url() string
	// trouble is closed when the shop cannot go on; cause says why.
	trouble() <-chan struct{}
	cause() error
	// release rolls a version of the storefront out without losing a request:
	// it starts beside the old one, the load moves over when it is healthy, and
	// the old one ends, its last spans sent. Of a bad release every second
	// checkout fails. When it cannot be rolled out, the old one serves on.
	release(ctx context.Context, version string, bad bool) error
	// fault switches one of the faults above. The shop obeys at once; switching
	// twice is harmless.
	fault(name string, on bool) error
	// stop ends the shop when the load has ended: it switches all faults off,
	// lets the queue run empty, and has the last spans sent.
	stop(ctx context.Context) error
}

// shopConfig is what either shop is started with.
type shopConfig struct {
	checkout string
	data     string // where database, queue and the switches of faults go
	otlp     endpoints
	protocol string // of the Python exporters: grpc or http/protobuf
	version  string // of the first release
	// moved is told the address of a new release. It returns when no request is
	// on its way to the old one.
	moved func(ctx context.Context, url string) error
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

// release is a storefront of one version.
type release interface {
	address() string
	// end lets it finish its requests and send its last spans.
	end(ctx context.Context) error
}

func newStage(cfg shopConfig) (*stage, error) {
	s := &stage{alarm: newAlarm(), moved: cfg.moved, switches: filepath.Join(cfg.data, "faults")}
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

func (s *stage) url() string {
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
	if err := s.moved(ctx, fresh.address()); err != nil {
		return fmt.Errorf("move customers to %s: %w", version, err)
	}
	if err := old.end(ctx); err != nil {
		return fmt.Errorf("end what %s replaces: %w", version, err)
	}
	return nil
}

func (s *stage) fault(name string, on bool) error {
	switch {
	case name == faultSilence:
		return s.silence(on)
	case !slices.Contains([]string{faultSlowDB, faultProviderTimeout, faultStuckQueue}, name):
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
	for _, name := range []string{faultSlowDB, faultProviderTimeout, faultStuckQueue, faultSilence} {
		failed = append(failed, s.fault(name, false))
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

func (a *alarm) trouble() <-chan struct{} { return a.raised }

// cause is asked for once trouble is closed.
func (a *alarm) cause() error { return a.reason }
