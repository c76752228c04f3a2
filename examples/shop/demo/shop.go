// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
)

// How the shop's telemetry names it; the service files say the same.
const (
	serviceName      = "shop-api"
	serviceNamespace = "shop"
	serviceVersion   = "1.4.2"
	environment      = "production"
)

// Faults that can be switched while the shop runs. A bad deploy is none of
// them: that is a release.
const (
	faultSlowDB          = "slow-db"          // every query waits
	faultProviderTimeout = "provider-timeout" // the card company does not answer
	faultStuckQueue      = "stuck-queue"      // the worker's processes hang, checkouts go on
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
	// fault switches one of the faults above.
	fault(name string, on bool) error
	// stop lets the queue run empty and ends the shop, its last spans sent.
	// The load has ended before, and no fault is on.
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

func unknownFault(name string) error { return fmt.Errorf("switch fault %q: no such fault", name) }
