// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
)

// backfillFlags are what was asked for.
type backfillFlags struct {
	server   config.Config // of a stopped server
	generate string
	seed     uint64
	rate     float64
	strict   bool
}

func newBackfill(e *env) *cobra.Command {
	var f backfillFlags
	c := &cobra.Command{
		Use: "backfill [FILE | -]", Short: "Take in history that was not measured as it happened", Args: taking(0, 1),
		Long: "Read a recording of OTLP/JSON lines as the file exporter of the OpenTelemetry\nCollector writes it (gzip or not), or make history up with --generate, and\nstore it, marked as back-filled. Minutes that were measured stay as they are.\n\n" +
			"It goes into a running server (--server), or into the data directory of a\nserver that is stopped (--data-dir and --services).",
		Example: "  leadline backfill traces.jsonl\n  leadline backfill --generate 30d --seed 1 --data-dir data --services services",
		RunE: func(c *cobra.Command, args []string) error {
			if err := f.check(c, args); err != nil {
				return usageError{err}
			}
			return e.backfill(c.Context(), f, args)
		},
	}
	c.Flags().StringVar(&f.server.DataDir, "data-dir", "", "data directory of a stopped server")
	c.Flags().StringVar(&f.server.Services, "services", "", "folder of service files, with --data-dir")
	f.server.RetentionFlags(c.Flags())
	c.Flags().StringVar(&f.generate, "generate", "", "make history of this length up, as 30d")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "what decides everything random, with --generate")
	c.Flags().Float64Var(&f.rate, "rate", backfill.DefaultRate, "events a minute of each operation, with --generate")
	c.Flags().BoolVar(&f.strict, "strict", false, "store nothing if a line cannot be read")
	return e.asking(e.printing(c))
}

// check refuses what contradicts itself.
func (f *backfillFlags) check(c *cobra.Command, args []string) error {
	set := c.Flags().Changed
	switch {
	case (f.generate == "") == (len(args) == 0):
		return fmt.Errorf("backfill needs either a recording (FILE, or - for standard input) or --generate")
	case f.generate == "" && (set("seed") || set("rate")):
		return fmt.Errorf("--seed and --rate belong to --generate")
	case f.generate != "" && f.strict:
		return fmt.Errorf("--strict belongs to a recording")
	case f.generate != "" && f.server.DataDir == "" && !set("server"):
		return fmt.Errorf("--generate makes events up, and nothing takes them out again: name where they go with --server or --data-dir")
	case f.server.DataDir != "" && set("server"):
		return fmt.Errorf("--server and --data-dir exclude each other")
	case f.server.DataDir == "" && (set("services") || set("retention") || set("histogram-retention") || set("hourly-histogram-retention")):
		return fmt.Errorf("--services and the retentions belong to --data-dir; a running server has its own")
	case f.server.DataDir != "" && f.server.Services == "":
		return fmt.Errorf("--data-dir needs --services: without objectives nothing would count")
	}
	return nil
}

func (e *env) backfill(ctx context.Context, f backfillFlags, args []string) error {
	var g backfill.Generation
	if f.generate != "" {
		length, err := backfill.ParseLength(f.generate)
		if err != nil {
			return err
		}
		g = backfill.Generation{Length: length, Seed: f.seed, Rate: f.rate}
	}
	p := newProgress(e.err)
	var from io.Reader
	if len(args) == 1 {
		file, err := openRecording(args[0], p)
		if err != nil {
			return err
		}
		defer file.Close()
		from = &countingReader{file, &p.read}
	}
	stop := p.start(ctx)
	report, err := e.fill(ctx, f, g, from, p)
	stop()
	if err != nil {
		return err
	}
	return e.print(report, func(w io.Writer) { backfillText(w, report) })
}

// fill sends the history to where it is to go.
func (e *env) fill(ctx context.Context, f backfillFlags, g backfill.Generation, from io.Reader, p *progress) (r backfill.Report, err error) {
	if f.server.DataDir != "" {
		how := app.Generated(g)
		if from != nil {
			how = app.Recording(from, f.strict)
		}
		logger := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
		return app.Backfill(ctx, f.server, logger, how, p.report)
	}
	c, err := e.client()
	if err != nil {
		return r, err
	}
	if from == nil {
		body, err := json.Marshal(g)
		if err != nil {
			return r, fmt.Errorf("ask for generated history: %w", err)
		}
		return r, c.Post(ctx, "/api/v1/backfill", "application/json", strings.NewReader(string(body)), &r)
	}
	path := "/api/v1/backfill"
	if f.strict {
		path += "?strict=true"
	}
	err = c.Post(ctx, path, "application/x-ndjson", from, &r)
	return r, err
}

// openRecording opens a file, or standard input.
func openRecording(name string, p *progress) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(os.Stdin), nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, errs.New(errs.NotFound, "open the recording: %w", err)
	}
	if info, err := file.Stat(); err == nil {
		p.size = info.Size()
	}
	return file, nil
}

// countingReader notes how much was read.
type countingReader struct {
	io.Reader
	n *atomic.Int64
}

func (r *countingReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.n.Add(int64(n))
	return n, err
}

// progress tells on standard error how far a long back-fill has come.
type progress struct {
	out    io.Writer
	size   int64        // of the recording; 0 when it is not known
	read   atomic.Int64 // bytes of it
	latest atomic.Pointer[backfill.Report]
}

// tellEvery is how often progress is told; a short back-fill tells nothing.
const tellEvery = 2 * time.Second

func newProgress(out io.Writer) *progress { return &progress{out: out} }

func (p *progress) report(r backfill.Report) { p.latest.Store(&r) }

// start tells until it is stopped.
func (p *progress) start(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	began := time.Now()
	go func() {
		defer close(done)
		ticker := time.NewTicker(tellEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				fmt.Fprintln(p.out, p.line(time.Since(began)))
			}
		}
	}()
	return func() { cancel(); <-done }
}

// line says how far the back-fill is.
func (p *progress) line(since time.Duration) string {
	parts := []string{fmt.Sprintf("back-filling, %s", since.Truncate(time.Second))}
	read := p.read.Load()
	switch {
	case p.size > 0:
		parts = append(parts, fmt.Sprintf("read %d of %d MiB (%d%%)", read>>20, p.size>>20, 100*read/p.size))
	case read > 0:
		parts = append(parts, fmt.Sprintf("read %d MiB", read>>20))
	}
	if r := p.latest.Load(); r != nil {
		parts = append(parts, fmt.Sprintf("%d events counted", r.Events.Counted))
		if r.Samples.Stored > 0 {
			parts = append(parts, fmt.Sprintf("%d samples stored, up to %s", r.Samples.Stored, r.Samples.To))
		}
	} else if read >= p.size {
		parts = append(parts, "the server is at work")
	}
	return strings.Join(parts, "; ")
}

func backfillText(w io.Writer, r backfill.Report) {
	if r.Lines > 0 {
		fmt.Fprintf(w, "lines\t%d\t%d of traces, %d of metrics and %d of logs passed over\n", r.Lines, r.Traces, r.Skipped.Metrics, r.Skipped.Logs)
	}
	fmt.Fprintf(w, "events\t%d\tcounted, and %d that had been counted, %d without valid ids\n", r.Events.Counted, r.Events.Duplicates, r.Events.Invalid)
	fmt.Fprintf(w, "minutes\t%d\tof %d indicators\n", r.Minutes, r.Indicators)
	s := r.Samples
	fmt.Fprintf(w, "samples\t%d\tstored", s.Stored)
	if s.Stored > 0 {
		fmt.Fprintf(w, ", from %s to %s", s.From, s.To)
	}
	fmt.Fprintln(w)
	for _, skipped := range []struct {
		n   int
		why string
	}{
		{s.Measured, "skipped: their minute was measured, or back-filled before"},
		{s.Open, "skipped: their minute may still be measured"},
		{s.Expired, "skipped: beyond retention"},
	} {
		if skipped.n > 0 {
			fmt.Fprintf(w, "\t%d\t%s\n", skipped.n, skipped.why)
		}
	}
	for _, i := range r.Incidents {
		fmt.Fprintf(w, "incident\t%s\t%s %s: %s, until %s\n", i.From.Format(time.RFC3339), i.Service, i.Operation, i.Label, i.To.Format(time.RFC3339))
	}
	for _, p := range r.Problems {
		fmt.Fprintf(w, "line %d\t\t%s\n", p.Line, p.Error)
	}
	if more := r.Broken - len(r.Problems); more > 0 {
		fmt.Fprintf(w, "\t%d\tmore lines could not be read\n", more)
	}
}
