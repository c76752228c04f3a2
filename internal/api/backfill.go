// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"

	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/errs"
)

// Backfiller takes history that was not measured as it happened. A second
// back-fill at the same time is refused as errs.Conflict.
type Backfiller interface {
	Recording(ctx context.Context, recording io.Reader, strict bool) (backfill.Report, error)
	Generate(ctx context.Context, g backfill.Generation) (backfill.Report, error)
}

const (
	// maxGeneration is more than any wish for generated history needs.
	maxGeneration = 4 << 10
	// maxDrained is how much of a body is read after an error, so that a
	// sender that is still sending sees the answer.
	maxDrained = 64 << 20
)

// backfilled takes a recording as a stream of lines, or a wish for generated
// history.
func (s *Server) backfilled(r *http.Request) (any, error) {
	if s.backfill == nil {
		return nil, errs.New(errs.Unsupported, "this server takes no back-fill")
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch contentType {
	case "application/x-ndjson", "application/jsonl":
		report, err := s.backfill.Recording(r.Context(), r.Body, r.URL.Query().Get("strict") == "true")
		if err != nil && errs.KindOf(err) != errs.Conflict {
			io.CopyN(io.Discard, r.Body, maxDrained)
		}
		return report, err
	case "application/json":
		var g backfill.Generation
		d := json.NewDecoder(io.LimitReader(r.Body, maxGeneration))
		d.DisallowUnknownFields()
		if err := d.Decode(&g); err != nil {
			if errs.KindOf(err) == errs.Internal {
				err = errs.New(errs.Invalid, "read the request: %w", err).WithHint(`send {"generate":"30d","seed":1}`)
			}
			return nil, err
		}
		return s.backfill.Generate(r.Context(), g)
	}
	return nil, errs.New(errs.Invalid, "content type %q is not one of a back-fill", contentType).
		WithHint("send lines of OTLP/JSON as application/x-ndjson, or {\"generate\":\"30d\"} as application/json")
}
