// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package cli is the command line: it parses, calls one function and prints.
//
// Results go to standard output, messages to standard error. A command that
// reads takes -o table, json or yaml; json and yaml are the API's answers and
// carry its schema_version. Nothing is coloured. Exit codes: 0 done, 1 an error,
// 2 wrong usage, 3 what was checked is not valid, 4 no server or no permission.
package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
	_ "time/tzdata" // calendar windows need their zones on machines that have none

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/client"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
)

// The exit codes.
const (
	exitDone = iota
	exitError
	exitUsage
	exitInvalid
	exitServer
)

// errInvalid ends a command that has printed what is not valid.
var errInvalid = errors.New("not valid")

// usageError is a mistake in how a command was called.
type usageError struct{ error }

// env is what every command needs.
type env struct {
	out, err io.Writer
	server   string
	token    config.Config // only TokenFile is used
	output   string
	watch    bool
	every    time.Duration
	// called says that the command line was understood: what fails before is
	// wrong usage.
	called bool
}

// Main runs the command line until it is done or interrupted, and returns its
// exit code.
func Main(args []string, out, errOut io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return Run(ctx, args, out, errOut)
}

// Run runs the command line until ctx ends.
func Run(ctx context.Context, args []string, out, errOut io.Writer) int {
	e := &env{out: out, err: errOut}
	root := newRoot(e)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if !e.called {
		err = usageError{err}
	}
	if !errors.Is(err, errInvalid) {
		tell(errOut, "leadline: ", err)
	}
	return exitCode(err)
}

// tell prints each of the errors that were joined, with its hint.
func tell(w io.Writer, before string, err error) {
	for _, e := range unjoined(err) {
		fmt.Fprintln(w, before+e.Error())
		if hint := errs.HintOf(e); hint != "" {
			fmt.Fprintln(w, "  "+hint)
		}
	}
}

// unjoined returns the errors that were joined, and any other alone. What wraps
// several in a text of its own is not taken apart.
func unjoined(err error) (all []error) {
	several, ok := err.(interface{ Unwrap() []error })
	if !ok || errors.Join(several.Unwrap()...).Error() != err.Error() {
		return []error{err}
	}
	for _, e := range several.Unwrap() {
		all = append(all, unjoined(e)...)
	}
	return all
}

func exitCode(err error) int {
	var usage usageError
	switch {
	case errors.Is(err, errInvalid):
		return exitInvalid
	case errors.As(err, &usage):
		return exitUsage
	case errs.KindOf(err) == errs.Unavailable, errs.KindOf(err) == errs.Unauthenticated:
		return exitServer
	}
	return exitError
}

func newRoot(e *env) *cobra.Command {
	root := &cobra.Command{
		Use: "leadline", Short: "Service level objectives from the telemetry that Python applications send",
		SilenceErrors: true, SilenceUsage: true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return e.understood() },
	}
	root.SetOut(e.out)
	root.SetErr(e.err)
	root.AddCommand(newServe(e), newInit(e), newValidate(e), newTest(e), newExport(e), newStatus(e), newExplain(e), newAlerts(e), newSilence(e), newReceivers(e), newOperations(e), newCorrect(e), newBackfill(e), newVersion(e))
	return root
}

// understood refuses what the parser of flags lets through.
func (e *env) understood() error {
	if !slices.Contains([]string{"", "table", "json", "yaml"}, e.output) {
		return fmt.Errorf("output %q: want table, json or yaml", e.output)
	}
	e.called = true
	return nil
}

// taking refuses more or fewer arguments than a command takes, and says how it
// is written.
func taking(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("an argument is missing: write %s", c.UseLine())
		case len(args) > most:
			return fmt.Errorf("the argument %q is one too many: write %s", args[most], c.UseLine())
		}
		return nil
	}
}

// asking adds the flags of a command that asks a server.
func (e *env) asking(c *cobra.Command) *cobra.Command {
	// Whoever has chosen another address for the server in the settings that
	// stand here has said where it is.
	server := cmp.Or(os.Getenv("LEADLINE_SERVER"), "http://"+config.Reach("", os.LookupEnv).UI)
	c.Flags().StringVar(&e.server, "server", server, "address of the server")
	c.Flags().StringVar(&e.token.TokenFile, "token-file", os.Getenv("LEADLINE_TOKEN_FILE"), "file with the server's token")
	return c
}

// printing adds the flag of a command that prints an answer.
func (e *env) printing(c *cobra.Command) *cobra.Command {
	c.Flags().StringVarP(&e.output, "output", "o", "table", "table, json or yaml")
	return c
}

func (e *env) client() (*client.Client, error) {
	token, err := e.token.Token()
	if err != nil {
		return nil, err
	}
	return client.New(e.server, token)
}
