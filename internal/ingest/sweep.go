// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"maps"
	"slices"

	"github.com/leadline/leadline/internal/slice"
)

// sweepEvery is how often the baselines of retired versions are released, in
// minutes.
const sweepEvery = 10

// sweep releases the baselines of versions that have retired and that idle
// allows: every deploy brings a version, and series are numbers in arrays. It
// is the committer's, as is what is counted.
//
// A scan that was made before may hold a series that is another's now. So the
// epoch moves on, and scans of an older one are made again, see Engine.commit.
func (a *services) sweep(idle func(*slice.Series) bool) {
	a.mu.RLock()
	all := slices.Collect(maps.Values(a.byTable))
	a.mu.RUnlock()
	released := 0
	for _, s := range all {
		released += s.sweep(a.series, idle)
	}
	if released > 0 {
		a.epoch.Add(1)
		a.full.Store(false)
	}
}

func (s *service) sweep(table *slice.Table, idle func(*slice.Series) bool) (released int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, o := range *s.ops.Load() {
		have := o.versions.Load()
		if have == nil {
			continue
		}
		next := make([]*slice.Series, 0, len(*have))
		for _, x := range *have {
			switch {
			case x.Key == overflowKey: // there may be room now
			case s.active(x.Version) || !idle(x):
				next = append(next, x)
			default:
				table.Release(x)
				released++
			}
		}
		if len(next) < len(*have) {
			o.versions.Store(&next)
		}
	}
	return released
}

// active reports whether the version is told apart. It is called with mu held.
func (s *service) active(version string) bool {
	_, active := s.versions[version]
	return active || version == slice.OtherVersions
}

// idle reports whether no open minute has counted anything of the series.
func (t *minutes) idle(s *slice.Series) bool {
	for _, o := range t.open {
		if !o.of(s).IsZero() || o.histograms[s] != nil {
			return false
		}
	}
	return true
}
