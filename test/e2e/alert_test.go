// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestABurstBreaches sends errors to a new server, and ends it while its alert
// fires.
func TestABurstBreaches(t *testing.T) {
	t.Parallel()
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	s := in.start()
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(8, 8))
	burst := func(n int, errors float64) {
		o := otlpgen.Options{ErrorShare: errors, From: time.Now().Add(-100 * time.Millisecond), To: time.Now()}
		spans := otlpgen.Spans(rng.Uint64(), n, o)
		l.add(spans)
		if err := c.send(way{}, s.at, otlpgen.Encode(spans, o)); err != nil {
			t.Fatal(err)
		}
	}
	breaches := func() {
		t.Helper()
		began := time.Now()
		eventually(t, "breaching", func() string {
			if state := s.slos()["api-up"].State; state != "breaching" {
				return "api-up is " + state
			}
			return ""
		})
		t.Logf("breaching %s later", time.Since(began).Round(time.Millisecond))
	}
	burst(1000, 0)
	s.settled(t, l)
	burst(500, 1)
	breaches()
	s.kill()
	s = in.start()
	burst(10, 1)
	breaches()
	s.stop()
}
