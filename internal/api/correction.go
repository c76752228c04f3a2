// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
)

// Corrector makes and withdraws corrections. With dryRun it says what would
// come of one and writes nothing.
type Corrector interface {
	// Correct makes a correction of an objective; of bad events it chooses so
	// many, or with 0 all.
	Correct(ctx context.Context, w report.Which, c slo.Correction, bad uint64, dryRun bool) (report.Correction, error)
	Withdraw(ctx context.Context, id int64, author, reason string, dryRun bool) (report.Correction, error)
}

// maxCorrection is more than any correction needs.
const maxCorrection = 64 << 10

// corrections lists the ledger.
func (s *Server) corrections(r *http.Request) (any, error) {
	q := r.URL.Query()
	return s.report.Corrections(r.Context(), report.Which{
		Namespace: q.Get("namespace"), Service: q.Get("service"), Environment: q.Get("environment"), Name: q.Get("objective"),
	})
}

func (s *Server) correct(w http.ResponseWriter, r *http.Request) {
	var body report.CorrectionRequest
	if err := readJSON(w, r, maxCorrection, &body); err != nil {
		s.fail(w, err)
		return
	}
	c, err := s.correction(&body)
	if err != nil {
		s.fail(w, err)
		return
	}
	which := report.Which{Namespace: body.Namespace, Service: body.Service, Environment: body.Environment, Name: body.Objective}
	made, err := s.corrector.Correct(r.Context(), which, c, body.Bad, body.DryRun)
	s.entered(w, made, body.DryRun, err)
}

// correction reads what is wanted; whether it can be is the corrector's to say.
func (s *Server) correction(body *report.CorrectionRequest) (c slo.Correction, err error) {
	c = slo.Correction{Kind: cmp.Or(slo.CorrectionKind(body.Kind), slo.ExcludeAll), Author: body.Author, Reason: body.Reason}
	if c.Kind == slo.ExcludeAll && body.Bad > 0 {
		return c, errs.New(errs.Invalid, "a number of bad events belongs to the kind exclude_bad, and the kind is exclude")
	}
	if c.From, err = s.minute(body.From); err == nil {
		c.To, err = s.minute(body.To)
	}
	return c, err
}

// entered answers with an entry that was made, or would be.
func (s *Server) entered(w http.ResponseWriter, made report.Correction, dryRun bool, err error) {
	if err != nil {
		s.fail(w, err)
		return
	}
	status := http.StatusCreated
	if dryRun {
		status = http.StatusOK
	}
	writeJSON(w, status, report.CorrectionMade{SchemaVersion: report.SchemaVersion, DryRun: dryRun, Correction: made})
}

// minute reads a time. One that is told from now is of the minute at hand, which
// has begun.
func (s *Server) minute(text string) (time.Time, error) {
	now := s.report.Now()
	if strings.HasPrefix(text, "now") {
		now = now.Truncate(time.Minute)
	}
	return instant(text, now, time.Time{})
}

func (s *Server) withdraw(w http.ResponseWriter, r *http.Request) {
	var body report.WithdrawalRequest
	if err := readJSON(w, r, maxCorrection, &body); err != nil {
		s.fail(w, err)
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		s.fail(w, errs.New(errs.NotFound, "no correction %q", r.PathValue("id")).WithHint("leadline correct list lists them"))
		return
	}
	made, err := s.corrector.Withdraw(r.Context(), id, body.Author, body.Reason, body.DryRun)
	s.entered(w, made, body.DryRun, err)
}
