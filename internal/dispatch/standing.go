// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/slo"
)

// Evaluations is the source of a server: what package eval evaluates.
type Evaluations struct {
	engine *eval.Engine
	url    string

	mu sync.Mutex
	// last is made of snapshot: a standing is the same as long as that is.
	snapshot *eval.Snapshot
	last     *Standing
}

// NewEvaluations returns the source. With the address of the server's pages,
// notices link to them.
func NewEvaluations(e *eval.Engine, address string) *Evaluations {
	return &Evaluations{engine: e, url: address}
}

// Adopt implements Source.
func (s *Evaluations) Adopt(alerts []alert.Alert) { s.engine.Adopt(alerts) }

// Listen implements Source.
func (s *Evaluations) Listen() (<-chan time.Time, func()) { return s.engine.Listen() }

// Standing implements Source.
func (s *Evaluations) Standing() *Standing {
	snapshot := s.engine.Snapshot()
	s.mu.Lock()
	defer s.mu.Unlock()
	if snapshot == s.snapshot {
		return s.last
	}
	last := &Standing{At: snapshot.At}
	for i := range snapshot.Evaluations {
		v := &snapshot.Evaluations[i]
		for j := range v.Alerts {
			last.Notices = append(last.Notices, s.notice(v, &v.Alerts[j]))
		}
	}
	last.Notices = append(last.Notices, s.gone(snapshot)...)
	s.snapshot, s.last = snapshot, last
	return last
}

// gone returns the notices of alerts whose objectives are no longer defined. Who
// owned them stays as it was: receivers know an alert by that too.
func (s *Evaluations) gone(snapshot *eval.Snapshot) (all []Notice) {
	if len(snapshot.Gone) == 0 {
		return nil
	}
	before := make(map[alert.Key]*Notice)
	if s.last != nil {
		for i := range s.last.Notices {
			before[s.last.Notices[i].Key] = &s.last.Notices[i]
		}
	}
	for _, a := range snapshot.Gone {
		n := Notice{}
		if was := before[a.Key]; was != nil {
			n = *was
		}
		n.Alert, n.At, n.SLI, n.BudgetLeft, n.NextStep = a, snapshot.At, "", "", ""
		all = append(all, n)
	}
	return all
}

func (s *Evaluations) notice(v *eval.Evaluation, a *alert.Alert) Notice {
	o := v.Objective
	n := Notice{
		Alert: *a, Description: o.Description, Owner: o.Owner, Runbook: o.Runbook, Journey: o.Journey,
		URL: s.page(o.Key), Target: o.Target.Percent(), Window: o.Window.String(),
		NextStep: v.Status.NextStep, At: v.At,
	}
	if !v.Known {
		return n
	}
	n.SLI, n.BudgetLeft = decimal(v.Counts.SLI()), decimal(v.Budget.Left())
	return n
}

// decimal prints a share that is known.
func decimal(share float64, known bool) string {
	if !known {
		return ""
	}
	return strconv.FormatFloat(share, 'f', -1, 64)
}

// page is where the server shows an objective.
func (s *Evaluations) page(k slo.Key) string {
	if s.url == "" {
		return ""
	}
	q := url.Values{}
	for name, value := range map[string]string{"namespace": k.Service.Namespace, "environment": k.Service.Environment} {
		if value != "" {
			q.Set(name, value)
		}
	}
	page := s.url + "/slos/" + url.PathEscape(k.Service.Name) + "/" + url.PathEscape(k.Name)
	if len(q) > 0 {
		page += "?" + q.Encode()
	}
	return page
}
