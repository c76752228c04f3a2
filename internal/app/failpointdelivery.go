// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

//go:build leadlinetest

package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/dispatch"
)

// deliveryFailpoint ends the process at its n-th operation of delivery after
// the first evaluation in which an alert of a service fires, or at the first
// that begins with a text; with SERVICE#N+300us so much later, in the middle of
// whatever it does then. Operations are to read the evaluation, and each call
// of the outbox and of a receiver, before and after.
type deliveryFailpoint struct {
	service, at string
	later       time.Duration

	fires atomic.Bool
	n     atomic.Int64
}

// newDeliveryFailpoint reads SERVICE#N and SERVICE#N+DURATION; nil is none.
func newDeliveryFailpoint(text string) *deliveryFailpoint {
	service, point, found := strings.Cut(text, "#")
	if !found {
		return nil
	}
	d := &deliveryFailpoint{service: service}
	at, later, delayed := strings.Cut(point, "+")
	d.at = at
	if delayed {
		var err error
		if d.later, err = time.ParseDuration(later); err != nil {
			panic(fmt.Sprintf("%s=%s: %v", failpointVariable, text, err))
		}
	}
	return d
}

// pass counts an operation once the alert fires.
func (d *deliveryFailpoint) pass(what string) {
	if !d.fires.Load() {
		return
	}
	if n := d.n.Add(1); strconv.FormatInt(n, 10) != d.at && !strings.HasPrefix(what, d.at) {
		fmt.Fprintln(os.Stderr, "passed:", what)
		return
	}
	if d.later == 0 {
		die(what)
	}
	time.AfterFunc(d.later, func() { die(what + ", a moment later") })
}

// around counts an operation before and after.
func (d *deliveryFailpoint) around(what string, f func() error) error {
	d.pass(what)
	err := f()
	d.pass(strings.Replace(what, " ", "-done ", 1))
	return err
}

// outbox returns the store with the failpoint.
func (f *failpoint) outbox(s dispatch.Store) dispatch.Store {
	if f == nil || f.delivery == nil {
		return s
	}
	return failingStore{s, f.delivery}
}

type failingStore struct {
	dispatch.Store
	at *deliveryFailpoint
}

// Commit implements catalog.OutboxStore.
func (s failingStore) Commit(ctx context.Context, c *catalog.Commit) error {
	return s.at.around("commit outbox", func() error { return s.Store.Commit(ctx, c) })
}

// Revision implements catalog.OutboxStore.
func (s failingStore) Revision(ctx context.Context) (n uint64, err error) {
	err = s.at.around("revision outbox", func() (err error) { n, err = s.Store.Revision(ctx); return err })
	return n, err
}

// source returns the source with the failpoint.
func (f *failpoint) source(s dispatch.Source) dispatch.Source {
	if f == nil || f.delivery == nil {
		return s
	}
	return failingSource{s, f.delivery}
}

type failingSource struct {
	dispatch.Source
	at *deliveryFailpoint
}

// Standing implements dispatch.Source.
func (s failingSource) Standing() *dispatch.Standing {
	standing := s.Source.Standing()
	if standing != nil && slices.ContainsFunc(standing.Notices, func(n dispatch.Notice) bool {
		return n.Phase == alert.Firing && n.Objective.Service.Name == s.at.service
	}) {
		s.at.fires.Store(true)
	}
	s.at.pass("read standing")
	return standing
}

// receivers returns the channels with the failpoint.
func (f *failpoint) receivers(all map[string]dispatch.Channel) map[string]dispatch.Channel {
	if f == nil || f.delivery == nil {
		return all
	}
	failing := make(map[string]dispatch.Channel, len(all))
	for name, c := range all {
		failing[name] = failingChannel{c, name, f.delivery}
	}
	return failing
}

type failingChannel struct {
	dispatch.Channel
	name string
	at   *deliveryFailpoint
}

// Send implements dispatch.Channel.
func (c failingChannel) Send(ctx context.Context, m *dispatch.Message) error {
	return c.at.around("send "+c.name, func() error { return c.Channel.Send(ctx, m) })
}
