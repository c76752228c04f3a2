// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"os"
	"testing"

	"github.com/leadline/leadline/internal/spec"
)

func TestServiceFileIsAccepted(t *testing.T) {
	text, err := os.ReadFile("../services/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	set := spec.Parse([]spec.Source{{Path: "shop.yaml", Content: text}})
	for _, p := range set.Problems {
		t.Error(p.Error())
	}
	if len(set.Objectives) != 4 {
		t.Errorf("%d objectives, want 4", len(set.Objectives))
	}
}
