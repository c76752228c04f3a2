// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"os"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/cli"
)

// asServer makes this test program Leadline itself. So the tests drive what the
// checkout holds, and go test knows that their result depends on it.
const asServer = "LEADLINE_TEST_SERVER"

// How long things may take before a test gives up, see process.
const (
	startLimit = 60 * time.Second
	countLimit = 60 * time.Second
)

func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		os.Exit(cli.Main(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}
