// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill

import (
	"bytes"
	"context"
	"errors"
	"io"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

const (
	// maxProblems is how many broken lines are told of; the others are counted.
	maxProblems = 20
	// tellLines is how often progress is told of.
	tellLines = 1024
)

// Recording counts the traces of a recording as the file exporter of the
// OpenTelemetry Collector writes it, one Export*ServiceRequest in JSON a line,
// and stores what they add up to. A broken line is told of and passed over;
// with strict it ends the back-fill before anything is stored. The report is
// valid with an error too.
func Recording(ctx context.Context, recording io.Reader, strict bool, t Target) (Report, error) {
	r := newRun(t)
	l, err := newLines(recording, MaxLine)
	if err != nil {
		return r.report, err
	}
	if err := r.read(ctx, l, strict); err != nil {
		r.counted()
		return r.report, err
	}
	r.progress()
	err = r.store(ctx, r.counter.Minutes())
	return r.report, err
}

// read counts every line.
func (r *run) read(ctx context.Context, l *lines, strict bool) error {
	var body []byte
	for ctx.Err() == nil {
		line, err := l.next()
		r.report.Lines, r.report.Bytes = l.count, l.bytes
		switch {
		case err == io.EOF:
			return r.anyReadable()
		case err != nil && !errors.Is(err, errLongLine):
			return err
		case err == nil && len(line) > 0:
			body, err = r.line(line, body)
		}
		if err != nil {
			if err = r.broken(l.count, err, strict); err != nil {
				return err
			}
		}
		if l.count%tellLines == 0 {
			r.progress()
		}
	}
	return context.Cause(ctx)
}

// line counts one line. It returns the buffer that the next may use.
func (r *run) line(line, buf []byte) ([]byte, error) {
	signal, err := signalOf(line)
	if err != nil {
		return buf, err
	}
	switch signal {
	case wire.Metrics:
		r.report.Skipped.Metrics++
		return buf, nil
	case wire.Logs:
		r.report.Skipped.Logs++
		return buf, nil
	}
	body, err := wire.FromJSON(wire.Traces, buf[:0], line, wire.DefaultLimits)
	if err != nil {
		return buf, err
	}
	if err := r.counter.Count(body); err != nil {
		return buf, err
	}
	r.report.Traces++
	if cap(body) > maxKeptLine {
		return nil, nil
	}
	return body, nil
}

// broken notes a line that could not be counted. It returns the error when
// that ends the back-fill.
func (r *run) broken(line int, err error, strict bool) error {
	switch {
	case errs.KindOf(err) != errs.Invalid:
		return err
	case strict:
		return errs.New(errs.Invalid, "line %d: %w", line, err).WithHint("nothing was stored; without strict the line is passed over")
	}
	r.report.Broken++
	if len(r.report.Problems) < maxProblems {
		r.report.Problems = append(r.report.Problems, Problem{line, err.Error()})
	}
	return nil
}

// anyReadable refuses a recording of which no line could be read: it is
// something else.
func (r *run) anyReadable() error {
	if r.report.Broken == 0 || r.report.Traces+r.report.Skipped.Metrics+r.report.Skipped.Logs > 0 {
		return nil
	}
	return errs.New(errs.Invalid, "none of the %d lines is an OTLP request in JSON; line %d: %s", r.report.Lines, r.report.Problems[0].Line, r.report.Problems[0].Error).
		WithHint("the file exporter of the OpenTelemetry Collector writes such lines with format: json")
}

// signals maps the member that every request has to its signal.
var signals = map[string]wire.Signal{"resourceSpans": wire.Traces, "resourceMetrics": wire.Metrics, "resourceLogs": wire.Logs}

// signalOf looks which kind of request a line is, by the first member that
// says so. An empty request is one of traces with nothing in it.
func signalOf(line []byte) (wire.Signal, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(line), jsontext.AllowDuplicateNames(true))
	if d.PeekKind() != jsontext.KindBeginObject {
		return 0, errs.New(errs.Invalid, "not a JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return 0, notJSON(err)
	}
	for d.PeekKind() == jsontext.KindString {
		name, err := d.ReadToken()
		if err != nil {
			return 0, notJSON(err)
		}
		if s, known := signals[name.String()]; known {
			return s, nil
		}
		if err := d.SkipValue(); err != nil {
			return 0, notJSON(err)
		}
	}
	if _, err := d.ReadToken(); err != nil {
		return 0, notJSON(err)
	}
	if len(bytes.Trim(line, "{} \t")) == 0 {
		return wire.Traces, nil
	}
	return 0, errs.New(errs.Invalid, "an object with neither resourceSpans nor resourceMetrics nor resourceLogs")
}

func notJSON(err error) error { return errs.New(errs.Invalid, "not JSON: %w", err) }
