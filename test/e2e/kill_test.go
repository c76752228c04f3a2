// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
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
// senders are at work and minutes close early, and holds the counts against
// the ledger, before and after one more kill.
func TestKillsLoseAndDoubleNothing(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.env = []string{"LEADLINE_TEST_GRACE=5s"}
	x := newTraffic(t, l)
	x.past = 3 * time.Second
	s := in.start()
	x.aim(s.at)
	x.start(seed, killSenders)
	up := time.Duration(0)
	for i := range kills {
		life := 200*time.Millisecond + time.Duration(rng.Int64N(int64(1300*time.Millisecond)))
		if i%6 == 5 { // long enough for minutes to close and to be stored
			life += 8 * time.Second
		}
		time.Sleep(life)
		if i%6 == 2 {
			s.stop() // beside the kills: what is in flight must be counted or refused
			s = in.start()
			x.aim(s.at)
			time.Sleep(life)
			up += life
		}
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
	s.projected(t)
	s.stop()
	s = in.start()
	s.settled(t, l)
	s.stop()
}

// projected waits until every minute of the past has closed and is stored.
func (s *server) projected(t *testing.T) {
	t.Helper()
	started := time.Now()
	eventually(t, "closed minutes are stored", func() string {
		var answer struct {
			Log struct {
				Waiting int `json:"waiting_minutes"`
			}
		}
		s.get("/api/v1/intake", &answer)
		if answer.Log.Waiting > 0 || time.Since(started) < 7*time.Second {
			return fmt.Sprintf("%d are waiting", answer.Log.Waiting)
		}
		return ""
	})
}
