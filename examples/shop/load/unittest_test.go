// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"testing"

	"github.com/leadline/leadline/internal/testkit/testfile"
)

// TestUnitTestsOfTheServiceFile runs what leadline test runs.
func TestUnitTestsOfTheServiceFile(t *testing.T) { testfile.Run(t, "../services/*.test.yaml") }
