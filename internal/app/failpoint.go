// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build leadlinetest

package app

import (
	"fmt"
	"os"
	"strconv"
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
	// the files of the intake log and the cursors.
	failpointVariable = "LEADLINE_TEST_KILL_AT"
	// graceVariable closes minutes earlier, so that a test lives to see it.
	graceVariable = "LEADLINE_TEST_GRACE"
)

// hooked returns the files, with the failpoint if one is set.
func hooked(files intakelog.FS) intakelog.FS {
	at, err := strconv.ParseInt(os.Getenv(failpointVariable), 10, 64)
	if err != nil || at <= 0 {
		return files
	}
	var n atomic.Int64
	return intakelog.WithHook(files, func(op intakelog.Op, name string) error {
		if n.Add(1) == at {
			fmt.Fprintln(os.Stderr, "failpoint:", op, name)
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // the signal may take a moment
		}
		return nil
	})
}

// intakeConfig returns the limits of intake.
func intakeConfig() ingest.Config {
	c := ingest.DefaultConfig()
	if d, err := time.ParseDuration(os.Getenv(graceVariable)); err == nil {
		c.Grace = d
	}
	return c
}
