// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/cli"
)

// TestTheShopsTestsPassOverOpenSLO exports the shop's objectives and runs its
// unit tests over the documents: budgets, states and alerts are the same.
func TestTheShopsTestsPassOverOpenSLO(t *testing.T) {
	const shop = "../../examples/shop/services"
	run := func(args ...string) string {
		var out, errOut bytes.Buffer
		if code := cli.Run(context.Background(), args, &out, &errOut); code != 0 {
			t.Fatalf("%v: exit code %d, %s %s", args, code, &out, &errOut)
		}
		return out.String()
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "openslo.yaml"), run("export", "openslo", "--services", shop))
	tests, err := os.ReadFile(filepath.Join(shop, "shop.test.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	over := strings.Replace(string(tests), "[shop.yaml, payments.yaml, worker.yaml]", "[openslo.yaml]", 1)
	if over == string(tests) {
		t.Fatal("the shop's tests name other service files")
	}
	write(t, filepath.Join(dir, "shop.test.yaml"), over)
	run("test", dir)
}
