// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/examples/shop/standin"
	"github.com/leadline/leadline/examples/shop/venv"
)

// How the shop's telemetry names it; the service file says the same.
const (
	serviceName      = "shop-api"
	serviceNamespace = "shop"
	serviceVersion   = "1.4.2"
	environment      = "production"
)

const shopStartLimit = 60 * time.Second

// shop is the running storefront, whichever of the two it is.
type shop struct {
	url string
	// trouble is closed when the shop cannot go on; cause says why.
	trouble <-chan struct{}
	cause   func() error
	// stop ends the shop, its last spans sent.
	stop func(context.Context) error
}

// pythonShop starts the provider and the storefront under zero-code
// instrumentation.
type pythonShop struct {
	env      venv.Env
	folder   string // examples/shop
	data     string // where the database goes
	endpoint string // OTLP, as the exporters want it
	protocol string // grpc or http/protobuf
	version  string // of the release
}

func (s pythonShop) start(ctx context.Context, c *crew) (shop, error) {
	provider, _, err := s.run(ctx, c, "provider", "shop-payments", 8001, nil)
	if err != nil {
		return shop{}, err
	}
	return s.storefront(ctx, c, provider, "SHOP_FAULTS=1")
}

// storefront starts one with these settings.
func (s pythonShop) storefront(ctx context.Context, c *crew, provider string, settings ...string) (shop, error) {
	settings = append(settings, "SHOP_PAYMENTS_URL="+provider, "SHOP_DATABASE="+filepath.Join(s.data, "shop.db"))
	storefront, p, err := s.run(ctx, c, "storefront", serviceName, 8000, settings)
	if err != nil {
		return shop{}, err
	}
	return shop{
		url: storefront, trouble: p.done, cause: p.ended,
		stop: func(context.Context) error {
			p.end(endGrace)
			return nil
		},
	}, nil
}

// run starts one of the two applications and waits until it serves.
func (s pythonShop) run(ctx context.Context, c *crew, app, service string, port int, env []string) (string, *process, error) {
	address, err := freeAddress(port)
	if err != nil {
		return "", nil, err
	}
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return "", nil, fmt.Errorf("split address %q: %w", address, err)
	}
	p, err := c.start(command{
		name: app, dir: s.folder,
		argv: []string{s.env.Program("opentelemetry-instrument"), s.env.Program("python"),
			"-m", "shop", app, "--host", host, "--port", portText},
		env: slices.Concat(inherited(), s.telemetry(service), env),
	})
	if err != nil {
		return "", nil, err
	}
	url := "http://" + address
	return url, p, server{url, http.DefaultClient}.waitFor(ctx, "/healthz", p, shopStartLimit)
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
func (s pythonShop) telemetry(service string) []string {
	return []string{
		"OTEL_SERVICE_NAME=" + service,
		fmt.Sprintf("OTEL_RESOURCE_ATTRIBUTES=service.namespace=%s,service.version=%s,deployment.environment.name=%s",
			serviceNamespace, s.version, environment),
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + s.endpoint,
		"OTEL_EXPORTER_OTLP_PROTOCOL=" + s.protocol,
		// Sent each second instead of every five, for somebody is watching.
		"OTEL_BSP_SCHEDULE_DELAY=1000",
		// A longer queue and more patience than the defaults (2048 spans, 10 s):
		// with those the exporter itself drops spans in an outage of 30 s.
		"OTEL_BSP_MAX_QUEUE_SIZE=65536",
		"OTEL_EXPORTER_OTLP_TIMEOUT=60",
		"OTEL_METRIC_EXPORT_INTERVAL=15000",
	}
}

// startStandIn serves the shop from this process.
func startStandIn(endpoint string) (shop, error) {
	address, err := freeAddress(8000)
	if err != nil {
		return shop{}, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return shop{}, fmt.Errorf("listen for the stand-in: %w", err)
	}
	exporter := standin.NewExporter(&http.Client{}, endpoint, standin.Resource{
		Service: serviceName, Namespace: serviceNamespace, Version: serviceVersion, Environment: environment,
	})
	web := &http.Server{Handler: standin.New(exporter), ReadHeaderTimeout: 5 * time.Second, IdleTimeout: 75 * time.Second}
	go web.Serve(listener) // returns when stop closes it
	sending, stopSending := context.WithCancel(context.Background())
	ended := make(chan struct{})
	var cause error
	go func() {
		cause = exporter.Run(sending)
		close(ended)
	}()
	return shop{
		url: "http://" + listener.Addr().String(), trouble: ended,
		cause: func() error { return fmt.Errorf("send the stand-in's spans: %w", cause) },
		stop: func(ctx context.Context) error {
			closed := web.Shutdown(ctx)
			stopSending()
			<-ended
			return errors.Join(closed, cause, exporter.Flush(ctx))
		},
	}, nil
}
