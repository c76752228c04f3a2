// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"context"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/series"
	"github.com/leadline/leadline/internal/slice"
)

// recent hands over what the series store does not have yet, of the keys that
// match: the closed minutes on their way to it and the open ones. It returns
// the store and the newest minute to read there, which do not overlap.
//
// They are read in the order in which a minute moves, so one that closes or is
// stored meanwhile is seen twice and never missed; what is seen again further
// on is left out.
func (r *Report) recent(ctx context.Context, match func(*slice.Key) bool, add func(slice.Sample)) (series.Store, slice.Minute, error) {
	store := r.Series()
	if store == nil {
		return nil, 0, errs.New(errs.Unavailable, "the series store is still being opened").WithHint("try again in some seconds")
	}
	open, err := r.Intake.Open(ctx, func(s *slice.Series) bool { return match(&s.Key) })
	if err != nil {
		return nil, 0, err
	}
	closed, waiting := slice.Minute(0), []slice.Sample(nil)
	err = r.Intake.Waiting(func(c slice.Closed) {
		closed = max(closed, c.Minute)
		for _, s := range c.Samples {
			if match(&s.Key) {
				s.Minute = c.Minute
				waiting = append(waiting, s)
			}
		}
	})
	if err != nil {
		return nil, 0, err
	}
	stored, _, err := store.Last(ctx)
	if err != nil {
		return nil, 0, err
	}
	closed = max(closed, stored)
	for _, s := range waiting {
		if s.Minute > stored {
			add(s)
		}
	}
	for _, c := range open {
		if c.Minute > closed {
			add(slice.Sample{Key: c.Series.Key, Minute: c.Minute, Counts: c.Counts, Histogram: c.Histogram})
		}
	}
	return store, stored, nil
}
