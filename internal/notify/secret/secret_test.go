// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package secret_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/secret"
)

func TestRead(t *testing.T) {
	tests := []struct{ name, content, want, problem string }{
		{"a line", "hunter2-token\n", "hunter2-token", ""},
		{"white space around", " \r\n hunter2-token \t\r\n", "hunter2-token", ""},
		{"a space within", "Bearer hunter2", "Bearer hunter2", ""},
		{"nothing", "\n", "", "it is empty"},
		{"two lines", "hunter2\nhunter2\n", "", "more than one line"},
		{"a control character", "hunter2\x00", "", "control character"},
		{"large", strings.Repeat("hunter2", 2000), "", "more than 8192 bytes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(name, []byte(tt.content), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := secret.File(name).Read()
			if got != tt.want || (err == nil) != (tt.problem == "") {
				t.Fatalf("got %q, %v", got, err)
			}
			if err != nil && (errs.KindOf(err) != errs.Unavailable || !strings.Contains(err.Error(), tt.problem) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "hunter2")) {
				t.Errorf("got %v", err)
			}
		})
	}
	if _, err := secret.File(filepath.Join(t.TempDir(), "none")).Read(); err == nil || strings.Count(err.Error(), "none") != 1 {
		t.Errorf("a missing file: %v", err)
	}
}

func TestRedact(t *testing.T) {
	tests := []struct {
		name, text string
		secrets    []string
		want       string
	}{
		{"every time", "a s3cret and a s3cret", []string{"s3cret"}, "a (secret) and a (secret)"},
		{"cut off at the end", "the s3cr", []string{"s3cret"}, "the (secret)"},
		{"too short to be one", "/a/b", []string{"", "/", "a"}, "/a/b"},
		{"several", "user:pass1 at host1", []string{"pass1", "host1"}, "user:(secret) at (secret)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := secret.Redact(tt.text, tt.secrets); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
