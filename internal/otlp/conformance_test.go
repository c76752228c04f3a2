// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/otlp/conform"
	"github.com/leadline/leadline/internal/wire"
)

var update = flag.Bool("update", false, "rewrite docs/reference/otlp-conformance.md")

// conformanceFile is the published table.
const conformanceFile = "../../docs/reference/otlp-conformance.md"

const conformanceHead = `# OTLP conformance

What OTLP 1.11 asks of a server, and what Leadline's servers do. Each row runs against a real socket in every
combination of signal (traces, metrics, logs) and compression that applies; a field says how many of these checks
passed, a bold one that some failed, an empty one that the row does not apply there. Rows of level "extra" are asked
by us, not by OTLP. OTLP has no official suite for servers; the rows are in ` + "`internal/otlp/conform`" + `,
know nothing of our code, and run against any server:

    LEADLINE_CONFORMANCE_PEER_HTTP=http://127.0.0.1:4318 LEADLINE_CONFORMANCE_PEER_GRPC=127.0.0.1:4317 \
        go test ./internal/otlp/ -run TestPeerConformance -v

Not visible from outside, and so not in the table: the limits of requests and answers are configurable.
This file is written by ` + "`go test ./internal/otlp/ -run TestConformance -update`" + `.

`

// provoked is a consumer that decodes every byte, and answers as the suite
// asks it to.
func provoked(_ context.Context, signal wire.Signal, body []byte) (otlp.Result, error) {
	asked := func(p conform.Provocation) bool { return bytes.Contains(body, []byte(p)) }
	switch reader := wire.NewCountReader(signal, body, wire.DefaultLimits); {
	case exhaust(reader) != nil:
		return otlp.Result{}, reader.Err()
	case asked(conform.Partial):
		return otlp.Result{Rejected: conform.Rejected, Message: "3 of them are too old"}, nil
	case asked(conform.Warning):
		return otlp.Result{Message: "the clock of this host is 5 minutes behind"}, nil
	case asked(conform.Verbose):
		return otlp.Result{Rejected: conform.Rejected, Message: strings.Repeat("\"<\x00ü", 1<<20)}, nil
	case asked(conform.Overload):
		return otlp.Result{}, errs.New(errs.Unavailable, "the disk is full")
	case asked(conform.Fault):
		return otlp.Result{}, errors.New("cause: " + string(conform.Fault))
	}
	return otlp.Result{}, nil
}

func exhaust(reader *wire.CountReader) error {
	for reader.NextResource() {
	}
	return reader.Err()
}

func TestConformance(t *testing.T) {
	cfg := loopbackConfig()
	if raceEnabled {
		cfg.MaxRequestBytes = 2 << 20
	}
	server := serve(t, cfg, consumerFunc(provoked))
	outcomes := conform.Run(t.Context(), conform.Target{
		HTTPURL: server.HTTPURL, GRPCAddr: server.GRPCAddr, Provokes: true, SizeLimit: int(cfg.MaxRequestBytes),
	})
	for _, o := range conform.Failed(outcomes) {
		t.Errorf("%s %s, %s: %v", o.Row.Level, o.Row.ID, o.Cell, o.Err)
	}
	got := conformanceHead + conform.Summary(outcomes) + "\n" + conform.Table(outcomes)
	if *update {
		if err := os.WriteFile(conformanceFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(conformanceFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not what was measured (-file +measured); run with -update:\n%s", conformanceFile, diff)
	}
}

// TestPeerConformance runs the suite against another server and prints its
// table. It has no opinion: the peer's failures are what we want to see.
func TestPeerConformance(t *testing.T) {
	target := conform.Target{
		HTTPURL:  os.Getenv("LEADLINE_CONFORMANCE_PEER_HTTP"),
		GRPCAddr: os.Getenv("LEADLINE_CONFORMANCE_PEER_GRPC"),
	}
	if target.HTTPURL == "" || target.GRPCAddr == "" {
		t.Skip("LEADLINE_CONFORMANCE_PEER_HTTP and LEADLINE_CONFORMANCE_PEER_GRPC name no server")
	}
	outcomes := conform.Run(t.Context(), target)
	for _, o := range conform.Failed(outcomes) {
		t.Logf("%s %s, %s: %v", o.Row.Level, o.Row.ID, o.Cell, o.Err)
	}
	t.Logf("\n%s\n%s", conform.Summary(outcomes), conform.Table(outcomes))
}
