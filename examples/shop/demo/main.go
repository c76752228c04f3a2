// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The demo runs the main job on one machine: a real Python shop sends its
// telemetry to `leadline serve`, a load generator drives the shop and keeps a
// ledger, and at the end the ledger must equal what the API counted.
//
// It owns the life of every process that it starts. The order of the end is
// what makes the last comparison possible: first the load, then the shop, which
// sends its last spans, then the comparison, then the server. However the demo
// ends, no process and no temporary folder stays behind.
//
// Exit codes: 0 the ledger equals the API; 1 something broke; 2 wrong usage;
// 3 the ledger and the API differ.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/leadline/leadline/examples/shop/load"
)

// options are what the user may choose.
type options struct {
	checkout string
	binary   string
	dataDir  string
	protocol string
	ledger   string
	standIn  bool
	forTime  time.Duration
	every    time.Duration
	settle   time.Duration
	rate     float64
	requests int
	seed     uint64
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.binary, "bin", "", "the leadline `binary` (default bin/leadline of the checkout)")
	f.StringVar(&o.dataDir, "data-dir", "", "keep the server's data in this `folder` (default: a temporary one)")
	f.StringVar(&o.protocol, "protocol", "grpc", "how the Python shop sends: grpc or http/protobuf")
	f.StringVar(&o.ledger, "ledger", "", "write the final ledger as JSON to this `file`")
	f.BoolVar(&o.standIn, "stand-in", false, "run the Go stand-in even where Python is at hand")
	f.DurationVar(&o.forTime, "for", 0, "end after this `duration` (default: on Ctrl-C)")
	f.DurationVar(&o.every, "every", 10*time.Second, "show the status each `duration`")
	f.DurationVar(&o.settle, "settle", 30*time.Second, "wait at the end up to this `duration` for the API to agree")
	f.Float64Var(&o.rate, "rate", 40, "mean requests a `second`")
	f.IntVar(&o.requests, "requests", 0, "end after so many `requests`")
	f.Uint64Var(&o.seed, "seed", 1, "`seed` of the load")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	case o.protocol != "grpc" && o.protocol != "http/protobuf":
		return o, fmt.Errorf("protocol %q: want grpc or http/protobuf", o.protocol)
	case o.every < time.Second:
		return o, fmt.Errorf("every %v: want at least 1s", o.every)
	}
	return o, o.locate()
}

// locate finds the checkout and the binary in it.
func (o *options) locate() error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the checkout: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "examples", "shop", "services", "shop.yaml")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return errors.New("find the checkout: run the demo inside of it")
		}
		dir = filepath.Dir(dir)
	}
	o.checkout = dir
	if o.binary == "" {
		o.binary = filepath.Join(dir, "bin", "leadline")
	}
	if _, err := os.Stat(o.binary); err != nil {
		return fmt.Errorf("find the server: %w; build it with `make build`", err)
	}
	return nil
}

// Exit codes.
const (
	exitEqual = iota
	exitBroken
	exitUsage
	exitDiffer
)

var errDiffer = errors.New("the ledger and the API differ")

func main() { os.Exit(realMain()) }

func realMain() int {
	o, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitEqual
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		return exitUsage
	}
	soft, hard, release := interrupts()
	defer release()
	d := &demo{options: o, out: os.Stdout, crew: newCrew()}
	// The deferred call runs on a panic of this goroutine too; the others
	// cannot panic without ending us, and then the kernel ends the children.
	defer d.end()
	switch err := d.run(soft, hard); {
	case errors.Is(err, errDiffer):
		return exitDiffer
	case err != nil:
		fmt.Fprintln(os.Stderr, "demo:", err)
		return exitBroken
	}
	return exitEqual
}

// interrupts returns two contexts: the first signal ends soft, which stops the
// load and lets the rest come to its end; a second one ends hard as well.
func interrupts() (soft, hard context.Context, release func()) {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	hard, stopHard := context.WithCancel(context.Background())
	soft, stopSoft := context.WithCancel(hard)
	go func() {
		for _, stop := range []func(){stopSoft, stopHard} {
			select {
			case <-signals:
				stop()
			case <-hard.Done():
				return
			}
		}
	}()
	return soft, hard, func() { signal.Stop(signals); stopHard() }
}

// config is the load that the options ask for.
func (o options) config(storefront string) load.Config {
	c := load.DefaultConfig(storefront)
	c.Rate, c.Requests, c.Seed = o.rate, o.requests, o.seed
	return c
}
