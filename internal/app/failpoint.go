// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build leadlinetest

package app

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
)

// What the crash tests set in the environment of a process that is built for
// them. It is read once, at the start.
const (
	// failpointVariable makes the process kill itself at its n-th operation on
	// the files of the intake log, the cursors and the series store, or at the
	// first that begins with this text; or, as SERVICE#N, where
	// deliveryFailpoint says. Until then it says each on its standard error.
	failpointVariable = "LEADLINE_TEST_KILL_AT"
	// graceVariable closes minutes earlier, so that a test lives to see it.
	graceVariable = "LEADLINE_TEST_GRACE"
	// holdVariable names a file; as long as it is there no minute closes,
	// however long a busy machine takes to bring what the test sends.
	holdVariable = "LEADLINE_TEST_HOLD"
	// everyVariable is how often objectives are evaluated.
	everyVariable = "LEADLINE_TEST_EVERY"
)

// failpoint counts operations on files and ends the process at one of them.
type failpoint struct {
	at string
	n  atomic.Int64

	delivery *deliveryFailpoint // instead, if it is set
}

// newFailpoint returns the one that is set, or nil.
func newFailpoint() *failpoint {
	at := os.Getenv(failpointVariable)
	if at == "" {
		return nil
	}
	if d := newDeliveryFailpoint(at); d != nil {
		return &failpoint{delivery: d}
	}
	return &failpoint{at: at}
}

func (f *failpoint) pass(op, name string) {
	what := op + " " + name
	if n := f.n.Add(1); strconv.FormatInt(n, 10) != f.at && !strings.HasPrefix(what, f.at) {
		fmt.Fprintln(os.Stderr, "passed:", what)
		return
	}
	die(what)
}

func die(what string) {
	fmt.Fprintln(os.Stderr, "failpoint:", what)
	syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // the signal may take a moment
}

// files returns the files with the failpoint.
func (f *failpoint) files(fs intakelog.FS) intakelog.FS {
	if f == nil || f.delivery != nil {
		return fs
	}
	return intakelog.WithHook(fs, func(op intakelog.Op, name string) error {
		f.pass(op.String(), name)
		return nil
	})
}

// step returns the failpoint of the series store.
func (f *failpoint) step() func(op, shelf string) {
	if f == nil || f.delivery != nil {
		return nil
	}
	return func(op, shelf string) { f.pass(op, "series/"+shelf) }
}

// held returns the clock, whose monotonic time stands still while the file of
// holdVariable is there.
func held(c ingest.Clock) ingest.Clock {
	if file := os.Getenv(holdVariable); file != "" {
		return &heldClock{Clock: c, file: file}
	}
	return c
}

type heldClock struct {
	ingest.Clock
	file string

	mu     sync.Mutex
	behind time.Duration // by so much is it behind the clock
	last   time.Duration
}

// Elapsed implements ingest.Clock.
func (c *heldClock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.Clock.Elapsed()
	if _, err := os.Stat(c.file); err == nil {
		c.behind = now - c.last
	}
	c.last = now - c.behind
	return c.last
}

// evaluationEvery returns how often objectives are evaluated, usually so.
func evaluationEvery(usual time.Duration) time.Duration {
	if d, err := time.ParseDuration(os.Getenv(everyVariable)); err == nil {
		return d
	}
	return usual
}

// intakeConfig returns the limits of intake.
func intakeConfig() ingest.Config {
	c := ingest.DefaultConfig()
	if d, err := time.ParseDuration(os.Getenv(graceVariable)); err == nil {
		c.Grace = d
	}
	return c
}
