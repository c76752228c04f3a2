// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package conform checks any OTLP server against OTLP 1.11, by the letter.
//
// It owns the requirements, as rows: what the specification asks of a server,
// how strongly, and how to see from outside whether it does. Each row runs in
// cells: every transport, signal and compression to which it applies. A server
// is known by its two addresses only, so the suite runs against ours and
// against others alike; a suite that only its own server has met proves little.
//
// It knows nothing of our server's code and talks to it in bytes: gRPC frames
// are made by hand, for a client library would repair what we mean to break.
//
// Some answers cannot be had from an arbitrary server on demand: partial
// success, overload. A server under test may offer them (Target.Provokes): it
// looks for the words of Provocation in a request. Otherwise such rows are
// not applicable.
//
// Rows that may kill a server come last.
package conform

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"time"
)

// Level is how strongly something is asked.
type Level string

// The levels, as RFC 2119 has them. Extra is asked by us, not by OTLP.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	Extra  Level = "extra"
)

// Transport is a protocol and its payload.
type Transport string

// The three ways to send.
const (
	GRPC  Transport = "gRPC"
	Proto Transport = "HTTP protobuf"
	JSON  Transport = "HTTP JSON"
)

// Signal is traces, metrics or logs.
type Signal string

// The three signals.
const (
	Traces  Signal = "traces"
	Metrics Signal = "metrics"
	Logs    Signal = "logs"
)

// Encoding is how a request is compressed, as Content-Encoding spells it.
type Encoding string

// The encodings that rows use.
const (
	None    Encoding = "none"
	Gzip    Encoding = "gzip"
	Zstd    Encoding = "zstd"
	Deflate Encoding = "deflate"
)

var (
	allTransports = []Transport{GRPC, Proto, JSON}
	overHTTP      = []Transport{Proto, JSON}
	allSignals    = []Signal{Traces, Metrics, Logs}
	plain         = []Encoding{None}
	required      = []Encoding{None, Gzip}
	known         = []Encoding{None, Gzip, Zstd, Deflate}
)

// Target is a server under test.
type Target struct {
	HTTPURL  string // http://host:port
	GRPCAddr string // host:port
	// Provokes says that the server answers provocations.
	Provokes bool
	// SizeLimit is the request size that the server was configured to allow;
	// zero means what OTLP recommends, 64 MiB.
	SizeLimit int
}

// recommendedSize is the limit of a request that OTLP recommends.
const recommendedSize = 64 << 20

// Provocation is text in a request that asks a willing server for an answer.
type Provocation string

// The answers that can be asked for.
const (
	// Partial: three items were rejected, with a message.
	Partial Provocation = "provoke:partial"
	// Warning: nothing was rejected, with a message.
	Warning Provocation = "provoke:warning"
	// Verbose: like Partial, with a message of 8 MiB.
	Verbose Provocation = "provoke:verbose"
	// Overload: the server cannot take more now.
	Overload Provocation = "provoke:overload"
	// Fault: the server failed and does not know why.
	Fault Provocation = "provoke:fault"
)

// Rejected is how many items a server rejects when asked for Partial.
const Rejected = 3

// Row is one requirement.
type Row struct {
	ID string
	// Section is the heading in the specification.
	Section string
	Level   Level
	// Requirement is said in our own words.
	Requirement string

	transports []Transport
	signals    []Signal
	encodings  []Encoding
	provoked   bool
	check      func(context.Context, *call) error
}

// Cell is one place in which a row was checked.
type Cell struct {
	Transport Transport
	Signal    Signal
	Encoding  Encoding
}

// Outcome is what one row did in one cell; Err is nil when it held.
type Outcome struct {
	Row  Row
	Cell Cell
	Err  error
}

// Rows returns the suite in the order in which it runs.
func Rows() []Row {
	var rows []Row
	for _, part := range [][]Row{transportRows(), answerRows(), jsonRows(), provokedRows(), sizeRows(), hostileRows()} {
		rows = append(rows, part...)
	}
	return rows
}

// checkTimeout bounds one check, for a server may hang.
const checkTimeout = 30 * time.Second

// Run checks every row that applies to the target.
func Run(ctx context.Context, target Target) []Outcome {
	c := newClients()
	defer c.close()
	target.SizeLimit = cmp.Or(target.SizeLimit, recommendedSize)
	var outcomes []Outcome
	for _, row := range Rows() {
		if row.provoked && !target.Provokes {
			continue
		}
		for _, cell := range row.cells() {
			outcomes = append(outcomes, Outcome{row, cell, checkOne(ctx, row, &call{Cell: cell, target: target, clients: c})})
		}
	}
	return outcomes
}

func checkOne(ctx context.Context, row Row, c *call) error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	return row.check(ctx, c)
}

// cells multiplies the row out. gRPC has no deflate: its name there is not
// settled between implementations.
func (r Row) cells() []Cell {
	var cells []Cell
	for _, transport := range r.transports {
		for _, signal := range r.signals {
			for _, encoding := range r.encodings {
				if transport == GRPC && encoding == Deflate {
					continue
				}
				cells = append(cells, Cell{transport, signal, encoding})
			}
		}
	}
	return cells
}

// String names a cell.
func (c Cell) String() string { return fmt.Sprintf("%s %s %s", c.Transport, c.Signal, c.Encoding) }

// clients speak HTTP/1.1 and HTTP/2 without TLS.
type clients struct{ http1, http2 *http.Transport }

func newClients() *clients {
	dial := (&net.Dialer{Timeout: 5 * time.Second}).DialContext
	var h2 http.Protocols
	h2.SetUnencryptedHTTP2(true)
	return &clients{
		http1: &http.Transport{DialContext: dial, DisableCompression: true},
		http2: &http.Transport{DialContext: dial, DisableCompression: true, Protocols: &h2},
	}
}

func (c *clients) close() {
	c.http1.CloseIdleConnections()
	c.http2.CloseIdleConnections()
}
