// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/leadline/leadline/examples/shop/standin"
)

// standInShop serves the shop from this process.
type standInShop struct {
	*alarm
	cfg   shopConfig
	relay *relay

	mu      sync.Mutex
	current *standInRelease
}

// standInRelease is a storefront of one version, and what sends its spans.
type standInRelease struct {
	url      string
	web      *http.Server
	exporter *standin.Exporter
	halt     context.CancelFunc // of the exporter
	halted   chan error
}

func startStandIn(cfg shopConfig) (shop, error) {
	relay, err := newRelay(strings.TrimPrefix(cfg.otlp.http, "http://"))
	if err != nil {
		return nil, err
	}
	s := &standInShop{alarm: newAlarm(), cfg: cfg, relay: relay}
	s.current, err = s.open(cfg.version, false)
	return s, err
}

func (s *standInShop) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.url
}

func (s *standInShop) release(ctx context.Context, version string, bad bool) error {
	fresh, err := s.open(version, bad)
	if err != nil {
		return fmt.Errorf("roll out %s: %w", version, err)
	}
	if err := s.cfg.moved(ctx, fresh.url); err != nil {
		return fmt.Errorf("move customers to %s: %w", version, err)
	}
	s.mu.Lock()
	old := s.current
	s.current = fresh
	s.mu.Unlock()
	return old.end(ctx)
}

func (s *standInShop) fault(name string, on bool) error {
	if name != faultSilence {
		return unknownFault(name)
	}
	if on {
		s.relay.cut()
		return nil
	}
	return s.relay.mend()
}

func (s *standInShop) stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.end(ctx)
}

// open serves a release.
func (s *standInShop) open(version string, bad bool) (*standInRelease, error) {
	address, err := freeAddress(8000)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the stand-in: %w", err)
	}
	exporter := standin.NewExporter(&http.Client{}, "http://"+s.relay.address, standin.Resource{
		Service: serviceName, Namespace: serviceNamespace, Version: version, Environment: environment,
	})
	r := &standInRelease{
		url: "http://" + listener.Addr().String(), exporter: exporter, halted: make(chan error, 1),
		web: &http.Server{Handler: standin.New(exporter, bad), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 75 * time.Second},
	}
	go r.web.Serve(listener) // returns when end closes it
	var sending context.Context
	sending, r.halt = context.WithCancel(context.Background())
	go func() {
		err := exporter.Run(sending)
		if err != nil {
			s.raise(fmt.Errorf("send the stand-in's spans: %w", err))
		}
		r.halted <- err
	}()
	return r, nil
}

// end finishes the requests and sends the last spans.
func (r *standInRelease) end(ctx context.Context) error {
	closed := r.web.Shutdown(ctx)
	r.halt()
	return errors.Join(closed, <-r.halted, r.exporter.Flush(ctx))
}
