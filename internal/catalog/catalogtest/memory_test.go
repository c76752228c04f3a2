// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package catalogtest_test

import (
	"testing"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
)

// kept is a memory that outlives its being closed.
type kept struct {
	catalog.GenerationStore
	catalog.DefinitionStore
	catalog.CorrectionStore
	*catalogtest.Memory
}

func (kept) Close() error { return nil }

func TestMemoryConforms(t *testing.T) {
	catalogtest.RunOutbox(t, func(*testing.T) catalogtest.Opener {
		m := kept{Memory: catalogtest.NewMemory()}
		return func() (catalog.Store, error) { return m, nil }
	})
}
