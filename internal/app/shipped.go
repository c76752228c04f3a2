// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !leadlinetest

package app

import (
	"github.com/leadline/leadline/internal/ingest"
	"github.com/leadline/leadline/internal/intakelog"
)

// hooked returns the files: what ships has no failpoints.
func hooked(files intakelog.FS) intakelog.FS { return files }

// intakeConfig returns the limits of intake.
func intakeConfig() ingest.Config { return ingest.DefaultConfig() }
