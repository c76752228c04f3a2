// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package story_test

import (
	"testing"

	"github.com/leadline/leadline/examples/shop/story"
)

// TestLeftIsCut holds the share that is told to the one that pages and commands
// show of the same counts, which is cut and never rounded up.
func TestLeftIsCut(t *testing.T) {
	v := story.View{Known: true, State: "ok", Allowed: 4155, Remaining: 3048}
	if got, want := v.Standing(), "ok, 73.3% of the budget left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
