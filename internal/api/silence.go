// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

// Delivery is who tells receivers of alerts: it says when something about that
// has changed, keeps silences, and sends tests.
type Delivery interface {
	Events
	// Silence begins a silence and returns it with its id; one that is not
	// valid is errs.Invalid.
	Silence(ctx context.Context, s catalog.Silence) (catalog.Silence, error)
	// EndSilence ends one now; one that has ended stays as it is.
	EndSilence(ctx context.Context, id string) (catalog.Silence, error)
	// Test sends a test message and returns why the receiver did not take it;
	// one that is not configured is errs.NotFound.
	Test(ctx context.Context, receiver string) error
}

// maxSilence is more than the longest silence needs.
const maxSilence = 64 << 10

func (s *Server) silences(r *http.Request) (any, error) { return s.report.Silences(r.Context()) }

// silence begins a silence.
func (s *Server) silence(w http.ResponseWriter, r *http.Request) {
	wish, err := readSilence(w, r, s.report.Now())
	if err == nil {
		wish, err = s.delivery.Silence(r.Context(), wish)
	}
	if err != nil {
		s.fail(w, err)
		return
	}
	writeJSON(w, http.StatusCreated, report.OneSilence{SchemaVersion: report.SchemaVersion, Silence: s.report.Silence(wish)})
}

func readSilence(w http.ResponseWriter, r *http.Request, now time.Time) (out catalog.Silence, err error) {
	var body report.NewSilence
	if err := readJSON(w, r, maxSilence, &body); err != nil {
		return out, err
	}
	out = catalog.Silence{Matchers: body.Matchers, Author: body.Author, Comment: body.Reason, Starts: now}
	if body.Starts != nil {
		out.Starts = *body.Starts
	}
	switch {
	case (body.Ends != nil) == (body.Length != ""):
		return out, errs.New(errs.Invalid, "silence: it needs an end").WithHint(`write "length": "2h", or "ends_at": "2026-11-23T12:00:00Z"`)
	case body.Ends != nil:
		out.Ends = *body.Ends
		return out, nil
	}
	length, err := ago("-" + body.Length)
	if err != nil {
		return out, errs.New(errs.Invalid, "silence: %q is no length", body.Length).WithHint("write 30m, 6h or 7d")
	}
	out.Ends = out.Starts.Add(length)
	return out, nil
}

// endSilence ends a silence now.
func (s *Server) endSilence(r *http.Request) (any, error) {
	ended, err := s.delivery.EndSilence(r.Context(), r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	return report.OneSilence{SchemaVersion: report.SchemaVersion, Silence: s.report.Silence(ended)}, nil
}

// readJSON reads a body of at most so many bytes. Nothing in it may be unknown:
// a misspelled field would be left out without a word.
func readJSON(w http.ResponseWriter, r *http.Request, most int64, v any) error {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/json" {
		return errs.New(errs.Invalid, "content type %q is not application/json", kind).WithHint("send JSON, and say so in Content-Type")
	}
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return errs.New(errs.TooLarge, "the body has more than %d bytes", most).WithHint("send less")
	}
	if err != nil {
		return errs.New(errs.Invalid, "read the body: %w", err).WithHint("GET /api/openapi.json describes it")
	}
	return nil
}
