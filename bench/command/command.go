// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package command runs a benchmark as a program: bounded in time, stopped by
// Ctrl-C, with its error on standard error and exit code 1.
package command

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Main runs the benchmark of that name and does not return when it fails.
func Main(name string, limit time.Duration, run func(context.Context) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeout(ctx, limit)
	err := run(ctx)
	cancel()
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		os.Exit(1)
	}
}
