// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/config"
)

func TestReach(t *testing.T) {
	const usual = "127.0.0.1:8484"
	for _, c := range []struct{ name, file, environment, want string }{
		{"defaults", "", "", usual},
		{"the file", "listen: 127.0.0.1:9000", "", "127.0.0.1:9000"},
		{"the environment wins", "listen: 127.0.0.1:9000", "127.0.0.1:9001", "127.0.0.1:9001"},
		{"a name", "listen: lead.example:9000", "", "lead.example:9000"},
		{"every address", "listen: 0.0.0.0:9000", "", "127.0.0.1:9000"},
		{"every address, in short", "listen: ':9000'", "", "127.0.0.1:9000"},
		{"every address of version 6", "listen: '[::]:9000'", "", "[::1]:9000"},
		{"a file that cannot be read", "listen: [", "", usual},
		{"a setting that is wrong", "retention: x", "", usual},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			if err := os.WriteFile("leadline.yaml", []byte(c.file), 0o600); err != nil {
				t.Fatal(err)
			}
			got := config.Reach("", func(name string) (string, bool) {
				if name != "LEADLINE_LISTEN" || c.environment == "" {
					return "", false
				}
				return c.environment, true
			})
			want := config.Reached{UI: c.want, OTLPGRPC: "127.0.0.1:4317", OTLPHTTP: "127.0.0.1:4318"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
