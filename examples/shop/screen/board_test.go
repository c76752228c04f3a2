// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package screen_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/examples/shop/screen"
)

// TestBoardWithoutATerminal says now and then that a task is at work still.
func TestBoardWithoutATerminal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		b := screen.NewBoard(screen.Plain(&out), [2]string{"history", "30 days"}, [2]string{"shop", "waits"})
		leave := b.Run()
		task := b.Task("history")
		task.Begin("making it up")
		time.Sleep(25 * time.Second)
		task.Done("30 days")
		time.Sleep(15 * time.Second)
		leave()
		want := "  ⠋ history     10s  making it up\n  ⠋ history     20s  making it up\n  ✓ history     25s  30 days\n"
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Error(diff)
		}
	})
}
