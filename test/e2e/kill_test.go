// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
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
	s.stored(t, x.client, time.Now().Truncate(time.Minute).Add(-time.Minute))
	s.stop()
	s = in.start()
	s.settled(t, l)
	s.stop()
}

// stored waits until the minute has closed, and every closed one is in the
// series store. That it has closed is seen from outside: a span of a service
// that no objective names is late in it.
func (s *server) stored(t *testing.T, c *client, minute time.Time) {
	t.Helper()
	o := otlpgen.Options{Service: "probe", From: minute, To: minute.Add(time.Minute)}
	eventually(t, "the minute closes and is stored", func() string {
		if c.send(way{}, s.at, otlpgen.Traces(rand.Uint64(), 1, o)) == nil {
			return "it takes spans"
		}
		var answer struct {
			Log struct {
				Waiting int `json:"waiting_minutes"`
			}
		}
		s.get("/api/v1/intake", &answer)
		if answer.Log.Waiting > 0 {
			return fmt.Sprintf("%d are waiting", answer.Log.Waiting)
		}
		return ""
	})
}
