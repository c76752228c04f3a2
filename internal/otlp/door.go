// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

// door is the way from a body to the consumer that both transports share.
type door struct {
	cfg      Config
	auth     auth
	consumer Consumer
	log      *slog.Logger
	strayed  *strayed
	meters   *meters

	budget    budget
	buffers   buffers
	inflaters *inflaters
	// logged is the second in which an internal error was last logged.
	logged atomic.Int64
}

func newDoor(cfg Config, consumer Consumer, logger *slog.Logger, reg prometheus.Registerer) (*door, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	d := &door{
		cfg: cfg, auth: newAuth(cfg.Token), consumer: consumer, log: logger, strayed: &strayed{log: logger},
		budget: budget{limit: cfg.MaxInFlightBytes}, inflaters: newInflaters(),
	}
	var err error
	d.meters, err = newMeters(reg, &d.budget)
	return d, err
}

// newIntake starts the memory of one request.
func (d *door) newIntake() intake {
	return intake{lease: lease{budget: &d.budget}, buffers: &d.buffers, limit: d.cfg.MaxRequestBytes}
}

// transcode rewrites OTLP/JSON as protobuf, in a buffer of the intake. The
// result is seldom larger than its JSON; where it is, what exceeds the buffer
// is paid for after the fact, and stays within the limit of a request.
func (d *door) transcode(in *intake, signal wire.Signal, body []byte) ([]byte, error) {
	buf, err := in.buffer(int64(len(body)))
	if err != nil {
		return nil, err
	}
	limits := wire.DefaultLimits
	limits.Bytes = int(in.limit)
	out, err := wire.FromJSON(signal, *buf, body, limits)
	if err != nil {
		return nil, err
	}
	if extra := int64(cap(out) - cap(*buf)); extra > 0 {
		if err := in.lease.take(extra); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// consume calls the consumer. A panic there becomes an internal error: one
// request must not end the process for all others.
func (d *door) consume(ctx context.Context, signal wire.Signal, body []byte) (result Result, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			d.log.Error("panic while taking an OTLP request", "signal", signal, "panic", cause, "stack", string(debug.Stack()))
			err = errs.New(errs.Internal, "panic: %v", cause)
		}
	}()
	return d.consumer.Consume(ctx, signal, body)
}

// report logs what only we can mend, one line a second at most: a fault of
// ours meets every request, and the disk may be the fault. The counters of
// refused requests have them all.
func (d *door) report(f failure, signal wire.Signal, t transport, err error) {
	if f.kind != errs.Internal {
		return
	}
	now := time.Now().Unix()
	if last := d.logged.Load(); last == now || !d.logged.CompareAndSwap(last, now) {
		return
	}
	d.log.Error("refuse OTLP request", "signal", signal, "transport", t, "err", err)
}
