// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"testing"

	"github.com/leadline/leadline/internal/report"
)

// self returns the objectives that the server has of itself, by name.
func (s *server) self() map[string]report.SLO {
	s.t.Helper()
	var answer report.SLOs
	s.get("/api/v1/slos", &answer)
	all := make(map[string]report.SLO)
	for _, o := range answer.Self {
		all[o.Name] = o
	}
	return all
}

// TestItMeasuresItself: a server that nobody sends to is measured all the
// same, over a kill too, and what it says of itself is not mistaken for
// telemetry.
func TestItMeasuresItself(t *testing.T) {
	t.Parallel()
	in := install(t, map[string]string{"shop.yaml": shopFile})
	s := in.start()
	measured := func(atLeast uint64) {
		t.Helper()
		eventually(t, "the server measures itself", func() string {
			all := s.self()
			for _, name := range []string{"intake-accepts", "log-commits", "evaluation-on-time", "delivery-on-time"} {
				o := all[name]
				if o.State != "ok" || o.Good == nil || *o.Good < atLeast || *o.Bad > 0 {
					return fmt.Sprintf("%s is %q: %s", name, o.State, o.Cause)
				}
			}
			return ""
		})
	}
	measured(2)
	s.kill()
	s = in.start()
	measured(3)
	var slos report.SLOs
	s.get("/api/v1/slos", &slos)
	for _, o := range slos.SLOs {
		if o.Service == "leadline" {
			t.Errorf("%s of the server is among those of its users", o.Name)
		}
	}
	var operations report.Operations
	s.ready()
	s.get("/api/v1/operations", &operations)
	var intake report.IntakeView
	s.get("/api/v1/intake", &intake)
	if len(operations.Operations) > 0 || len(intake.Services) > 0 || intake.Signals[0].Accepted > 0 {
		t.Errorf("the server shows what it says of itself as telemetry: %+v %+v", operations.Operations, intake)
	}
	s.stop()
}
