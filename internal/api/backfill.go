// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"time"

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
	backfillPath = "/api/v1/backfill"
	// maxGeneration is more than any wish for generated history needs.
	maxGeneration = 4 << 10
	// maxDrained and drainFor bound what is read after an error, so that a
	// sender that is still sending sees the answer before the connection ends.
	maxDrained = 64 << 20
	drainFor   = 2 * time.Second
)

// backfilled takes a recording as a stream of lines, or a wish for generated
// history. An error is answered at once, while the sender still sends.
func (s *Server) backfilled(w http.ResponseWriter, r *http.Request) {
	c := http.NewResponseController(w)
	c.EnableFullDuplex() // HTTP/2 is duplex anyway, and says that it cannot
	report, err := s.takeBackfill(r)
	if err == nil {
		writeJSON(w, http.StatusOK, report)
		return
	}
	s.fail(w, err)
	c.Flush()
	c.SetReadDeadline(time.Now().Add(drainFor))
	io.CopyN(io.Discard, r.Body, maxDrained)
}

func (s *Server) takeBackfill(r *http.Request) (report backfill.Report, err error) {
	if s.backfill == nil {
		return report, errs.New(errs.Unsupported, "this server takes no back-fill")
	}
	contentType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch contentType {
	case "application/x-ndjson", "application/jsonl":
		return s.backfill.Recording(r.Context(), r.Body, r.URL.Query().Get("strict") == "true")
	case "application/json":
		g, err := readGeneration(r.Body)
		if err != nil {
			return report, err
		}
		return s.backfill.Generate(r.Context(), g)
	}
	return report, errs.New(errs.Invalid, "content type %q is not one of a back-fill", contentType).
		WithHint("send lines of OTLP/JSON as application/x-ndjson, or {\"generate\":\"30d\"} as application/json")
}

func readGeneration(body io.Reader) (g backfill.Generation, err error) {
	d := json.NewDecoder(io.LimitReader(body, maxGeneration))
	d.DisallowUnknownFields()
	if err = d.Decode(&g); err != nil && errs.KindOf(err) == errs.Internal {
		err = errs.New(errs.Invalid, "read the request: %w", err).WithHint(`send {"generate":"30d","seed":1}`)
	}
	return g, err
}
