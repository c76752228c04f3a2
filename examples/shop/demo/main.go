// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The demo tells a story on one machine: a real Python shop sends its telemetry
// to `leadline serve`, customers buy, something goes wrong, the page comes,
// somebody mends it, and the alert ends. At its end the ledger of the customers
// must equal what the API counted.
//
// It owns the life of every process that it starts. The order of the end is
// what makes the last comparison possible: first the load, then the shop, which
// sends its last spans, then the comparison, then the server. However the demo
// ends, no process and no temporary folder stays behind.
//
// Here is what wires the parts: crew holds the processes, stage the shop, load its
// customers, server what is measured of them, story what happens and is said,
// desk what the person on call has, screen what is shown, and verdict the last
// comparison.
//
// Exit codes: 0 the ledger equals the API; 1 something broke, or the story did
// not come to its end; 2 wrong usage; 3 the ledger and the API differ.
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
	"strings"
	"syscall"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/screen"
	"github.com/leadline/leadline/examples/shop/story"
)

// options are what the user may choose.
type options struct {
	checkout string
	services string // folder of service files
	binary   string
	dataDir  string
	protocol string
	ledger   string
	scenario story.Scenario
	standIn  bool
	auto     bool
	keep     bool
	open     bool
	forTime  time.Duration
	rate     float64
	mishaps  float64
	requests int
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	name := f.String("scenario", "bad-deploy", "the `story` to tell: "+strings.Join(story.Names(), ", "))
	f.BoolVar(&o.auto, "auto", false, "mend at once what goes wrong, without waiting for you")
	f.BoolVar(&o.keep, "keep", false, "keep the data and the service files")
	f.BoolVar(&o.open, "open", false, "open a browser")
	f.StringVar(&o.binary, "bin", "", "the leadline `binary` (default bin/leadline of the checkout)")
	f.StringVar(&o.dataDir, "data-dir", "", "keep the server's data in this `folder` (default: a temporary one)")
	f.StringVar(&o.protocol, "protocol", "http/protobuf", "how the Python shop sends: grpc or http/protobuf")
	f.StringVar(&o.ledger, "ledger", "", "write the final ledger as JSON to this `file`")
	f.BoolVar(&o.standIn, "stand-in", false, "run the Go stand-in even where Python is at hand")
	f.DurationVar(&o.forTime, "for", 0, "end after this `duration` of traffic (default: on Ctrl-C)")
	f.Float64Var(&o.rate, "rate", 30, "mean requests a `second`")
	f.Float64Var(&o.mishaps, "mishaps", 1, "how many `times` the failures of a usual day customers meet")
	f.IntVar(&o.requests, "requests", 0, "end after so many `requests`")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	var err error
	if o.scenario, err = story.Named(*name); err != nil {
		return o, err
	}
	switch {
	case f.NArg() > 0:
		return o, fmt.Errorf("unknown argument %q", f.Arg(0))
	case o.protocol != "grpc" && o.protocol != "http/protobuf":
		return o, fmt.Errorf("protocol %q: want grpc or http/protobuf", o.protocol)
	}
	if err := o.absolute(); err != nil {
		return o, err
	}
	return o, o.locate()
}

// absolute makes paths such that the server, which runs in a folder of its own,
// reads them as they were meant.
func (o *options) absolute() error {
	for _, path := range []*string{&o.dataDir, &o.binary} {
		if *path == "" {
			continue
		}
		full, err := filepath.Abs(*path)
		if err != nil {
			return fmt.Errorf("find %s: %w", *path, err)
		}
		*path = full
	}
	return nil
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
	o.checkout, o.services = dir, filepath.Join(dir, "examples", "shop", "services")
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
	d := &demo{options: o, in: os.Stdin, screen: screen.New(os.Stdout, os.Getenv), crew: crew.New()}
	// The deferred call runs on a panic of this goroutine too; the others
	// cannot panic without ending us, and then the kernel ends the children.
	defer d.end(hard)
	switch err := d.run(soft, hard); {
	case errors.Is(err, errDiffer):
		return exitDiffer
	case err != nil:
		d.screen.Under(time.Now())
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
