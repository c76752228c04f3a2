// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Command peer starts the Collector on free loopback ports, runs a command
// that wants to talk to it, and stops it again:
//
//	peer -config collector/configs/conformance.yaml -- go test ./test/conformance
//
// The command finds the addresses, as a URL and as host:port, in
// LEADLINE_CONFORMANCE_PEER_HTTP and LEADLINE_CONFORMANCE_PEER_GRPC, and its
// exit code becomes ours. Without a command, the addresses are printed as
// lines to be sourced by a shell and the Collector runs until Ctrl-C.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/leadline/leadline/bench/target"
)

// stopDelay is how long an interrupted command may take to end.
const stopDelay = 10 * time.Second

func main() {
	binary := flag.String("collector", "../bin/otelcol", "Collector binary")
	config := flag.String("config", "collector/configs/conformance.yaml", "configuration of the Collector")
	dir := flag.String("in", "", "folder to run the command in")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, target.Collector{Binary: *binary, Config: *config}, *dir, flag.Args())
	stop()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		os.Exit(failed.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, collector target.Collector, dir string, command []string) (err error) {
	p, err := collector.Start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.Stop()) }()
	env := []string{
		"LEADLINE_CONFORMANCE_PEER_HTTP=http://" + p.OTLP.HTTP,
		"LEADLINE_CONFORMANCE_PEER_GRPC=" + p.OTLP.GRPC,
	}
	if len(command) > 0 {
		return runCommand(ctx, dir, env, command)
	}
	for _, line := range env {
		fmt.Println("export", line)
	}
	select {
	case <-ctx.Done():
		return nil
	case <-p.Exited():
		return fmt.Errorf("the Collector ended by itself\n%s", p.Tail())
	}
}

func runCommand(ctx context.Context, dir string, env, command []string) error {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = stopDelay
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}
