// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/report"
)

// TestNoOperations asks a server that nothing has reached.
func TestNoOperations(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(report.Operations{SchemaVersion: 1})
	}))
	t.Cleanup(s.Close)
	code, out, _ := ask(t, s, "operations", "--window", "6h")
	if want := "no operation was counted in the last 6h: leadline status says"; code != 0 || !strings.HasPrefix(out, want) || strings.Count(out, "\n") != 1 {
		t.Errorf("exit code %d, got %q, want %q", code, out, want)
	}
}
