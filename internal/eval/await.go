// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/window"
)

// awaited are counts of minutes that rings do not reach yet: after a jump of
// the clock events of the old time and of the new one may come, and until it
// is known which is right windows follow the old one. A ring never goes back,
// so what lies ahead of it waits until its time comes.
type awaited map[awaitedAt]*await

// awaitedAt is a minute of a ring, for events or for silence.
type awaitedAt struct {
	ring   *window.Ring
	minute slice.Minute
	silent bool
}

type await struct {
	target
	counts slice.Counts
}

// maxAwaited bounds the places: those of a hundred thousand rings for ten
// minutes.
const maxAwaited = 1 << 20

// keep notes counts that a target does not reach; false when there is no room.
func (a *awaited) keep(t target, m slice.Minute, c slice.Counts) bool {
	if *a == nil {
		*a = make(awaited)
	}
	at := awaitedAt{t.ring, m, t.silent != nil}
	w := (*a)[at]
	if w == nil {
		if len(*a) >= maxAwaited {
			return false
		}
		w = &await{target: t}
		(*a)[at] = w
	}
	w.counts = w.counts.Plus(c)
	return true
}

// count counts what rings reach that have moved to the given minute.
func (a awaited) count(now slice.Minute) {
	for at, w := range a {
		if at.minute > now+window.Slack {
			continue
		}
		w.advance(now)
		w.add(at.minute, w.counts)
		delete(a, at)
	}
}
