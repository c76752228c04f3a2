// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leadline/leadline/examples/shop/venv"
)

const shopStartLimit = 60 * time.Second

// pythonShop is the real shop under zero-code instrumentation.
type pythonShop struct {
	*alarm
	cfg   shopConfig
	env   venv.Env
	crew  *crew
	relay *relay

	payments string // address of the payments service

	mu      sync.Mutex
	current storefront
}

// storefront is a running release.
type storefront struct {
	url     string
	process *process
	leaving chan struct{} // closed when it is meant to end
}

func startPython(ctx context.Context, c *crew, env venv.Env, cfg shopConfig) (shop, error) {
	endpoint := cfg.otlp.http
	if cfg.protocol == "grpc" {
		endpoint = cfg.otlp.grpc
	}
	relay, err := newRelay(strings.TrimPrefix(endpoint, "http://"))
	if err != nil {
		return nil, err
	}
	s := &pythonShop{alarm: newAlarm(), cfg: cfg, env: env, crew: c, relay: relay}
	payments, err := s.run(ctx, "provider", "shop-payments", cfg.version, 8001, nil)
	if err != nil {
		return nil, err
	}
	s.payments = payments.url
	s.current, err = s.storefront(ctx, cfg.version, false)
	return s, err
}

func (s *pythonShop) url() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current.url
}

func (s *pythonShop) release(ctx context.Context, version string, bad bool) error {
	fresh, err := s.storefront(ctx, version, bad)
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
	old.end()
	return nil
}

func (s *pythonShop) fault(name string, on bool) error {
	if name != faultSilence {
		return unknownFault(name)
	}
	if on {
		s.relay.cut()
		return nil
	}
	return s.relay.mend()
}

func (s *pythonShop) stop(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current.end()
	return nil
}

// storefront starts a release and waits until it serves.
func (s *pythonShop) storefront(ctx context.Context, version string, bad bool) (storefront, error) {
	settings := []string{"SHOP_FAULTS=1", "SHOP_PAYMENTS_URL=" + s.payments, "SHOP_DATABASE=" + filepath.Join(s.cfg.data, "shop.db")}
	if bad {
		settings = append(settings, "SHOP_BAD_RELEASE=1")
	}
	return s.run(ctx, "storefront", serviceName, version, 8000, settings)
}

// run starts one of the applications and waits until it serves.
func (s *pythonShop) run(ctx context.Context, app, service, version string, port int, env []string) (storefront, error) {
	address, err := freeAddress(port)
	if err != nil {
		return storefront{}, err
	}
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return storefront{}, fmt.Errorf("split address %q: %w", address, err)
	}
	p, err := s.crew.start(command{
		name: app, dir: filepath.Join(s.cfg.checkout, "examples", "shop"),
		argv: []string{s.env.Program("opentelemetry-instrument"), s.env.Program("python"),
			"-m", "shop", app, "--host", host, "--port", portText},
		env: slices.Concat(inherited(), s.telemetry(service, version), env),
	})
	if err != nil {
		return storefront{}, err
	}
	f := storefront{url: "http://" + address, process: p, leaving: make(chan struct{})}
	go s.watch(f)
	return f, server{f.url, http.DefaultClient}.waitFor(ctx, "/healthz", p, shopStartLimit)
}

// watch raises the alarm when a process ends that should not.
func (s *pythonShop) watch(f storefront) {
	<-f.process.done
	select {
	case <-f.leaving:
	default:
		s.raise(f.process.ended())
	}
}

// end ends a release; it finishes its requests and sends its last spans.
func (f storefront) end() {
	close(f.leaving)
	f.process.end(endGrace)
}

// inherited is our environment without the settings that would send the shop's
// telemetry elsewhere, or its calls to a proxy.
func inherited() []string {
	kept := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "OTEL_") || strings.HasPrefix(v, "SHOP_") || strings.HasPrefix(v, "PYTHON")
	})
	return append(kept, "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1", "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
}

// telemetry is all that a team sets for a zero-code application.
func (s *pythonShop) telemetry(service, version string) []string {
	return []string{
		"OTEL_SERVICE_NAME=" + service,
		fmt.Sprintf("OTEL_RESOURCE_ATTRIBUTES=service.namespace=%s,service.version=%s,deployment.environment.name=%s",
			serviceNamespace, version, environment),
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + s.relay.address,
		"OTEL_EXPORTER_OTLP_PROTOCOL=" + s.cfg.protocol,
		// Sent each second instead of every five, for somebody is watching.
		"OTEL_BSP_SCHEDULE_DELAY=1000",
		// A longer queue and more patience than the defaults (2048 spans, 10 s):
		// with those the exporter itself drops spans in an outage of 30 s.
		"OTEL_BSP_MAX_QUEUE_SIZE=65536",
		"OTEL_EXPORTER_OTLP_TIMEOUT=60",
		"OTEL_METRIC_EXPORT_INTERVAL=15000",
	}
}
