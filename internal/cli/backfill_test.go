// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/cli"
)

func TestBackfillUsage(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"nothing to take", nil, "either a recording"},
		{"both", []string{"x.jsonl", "--generate", "1d"}, "either a recording"},
		{"two recordings", []string{"x", "y"}, "one too many"},
		{"seed of a recording", []string{"x", "--seed", "2"}, "--generate"},
		{"generation to nowhere in particular", []string{"--generate", "1d"}, "name where they go"},
		{"strict generation", []string{"--generate", "1d", "--strict"}, "--strict"},
		{"two targets", []string{"x", "--data-dir", "d", "--services", "s", "--server", "http://127.0.0.1:1"}, "exclude"},
		{"no services", []string{"x", "--data-dir", "d"}, "--services"},
		{"services of a server", []string{"x", "--services", "s"}, "--data-dir"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out, errOut bytes.Buffer
			code := cli.Main(append([]string{"backfill"}, c.args...), &out, &errOut)
			if code != 2 || !strings.Contains(errOut.String(), c.want) {
				t.Errorf("exit code %d: %s", code, errOut.String())
			}
		})
	}
}

// TestBackfillOfDirectory takes generated history and then a recording with a
// broken line into a stopped directory.
func TestBackfillOfDirectory(t *testing.T) {
	dir := t.TempDir()
	services, recording := filepath.Join(dir, "services"), filepath.Join(dir, "r.jsonl")
	write(t, filepath.Join(services, "shop.yaml"), "apiVersion: leadline/v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  objectives:\n    - {name: up, availability: {}, target: 99.9%, window: 28d}\n")
	write(t, recording, "{}\nbroken\n")
	args := []string{"backfill", "--data-dir", filepath.Join(dir, "data"), "--services", services, "-o", "json"}
	r, code := run(t, append(args, "--generate", "2h", "--seed", "4", "--rate", "30")...)
	if code != 0 || r.SchemaVersion != 1 || r.Samples.Stored == 0 || r.Indicators != 1 || r.Events.Counted == 0 {
		t.Errorf("exit code %d: %+v", code, r)
	}
	r, code = run(t, append(args, recording)...)
	if code != 0 || r.Lines != 2 || r.Broken != 1 || r.Problems[0].Line != 2 || r.Samples.Stored != 0 {
		t.Errorf("exit code %d: %+v", code, r)
	}
	if _, code = run(t, append(args, recording, "--strict")...); code != 1 {
		t.Errorf("strict: exit code %d", code)
	}
	if _, code = run(t, append(args, filepath.Join(dir, "missing"))...); code != 1 {
		t.Errorf("missing recording: exit code %d", code)
	}
}

// run runs the command and returns its report.
func run(t *testing.T, args ...string) (r backfill.Report, code int) {
	t.Helper()
	var out, errOut bytes.Buffer
	code = cli.Main(args, &out, &errOut)
	if code != 0 {
		return r, code
	}
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("%v in %q; %s", err, out.String(), errOut.String())
	}
	return r, code
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
