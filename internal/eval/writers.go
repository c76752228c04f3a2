// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"context"
	"fmt"
	"slices"

	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// writers are the data directories that have counted what the series store
// holds. There is one, unless a store was moved to another or a directory has
// lost its id; then windows sum what several have counted, and nobody has
// looked whether they counted the same events.
type writers struct {
	own    string
	newest map[string]slice.Minute // of the others
}

// Writer says the id of our data directory. It is called before the engine runs.
func (e *Engine) Writer(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.writers.own = id
}

func (e *Engine) restoreWriters(ctx context.Context, store series.Querier) error {
	e.mu.Lock()
	from := e.minute() - longAgo
	e.mu.Unlock()
	newest, err := store.Writers(ctx, max(from, 0))
	if err != nil {
		return fmt.Errorf("read who wrote: %w", err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(newest, e.writers.own)
	e.writers.newest = newest
	return nil
}

// writers names who has counted in the window, when anything was.
func (x *Trust) writers(t *track, e *Engine) {
	first, _ := t.total.Edges(wholeWindow)
	if newest, any := t.total.Newest(); !any || newest < first {
		return
	}
	for id, newest := range e.writers.newest {
		if newest >= first {
			x.Writers = append(x.Writers, id)
		}
	}
	if e.writers.own != "" {
		x.Writers = append(x.Writers, e.writers.own)
	}
	slices.Sort(x.Writers)
	if n := len(x.Writers); n > 1 {
		x.note("%d data directories counted in this window: an event that several of them were sent counts several times", n)
	}
}
