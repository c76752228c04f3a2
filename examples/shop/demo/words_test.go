// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/leadline/leadline/examples/shop/story"
)

// TestREADMESaysHowLong holds the first lines that a newcomer reads against what
// the demo itself says.
func TestREADMESaysHowLong(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := "in " + longest(story.BadDeploy()); !strings.Contains(string(text), want) {
		t.Errorf("README.md does not say %q", want)
	}
}
