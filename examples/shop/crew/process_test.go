// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crew_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/internal/testkit/process"
)

// TestEnd ends a process that takes its time to end: with patience it comes to
// its end by itself, without it is made to.
func TestEnd(t *testing.T) {
	impatient, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx  context.Context
		want string
	}{
		"with patience":    {t.Context(), "exit status 7"},
		"without patience": {impatient, "signal: killed"},
	} {
		t.Run(name, func(t *testing.T) {
			all := crew.New()
			folder := t.TempDir()
			// It says that it is ready by a file, and leaves when it is asked to.
			p, err := all.Start(crew.Command{Name: "worker", Dir: folder, Env: os.Environ(), Argv: []string{
				"sh", "-c", `trap 'sleep 1; exit 7' TERM; touch ready; while :; do sleep 0.02; done`,
			}})
			if err != nil {
				t.Fatal(err)
			}
			process.Until(t, "the process is ready", time.Minute, func() bool {
				_, err := os.Stat(folder + "/ready")
				return err == nil
			})
			all.End(c.ctx)
			if ended := p.Ended().Error(); !strings.Contains(ended, c.want) {
				t.Errorf("it ended with %q, want %s", ended, c.want)
			}
		})
	}
}
