// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval_test

import (
	"testing"

	"github.com/leadline/leadline/internal/testkit/testfile"
)

// TestUnitTests runs the cases that are written as users write theirs.
func TestUnitTests(t *testing.T) { testfile.Run(t, "testdata/*.test.yaml") }
