// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package target starts the servers that are measured, each as a process of
// its own on loopback ports that were free, and reads from the kernel what
// they cost. It runs on Linux only.
//
// A process ends by its own id and nothing else: Stop asks with SIGTERM and
// kills after stopTimeout. Whoever starts one must stop it.
package target

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/leadline/leadline/bench/load"
)

const (
	startTimeout = 30 * time.Second
	stopTimeout  = 15 * time.Second
	pollInterval = 2 * time.Millisecond
)

// Process is a running server.
type Process struct {
	Name string
	// OTLP is where it takes telemetry.
	OTLP load.Endpoint
	// API is the host:port of Leadline's API, empty for others.
	API string

	cmd    *exec.Cmd
	log    *os.File
	exited chan struct{}
	err    error // of the exit, once exited is closed
}

// Leadline says how to start `leadline serve`.
type Leadline struct {
	Binary   string
	Services string
	DataDir  string
}

// Start starts Leadline and waits until it says that it is ready.
func (l Leadline) Start(ctx context.Context) (*Process, error) {
	p, err := l.Launch()
	if err != nil {
		return nil, err
	}
	return p.orStop(p.await(ctx, p.ready))
}

// Launch starts Leadline and does not wait for anything.
func (l Leadline) Launch() (*Process, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	p := &Process{Name: "Leadline", API: ports[0], OTLP: load.Endpoint{GRPC: ports[1], HTTP: ports[2]}}
	p.cmd = exec.Command(l.Binary, "serve",
		"--data-dir", l.DataDir, "--services", l.Services,
		"--listen", p.API, "--otlp-grpc", p.OTLP.GRPC, "--otlp-http", p.OTLP.HTTP)
	return p, p.launch()
}

// Collector says how to start the OpenTelemetry Collector.
type Collector struct {
	Binary string
	Config string
	// Env adds to the environment what the configuration reads, as KEY=value.
	Env []string
}

// Start starts the Collector and waits until both receivers listen.
func (c Collector) Start(ctx context.Context) (*Process, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	p := &Process{Name: "Collector", OTLP: load.Endpoint{GRPC: ports[0], HTTP: ports[1]}}
	p.cmd = exec.Command(c.Binary, "--config", c.Config)
	p.cmd.Env = append(os.Environ(),
		"COLLECTOR_OTLP_GRPC="+p.OTLP.GRPC, "COLLECTOR_OTLP_HTTP="+p.OTLP.HTTP)
	p.cmd.Env = append(p.cmd.Env, c.Env...)
	if err := p.launch(); err != nil {
		return nil, err
	}
	return p.orStop(p.await(ctx, func(ctx context.Context) bool {
		return listens(ctx, p.OTLP.GRPC) && listens(ctx, p.OTLP.HTTP)
	}))
}

// launch starts the command in a process group of its own, so that Ctrl-C
// reaches us first and we stop it in order.
func (p *Process) launch() error {
	log, err := os.CreateTemp("", "leadline-bench-*.log")
	if err != nil {
		return fmt.Errorf("start %s: %w", p.Name, err)
	}
	p.log = log
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start %s: %w", p.Name, err), p.discardLog())
	}
	p.exited = make(chan struct{})
	go func() {
		p.err = p.cmd.Wait()
		close(p.exited)
	}()
	return nil
}

// orStop returns the process, or stops it and returns why it is not ready.
func (p *Process) orStop(err error) (*Process, error) {
	if err == nil {
		return p, nil
	}
	return nil, errors.Join(err, p.Stop())
}

// await polls until the check holds, the process ends or time is up.
func (p *Process) await(ctx context.Context, check func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for !check(ctx) {
		select {
		case <-tick.C:
		case <-p.exited:
			return fmt.Errorf("start %s: exited: %w\n%s", p.Name, p.err, p.logTail())
		case <-ctx.Done():
			return fmt.Errorf("start %s: %w\n%s", p.Name, ctx.Err(), p.logTail())
		}
	}
	return nil
}

func (p *Process) ready(ctx context.Context) bool {
	if !listens(ctx, p.OTLP.GRPC) || !listens(ctx, p.OTLP.HTTP) {
		return false
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.API+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// PID returns the id of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Exited returns a channel that is closed when the process has ended.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Kill ends the process as a power cut would.
func (p *Process) Kill() error {
	if err := p.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill %s: %w", p.Name, err)
	}
	<-p.exited
	return p.discardLog()
}

// Stop asks the process to end, and kills it if it does not.
func (p *Process) Stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop %s: %w", p.Name, err)
	}
	select {
	case <-p.exited:
		return p.discardLog()
	case <-time.After(stopTimeout):
		return errors.Join(fmt.Errorf("stop %s: still running after %s", p.Name, stopTimeout), p.Kill())
	}
}

func (p *Process) discardLog() error {
	return errors.Join(p.log.Close(), os.Remove(p.log.Name()))
}

// logTail returns the last lines that the process wrote.
func (p *Process) logTail() []byte {
	all, err := os.ReadFile(p.log.Name())
	if err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSpace(all[max(0, len(all)-2000):])
}

// Tail returns the last lines that the process wrote, for an error message.
func (p *Process) Tail() string { return string(p.logTail()) }

func listens(ctx context.Context, address string) bool {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// freePorts returns loopback addresses that nobody listens on now. Somebody
// else may take one before the server does; then the start fails and says so.
func freePorts(n int) ([]string, error) {
	var addresses []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // keeps the port until all are found, so that they differ
		addresses = append(addresses, l.Addr().String())
	}
	return addresses, nil
}
