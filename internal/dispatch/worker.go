// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"syscall"
	"time"

	"github.com/leadline/leadline/internal/errs"
)

// worker sends to one receiver, one message at a time. Its goroutine knows
// nothing but the channel; the rest belongs to the engine's.
type worker struct {
	name    string
	channel Channel
	policy  ReceiverPolicy
	jobs    chan *Message
	busy    *Message // what is being sent; nil when it is idle
	began   time.Time

	// failures counts those in a row. Before gate nothing is tried that was
	// tried before, and before early nothing at all.
	failures    int
	gate, early time.Time
	beat        time.Time // the next heartbeat
	resend      time.Time // the next repetition
	repeats     []*Message
	record      record
}

// begin hands a message to the worker, which is idle.
func (w *worker) begin(m *Message, now time.Time) {
	w.busy, w.began = m, now
	w.jobs <- m
}

// answer is what became of a message.
type answer struct {
	worker  *worker
	message *Message
	err     error
	at      time.Time
}

// run sends what it is given until there is nothing more.
func (w *worker) run(ctx context.Context, now func() time.Time, answers chan<- answer) {
	for m := range w.jobs {
		err := send(ctx, w.channel, w.policy.Timeout, m)
		answers <- answer{w, m, err, now()}
	}
}

// send makes one attempt. A channel that panics has failed, and may have sent.
func send(ctx context.Context, c Channel, timeout time.Duration, m *Message) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = errs.New(errs.Internal, "BUG: the channel panicked: %v", p)
		}
	}()
	err = c.Send(ctx, m)
	if err != nil && ctx.Err() != nil && errs.KindOf(err) == errs.Internal {
		return errs.New(errs.Unavailable, "no answer within %s: %w", timeout, context.DeadlineExceeded)
	}
	return err
}

// doubtful reports whether the receiver may have taken a message although the
// attempt failed.
func doubtful(err error) bool {
	for _, cause := range []error{
		context.DeadlineExceeded, context.Canceled, io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE,
	} {
		if errors.Is(err, cause) {
			return true
		}
	}
	return false
}

// How long a receiver that fails is left alone: twice as long each time, and
// never so long that it is not tried within 30 s after it has come back. Only
// the receiver itself can ask for more.
const (
	firstBackoff  = time.Second
	longestPause  = 24 * time.Second // and a fifth of jitter
	maxRetryAfter = time.Hour
)

// wait returns until when a delivery is not tried: what fails may be one
// message and not the receiver, so what was never tried waits less.
func (w *worker) wait(p *parcel) time.Time {
	if p.Attempts == 0 {
		return w.early
	}
	return w.gate
}

// backoff returns the pause after this many failures in a row; random is in [0, 1).
func backoff(failures int, random float64) time.Duration {
	pause := longestPause
	if failures < 6 {
		pause = min(firstBackoff<<max(failures-1, 0), longestPause)
	}
	return time.Duration(float64(pause) * (0.8 + 0.4*random))
}

// failed notes a failure that may pass, and how long the receiver is left alone.
func (w *worker) failed(err error, at time.Time, random float64) {
	w.failures++
	asked := min(errs.RetryAfter(err), maxRetryAfter)
	w.gate = at.Add(max(backoff(w.failures, random), asked))
	w.early = at.Add(max(backoff(1, random), asked))
}

// text is an error as it is shown.
func text(err error) string {
	const most = 500
	if s := err.Error(); len(s) > most {
		return fmt.Sprintf("%.*s ...", most, s)
	}
	return err.Error()
}
