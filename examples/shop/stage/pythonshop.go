// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/venv"
)

// Limits of the shop's start and of what it has to do at its end.
const (
	shopStartLimit = 60 * time.Second
	queueLimit     = 2 * time.Minute
)

// pythonShop is the real shop under zero-code instrumentation: storefront,
// payments, worker, and a stub of everybody whom they call.
type pythonShop struct {
	*stage
	cfg  Config
	env  venv.Env
	crew *crew.Crew

	// Where exporters send. The worker's speaks HTTP always: a gRPC channel that
	// was made before the pool forked can hang its processes.
	endpoint, httpEndpoint string

	outside, payments, worker *member
}

// member is one of the shop's processes, with its own.
type member struct {
	url     string
	process *crew.Process
	once    sync.Once
	leaving chan struct{} // closed when it is meant to end
}

func (m *member) address() string { return m.url }

func (m *member) end(ctx context.Context) error {
	m.once.Do(func() { close(m.leaving) })
	m.process.End(ctx)
	return nil
}

// StartPython starts everything and returns when the shop is open.
func StartPython(ctx context.Context, c *crew.Crew, env venv.Env, cfg Config) (Shop, error) {
	stage, err := newStage(cfg)
	if err != nil {
		return nil, err
	}
	s := &pythonShop{stage: stage, cfg: cfg, env: env, crew: c}
	if s.httpEndpoint, err = stage.way(cfg.OTLP.HTTP); err != nil {
		return nil, err
	}
	s.endpoint = s.httpEndpoint
	if cfg.Protocol == "grpc" {
		if s.endpoint, err = stage.way(cfg.OTLP.GRPC); err != nil {
			return nil, err
		}
	}
	return s, s.open(ctx)
}

// open starts the processes side by side: each takes a second or more to
// import what it needs, and none needs another before it is asked something.
func (s *pythonShop) open(ctx context.Context) (err error) {
	if err := os.MkdirAll(filepath.Join(s.cfg.Data, "queue"), 0o755); err != nil {
		return fmt.Errorf("make the queue: %w", err)
	}
	if s.outside, err = s.startOutside(); err != nil {
		return err
	}
	if s.payments, err = s.startPayments(); err != nil {
		return err
	}
	storefront, err := s.startStorefront(s.cfg.Version, false)
	if err != nil {
		return err
	}
	s.replace(storefront)
	if s.worker, err = s.startWorker(); err != nil {
		return err
	}
	for _, m := range []*member{s.outside, s.payments, storefront} {
		if err := m.healthy(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *pythonShop) Release(ctx context.Context, version string, bad bool) error {
	return s.rollOut(ctx, version, func() (release, error) {
		m, err := s.startStorefront(version, bad)
		if err != nil {
			return nil, err
		}
		if err := m.healthy(ctx); err != nil {
			return nil, errors.Join(err, m.end(ctx))
		}
		return m, nil
	})
}

func (s *pythonShop) Stop(ctx context.Context) error {
	failed := []error{s.allFaultsOff(), s.current.end(ctx), s.awaitFollowUps(ctx)}
	var ending sync.WaitGroup
	for _, m := range []*member{s.worker, s.payments, s.outside} {
		ending.Go(func() { m.end(ctx) })
	}
	ending.Wait()
	return errors.Join(failed...)
}

// awaitFollowUps waits until the worker has done what there is to do about
// every order. The shop's own database says so, not its telemetry.
func (s *pythonShop) awaitFollowUps(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, queueLimit)
	defer cancel()
	db, err := sql.Open("sqlite", "file:"+s.database()+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return fmt.Errorf("open the orders: %w", err)
	}
	defer db.Close()
	for {
		var open int
		err := db.QueryRowContext(ctx, "SELECT count(*) FROM orders WHERE NOT (shipped AND confirmed)").Scan(&open)
		if err == nil && open == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the worker: %d orders are open: %w", open, errors.Join(ctx.Err(), err))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *pythonShop) database() string { return filepath.Join(s.cfg.Data, "shop.db") }

// start starts a process of the shop from its folder.
func (s *pythonShop) start(url string, cmd crew.Command) (*member, error) {
	cmd.Dir = filepath.Join(s.cfg.Checkout, "examples", "shop")
	cmd.Env = slices.Concat(inherited(), []string{
		"SHOP_FAULTS=" + s.switches, "SHOP_DATABASE=" + s.database(), "SHOP_QUEUE=" + filepath.Join(s.cfg.Data, "queue"),
	}, cmd.Env)
	p, err := s.crew.Start(cmd)
	if err != nil {
		return nil, err
	}
	m := &member{url: url, process: p, leaving: make(chan struct{})}
	go s.watch(m)
	return m, nil
}

// watch raises the alarm when a process ends that should not.
func (s *pythonShop) watch(m *member) {
	<-m.process.Done
	select {
	case <-m.leaving:
	default:
		s.raise(m.process.Ended())
	}
}

func (m *member) healthy(ctx context.Context) error {
	return m.process.Answers(ctx, m.url+"/healthz", shopStartLimit)
}

func (s *pythonShop) startOutside() (*member, error) {
	address, err := crew.FreeAddress(0)
	if err != nil {
		return nil, err
	}
	_, port, _ := strings.Cut(address, ":")
	return s.start("http://"+address, crew.Command{
		Name: "outside", Argv: []string{s.env.Program("python"), "-m", "shop.outside", "--port", port},
	})
}

func (s *pythonShop) startPayments() (*member, error) {
	env := append(s.telemetry(Payments, Version, s.endpoint, s.cfg.Protocol), "SHOP_PROXY="+s.outside.url)
	return s.startGunicorn("payments", 0, env)
}

func (s *pythonShop) startStorefront(version string, bad bool) (*member, error) {
	env := append(s.telemetry(Storefront, version, s.endpoint, s.cfg.Protocol), "SHOP_PAYMENTS_PROXY="+s.payments.url)
	if bad {
		env = append(env, "SHOP_BAD_RELEASE=1")
	}
	return s.startGunicorn("storefront", 8000, env)
}

// startGunicorn starts the application whose settings have this name. It gets
// a socket that listens already, so whoever answers there is this process and
// nobody else, and whoever asks early waits and is not refused.
func (s *pythonShop) startGunicorn(name string, port int, env []string) (*member, error) {
	listener, err := crew.Listen(port)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	socket, err := listener.File()
	if err != nil {
		return nil, fmt.Errorf("hand a socket to %s: %w", name, err)
	}
	defer socket.Close()
	return s.start("http://"+listener.Addr().String(), crew.Command{
		Name: name, Env: env, Socket: socket,
		Argv: []string{s.env.Program("opentelemetry-instrument"), s.env.Program("gunicorn"),
			"-c", name + ".conf.py", "-b", fmt.Sprintf("fd://%d", crew.SocketNumber)},
	})
}

func (s *pythonShop) startWorker() (*member, error) {
	env := append(s.telemetry(Worker, Version, s.httpEndpoint, "http/protobuf"), "SHOP_PROXY="+s.outside.url)
	return s.start("", crew.Command{
		Name: "worker", Env: env,
		Argv: []string{s.env.Program("opentelemetry-instrument"), s.env.Program("celery"),
			"-A", "shop.tasks", "worker", "-P", "prefork", "-c", "2", "-l", "INFO", "--without-gossip", "--without-mingle", "--without-heartbeat"},
	})
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
func (s *pythonShop) telemetry(service, version, endpoint, protocol string) []string {
	return []string{
		"OTEL_SERVICE_NAME=" + service,
		fmt.Sprintf("OTEL_RESOURCE_ATTRIBUTES=service.namespace=%s,service.version=%s,deployment.environment.name=%s",
			Namespace, version, Environment),
		"OTEL_EXPORTER_OTLP_ENDPOINT=" + endpoint,
		"OTEL_EXPORTER_OTLP_PROTOCOL=" + protocol,
		// Sent each second instead of every five, for somebody is watching.
		"OTEL_BSP_SCHEDULE_DELAY=1000",
		// A longer queue and more patience than the defaults (2048 spans, 10 s):
		// with those the exporter itself drops spans in an outage of 30 s.
		"OTEL_BSP_MAX_QUEUE_SIZE=65536",
		"OTEL_EXPORTER_OTLP_TIMEOUT=60",
		"OTEL_METRIC_EXPORT_INTERVAL=15000",
	}
}
