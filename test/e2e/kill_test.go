// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math/rand/v2"
	"testing"
	"time"
)

const (
	kills       = 25
	killSenders = 8
	// leastRate is a tenth of the spans a second that the senders mean to send.
	leastRate = 500
)

// TestKillsLoseAndDoubleNothing kills the server again and again while eight
// senders are at work, and holds the counts against the ledger, before and
// after one more kill.
func TestKillsLoseAndDoubleNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	x := newTraffic(t, l)
	s := in.start()
	x.aim(s.at)
	x.start(seed, killSenders)
	up := time.Duration(0)
	for range kills {
		life := 200*time.Millisecond + time.Duration(rng.Int64N(int64(1300*time.Millisecond)))
		time.Sleep(life)
		s.kill()
		up += life
		s = in.start()
		x.aim(s.at)
	}
	x.finish()
	rate := float64(l.spans) / up.Seconds()
	t.Logf("%d kills, %d spans, %.0f a second of life, %d requests sent again", kills, l.spans, rate, x.again.Load())
	if rate < leastRate {
		t.Errorf("%.0f spans a second are no load", rate)
	}
	s.settled(t, l)
	s.kill()
	s = in.start()
	s.settled(t, l)
	s.stop()
}
