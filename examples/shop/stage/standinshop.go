// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/standin"
)

// standInShop serves the shop from this process.
type standInShop struct {
	*stage
	endpoint string

	worker *standin.Worker
	behind *sender // of the worker's spans
	halt   context.CancelFunc
}

// standInRelease is a storefront of one version, and what sends its spans.
type standInRelease struct {
	url   string
	web   *http.Server
	spans *sender
}

// sender runs an exporter.
type sender struct {
	exporter *standin.Exporter
	halt     context.CancelFunc
	halted   chan error
}

func StartStandIn(cfg Config) (Shop, error) {
	stage, err := newStage(cfg)
	if err != nil {
		return nil, err
	}
	s := &standInShop{stage: stage}
	if s.endpoint, err = stage.way(cfg.OTLP.HTTP); err != nil {
		return nil, err
	}
	s.behind = s.send(resource(Worker, Version))
	s.worker = standin.NewWorker(s.behind.exporter, standin.Switches(s.switches))
	var working context.Context
	working, s.halt = context.WithCancel(context.Background())
	go s.worker.Run(working)
	first, err := s.open(cfg.Version, false)
	if err != nil {
		return nil, err
	}
	s.replace(first)
	return s, nil
}

func (s *standInShop) Release(ctx context.Context, version string, bad bool) error {
	return s.rollOut(ctx, version, func() (release, error) { return s.open(version, bad) })
}

func (s *standInShop) Stop(ctx context.Context) error {
	failed := []error{s.allFaultsOff(), s.current.end(ctx), s.worker.Drain(ctx)}
	s.halt()
	return errors.Join(append(failed, s.behind.end(ctx))...)
}

// open serves a release.
func (s *standInShop) open(version string, bad bool) (release, error) {
	listener, err := crew.Listen(8000)
	if err != nil {
		return nil, fmt.Errorf("listen for the stand-in: %w", err)
	}
	r := &standInRelease{url: "http://" + listener.Addr().String(), spans: s.send(resource(Storefront, version), resource(Payments, Version))}
	r.web = &http.Server{
		Handler: standin.New(standin.Config{
			Exporter: r.spans.exporter, Worker: s.worker, Switches: standin.Switches(s.switches), Bad: bad,
		}),
		ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 75 * time.Second,
	}
	go r.web.Serve(listener) // returns when end closes it
	return r, nil
}

func (r *standInRelease) address() string { return r.url }

func (r *standInRelease) end(ctx context.Context) error {
	return errors.Join(r.web.Shutdown(ctx), r.spans.end(ctx))
}

func resource(service, version string) standin.Resource {
	return standin.Resource{Service: service, Namespace: Namespace, Version: version, Environment: Environment}
}

// send starts an exporter of these services' spans.
func (s *standInShop) send(services ...standin.Resource) *sender {
	e := &sender{exporter: standin.NewExporter(&http.Client{}, s.endpoint, services...), halted: make(chan error, 1)}
	var sending context.Context
	sending, e.halt = context.WithCancel(context.Background())
	go func() {
		err := e.exporter.Run(sending)
		if err != nil {
			s.raise(fmt.Errorf("send the stand-in's spans: %w", err))
		}
		e.halted <- err
	}()
	return e
}

// end sends what is left.
func (e *sender) end(ctx context.Context) error {
	e.halt()
	return errors.Join(<-e.halted, e.exporter.Flush(ctx))
}
