// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !leadlinetest

package app

import (
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
)

// failpoint is where a test ends the process: what ships has none.
type failpoint struct{}

func newFailpoint() *failpoint { return nil }

func (*failpoint) files(fs intakelog.FS) intakelog.FS { return fs }

func (*failpoint) step() func(op, shelf string) { return nil }

func (*failpoint) outbox(s dispatch.Store) dispatch.Store { return s }

func (*failpoint) source(s dispatch.Source) dispatch.Source { return s }

func (*failpoint) receivers(all map[string]dispatch.Channel) map[string]dispatch.Channel { return all }

// evaluationEvery returns how often objectives are evaluated.
func evaluationEvery(usual time.Duration) time.Duration { return usual }

// held returns the clock as it is.
func held(c ingest.Clock) ingest.Clock { return c }

// intakeConfig returns the limits of intake.
func intakeConfig() ingest.Config { return ingest.DefaultConfig() }
