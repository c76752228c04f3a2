// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"sync/atomic"

	"github.com/leadline/leadline/internal/errs"
)

// budget is the number of bytes that requests may hold in memory together.
type budget struct {
	limit int64
	used  atomic.Int64
}

// lease is one request's share of the budget. It is not for concurrent use.
type lease struct {
	budget *budget
	held   int64
}

// take adds n bytes to the share, or refuses at once when they do not fit.
func (l *lease) take(n int64) error {
	if used := l.budget.used.Add(n); used > l.budget.limit {
		l.budget.used.Add(-n)
		return l.budget.errFull(used - n)
	}
	l.held += n
	return nil
}

// fits refuses n bytes that could not be taken now, without taking them.
func (l *lease) fits(n int64) error {
	if used := l.budget.used.Load(); used+n > l.budget.limit {
		return l.budget.errFull(used)
	}
	return nil
}

// give returns n bytes of the share.
func (l *lease) give(n int64) {
	l.held -= n
	l.budget.used.Add(-n)
}

// giveAll ends the share.
func (l *lease) giveAll() { l.give(l.held) }

func (b *budget) errFull(used int64) error {
	return errs.New(errs.Unavailable, "the server holds %d bytes of other requests", used)
}
