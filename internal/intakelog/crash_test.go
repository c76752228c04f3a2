// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

// world is a log on a bad disk and the naive model of what it must hold.
type world struct {
	t     *testing.T
	rng   *rand.Rand
	disk  *crashfs.FS
	log   *intakelog.Log
	model [2][]*expected
	next  int
	// inOrder: the disk writes sectors in order, so no crash looks like damage.
	// On the other half of the disks a commit of several records may keep a
	// later one without an earlier one; nothing tells that it was never
	// acknowledged.
	inOrder bool
	// seen counts what happened, so that the test can check that it tests.
	seen map[string]int
}

// expected is a record that was handed to Commit.
type expected struct {
	payload string
	until   int64
	// maybe: the outcome was not told, so it may be there or not.
	maybe bool
	// dropped: it may have been deleted.
	dropped bool
}

func TestCrashesLoseNothingThatWasCommitted(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(200) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 1)), disk: crashfs.New(), seen: seen}
			if w.inOrder = seed%2 == 0; w.inOrder {
				w.disk.InOrder()
			}
			for range 8 {
				w.live()
				w.die()
			}
			w.reopen()
		})
	}
	for _, event := range []string{
		"commit", "refused", "stopped", "rotate", "drop", "maybe kept", "maybe lost",
		"killed", "crashed", "torn", "open cut short", "closed",
	} {
		if seen[event] < 10 {
			t.Errorf("%q happened %d times: the test does not test it", event, seen[event])
		}
	}
}

// live opens the log and uses it until something stops it or it has done
// enough.
func (w *world) live() {
	w.troubles()
	if !w.reopen() {
		return
	}
	for range 5 + w.rng.IntN(40) {
		if w.log.Failed() != nil {
			w.seen["stopped"]++
			return
		}
		switch w.rng.IntN(12) {
		case 0:
			w.seen["rotate"]++
			_ = w.log.Rotate(w.stream()) // an error must not cost a record; the model checks that
		case 1:
			w.drop()
		default:
			if !w.commit() && w.rng.IntN(3) == 0 {
				return // at once, before anything else is synced
			}
		}
	}
	if w.rng.IntN(3) == 0 && w.log.Close() == nil {
		w.seen["closed"]++
	}
}

// troubles prepares what will go wrong in this life.
func (w *world) troubles() {
	if w.rng.IntN(2) == 0 {
		w.disk.PowerOff(w.rng.IntN(150))
	}
	for range w.rng.IntN(3) {
		op := intakelog.Op(w.rng.IntN(int(intakelog.OpSyncDir) + 1))
		w.disk.Fail(op, 1+w.rng.IntN(60), syscall.EIO)
	}
	for range w.rng.IntN(4) {
		w.disk.Fail(intakelog.OpWrite, 1+w.rng.IntN(60), syscall.ENOSPC)
	}
	if w.rng.IntN(4) == 0 {
		w.disk.SetCapacity(w.disk.Used() + w.rng.Int64N(20000))
	} else {
		w.disk.SetCapacity(1 << 40)
	}
}

// die ends the process, or the machine.
func (w *world) die() {
	if w.rng.IntN(3) == 0 {
		w.seen["killed"]++
		w.disk.Kill()
		return
	}
	w.seen["crashed"]++
	w.disk = w.disk.Crash(w.rng.Uint64())
}

func (w *world) stream() intakelog.Stream { return intakelog.Stream(w.rng.IntN(2)) }

// commit returns whether the records were committed.
func (w *world) commit() bool {
	s := w.stream()
	var records []intakelog.Record
	var group []*expected
	for range 1 + w.rng.IntN(4) {
		w.next++
		payload := fmt.Sprintf("%d:%s", w.next, strings.Repeat(fmt.Sprint(w.next), w.rng.IntN(500)))
		e := &expected{payload: payload, until: int64(w.next/20 - w.rng.IntN(5))}
		group = append(group, e)
		records = append(records, record(e.until, e.payload))
	}
	err := w.log.Commit(s, records)
	switch {
	case err == nil:
		w.seen["commit"]++
	case errs.KindOf(err) != errs.Unavailable || errs.RetryAfter(err) == 0 || errs.HintOf(err) == "":
		w.t.Fatalf("commit: %v: not an Unavailable error with a hint", err)
	case w.log.Failed() == nil:
		w.seen["refused"]++
		return false // and none of it may ever be seen
	default:
		for _, e := range group {
			e.maybe = true
		}
	}
	w.model[s] = append(w.model[s], group...)
	return err == nil
}

func (w *world) drop() {
	s, through := w.stream(), int64(w.next/20-w.rng.IntN(8))
	w.seen["drop"]++
	_ = w.log.Drop(s, through)
	for _, e := range w.model[s] {
		e.dropped = e.dropped || e.until <= through
	}
}

// reopen opens the log and compares it with the model. It returns whether the
// disk let it.
func (w *world) reopen() bool {
	log, got, damage, err := tryOpen(w.disk, small)
	if err != nil {
		if !errors.Is(err, crashfs.ErrPowerLost) && !errors.Is(err, syscall.EIO) && !errors.Is(err, syscall.ENOSPC) {
			w.t.Fatalf("open: %v", err)
		}
		w.seen["open cut short"]++
		return false
	}
	w.log = log
	for s := range w.model {
		w.compare(intakelog.Stream(s), payloads(got, intakelog.Stream(s)))
	}
	for _, d := range damage {
		if d.Torn {
			w.seen["torn"]++
		} else if w.inOrder {
			w.t.Errorf("damage without a cause: %v", d)
		}
	}
	return true
}

// compare requires that got is the model's list without some of those that
// may be absent, and makes it the model.
func (w *world) compare(s intakelog.Stream, got []string) {
	var kept []*expected
	for _, e := range w.model[s] {
		there := len(got) > 0 && got[0] == e.payload
		switch {
		case there:
			got = got[1:]
			kept = append(kept, e)
			if e.maybe {
				w.seen["maybe kept"]++
			}
			e.maybe = false
		case e.maybe:
			w.seen["maybe lost"]++
		case !e.dropped:
			w.t.Fatalf("%s: committed record %.20q is not there; next is %.20q", s, e.payload, slices.Concat(got, []string{"nothing"})[0])
		}
	}
	if len(got) > 0 {
		w.t.Fatalf("%s: record %.20q is there and should not be", s, got[0])
	}
	w.model[s] = kept
}
