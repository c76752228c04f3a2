// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package ingest counts telemetry: each event once, in the minute in which it
// ended, durably before it is acknowledged.
//
// A request passes two hands. Scan runs in the caller's goroutine, many at a
// time: one pass over the bytes says of every span which operation it is, how
// the bound indicators judge it, and what its id is. It changes nothing. The
// committer is one goroutine and owns everything that is counted: it takes the
// scans that wait, drops events it has counted before and those whose minute
// is closed, writes what is left into one record each, commits the group with
// one fsync, and only then adds it to the open minutes, tells the sink, and
// lets the callers answer. So what is shown was durable before, and a kill at
// any point loses nothing that was acknowledged.
//
// Counted once: an event's id is xxh3 of its trace id and span id. The ids of
// an open minute are kept in memory and in the log; they go when the minute
// closes, because later events of that minute are refused as late. That makes
// the lateness limit the horizon of deduplication. Within 2.6 million ids of
// 64 bits, an event is mistaken for another with a chance below 10^-6.
//
// Closing: see schedule. A closed minute becomes one record in the minutes
// stream, with a zero for every bound indicator that counted nothing, and goes
// to the series store in order. Intake segments are dropped when every minute
// they touch is closed.
//
// A start reads the log before anything is accepted, because a request may
// repeat any event of an open minute. See replay, and idLoader for the sets of
// ids, which are nearly all of a log.
//
// What grows with time is bounded. Versions come with every deploy: a service
// tells eight apart, one that was silent for an hour makes room for the next,
// and its series are released once what they counted is written. Services and
// operations have limits of their own, and stay until the process ends: they
// come with the code, and an idle one costs a few hundred bytes. Groups have a
// limit for each indicator, and one leaves a day after it has left the longest
// window, when another needs its place. Their series, and
// those of indicators that nobody binds any more, stay until the process ends,
// which people's edits cannot make many.
//
// A commit that fails for lack of space is taken back: its ids are forgotten
// and the callers are told to send again. After a failed sync the log refuses
// everything, and so do we, until a restart has read what is really on disk.
package ingest

import (
	"fmt"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// Sink takes counts as they become durable. It is called by one goroutine.
// Additions to closed minutes never happen; those to open ones commute.
type Sink interface {
	Count(s *slice.Series, m slice.Minute, c slice.Counts)
}

// Clock tells the time twice: on the wall, which says to which minute an event
// belongs, and monotonically, which says how long something took.
type Clock interface {
	Now() time.Time
	Elapsed() time.Duration
}

// Config bounds the engine.
type Config struct {
	// Grace is how long a minute stays open after its end.
	Grace time.Duration
	// Groups is how many values of an indicator's groups are told apart.
	Groups int
	// Operations is how many operations of a service are told apart.
	Operations int
	// Services is how many services are told apart.
	Services int
	// Series bounds the baselines: from this many series of all kinds on, those
	// of new versions and operations are counted together. Each takes some 6 KB
	// in the embedded series store.
	Series int
	// IDBytes is the memory for the ids of open minutes. Beyond it only whole
	// repeated requests are recognised, and trust says so.
	IDBytes int
	// WaitingBytes is the memory for closed minutes that the series store does
	// not take. Those beyond it stay in the log only.
	WaitingBytes int
	// Queue is how many scanned requests may wait for the committer.
	Queue int
}

// DefaultConfig returns the limits that suit one machine.
func DefaultConfig() Config {
	return Config{
		Grace: 10 * time.Minute, Groups: 100, Operations: 1_000, Services: 1_000,
		Series: 200_000, IDBytes: 512 << 20, WaitingBytes: 64 << 20, Queue: 256,
	}
}

// Validate reports the first limit that cannot work.
func (c Config) Validate() error {
	for name, n := range map[string]int{
		"groups": c.Groups, "operations": c.Operations, "services": c.Services,
		"series": c.Series, "id bytes": c.IDBytes, "waiting bytes": c.WaitingBytes, "queue": c.Queue,
	} {
		if n <= 0 {
			return fmt.Errorf("ingest limit %s: %d, must be positive", name, n)
		}
	}
	if c.Grace < time.Second || c.Grace > time.Hour {
		return fmt.Errorf("ingest grace %s: must lie between 1s and 1h", c.Grace)
	}
	return nil
}
