// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package report is the read side: it puts together what API, UI and CLI show.
//
// It owns the shapes of the answers and computes nothing that eval has
// computed: every number of an objective comes from one evaluation, so that
// no two surfaces can disagree. Where there is no evidence a number is null,
// never zero.
package report

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

// SchemaVersion is the version of every answer's shape.
const SchemaVersion = 1

// Evaluations is where the last evaluation is read.
type Evaluations interface {
	Snapshot() *eval.Snapshot
	// Trends are those of the last evaluation.
	Trends() *eval.Trends
}

// Intake is where the state of ingest is read.
type Intake interface {
	Totals() ingest.Totals
	Health() error
	Damage() []intakelog.Damage
	Warnings() []string
	Open(ctx context.Context, match func(*slice.Series) bool) ([]ingest.Counted, error)
	Waiting(each func(slice.Closed)) error
}

// Generations is where the generations of an objective are read.
type Generations interface {
	Generations(ctx context.Context, objective slo.Key) ([]catalog.Generation, error)
}

// Definitions is where the mistakes in the service files are read.
type Definitions interface{ Problems() []*spec.Problem }

// Door is where telemetry comes in.
type Door interface {
	Endpoints() Endpoints
	Refusals() []Refusal
}

// Report answers questions. Series returns nil while the store is opened.
type Report struct {
	Evaluations Evaluations
	Intake      Intake
	Generations Generations
	Transitions Transitions
	Definitions Definitions
	Ledger      Ledger
	Delivery    Delivery
	// Kinds are those of the receivers, by name.
	Kinds map[string]string
	Door  Door
	// Started is when the server began to take telemetry.
	Started time.Time
	Series  func() series.Store
	Now     func() time.Time
}
