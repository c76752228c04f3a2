// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/eval"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/window"
)

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	h := s.report.Health()
	status := http.StatusOK
	if h.State != "ok" {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, h)
}

func (s *Server) readiness(w http.ResponseWriter, _ *http.Request) {
	if err := s.ready(); err != nil {
		writeJSON(w, http.StatusServiceUnavailable, report.Health{State: "starting", Cause: err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, report.Health{State: "ok"})
}

func (s *Server) slos(r *http.Request) (any, error) { return s.report.SLOs(r.Context()), nil }

// trends answers for all objectives, or for those of some services or owners.
func (s *Server) trends(r *http.Request) (any, error) {
	q := r.URL.Query()
	return s.report.Trends(report.TrendFilter{Services: q["service"], Owners: q["owner"]}), nil
}

func (s *Server) operations(r *http.Request) (any, error) {
	length, err := windowOf(r.URL.Query(), report.OperationsWindow)
	if err != nil {
		return nil, err
	}
	return s.report.Operations(r.Context(), length)
}

func (s *Server) arrivals(r *http.Request) (any, error) {
	length, err := windowOf(r.URL.Query(), report.ArrivalsWindow)
	if err != nil {
		return nil, err
	}
	return s.report.Arrivals(r.Context(), length)
}

// windowOf reads how far back an answer is to reach.
func windowOf(q url.Values, missing time.Duration) (time.Duration, error) {
	text := q.Get("window")
	if text == "" {
		return missing, nil
	}
	length, err := ago("-" + text)
	if err != nil {
		return 0, errs.New(errs.Invalid, "%q is no window", text).WithHint("write 30m, 6h or 28d")
	}
	return length, nil
}

func (s *Server) proposals(r *http.Request) (any, error) { return s.report.Proposals(r.Context()) }

func (s *Server) intake(r *http.Request) (any, error) { return s.report.IntakeNow(r.Context()) }

// slo answers for one objective, by default over its window.
func (s *Server) slo(r *http.Request) (any, error) {
	v, from, to, err := s.objective(r)
	if err != nil {
		return nil, err
	}
	return s.report.SLO(r.Context(), v, r.URL.Query().Get("generation"), from, to)
}

// happened answers with what happened to an objective, by default in its window.
func (s *Server) happened(r *http.Request) (any, error) {
	v, from, to, err := s.objective(r)
	if err != nil {
		return nil, err
	}
	return s.report.Events(r.Context(), v, from, to)
}

// objective reads which objective is asked for, and which range.
func (s *Server) objective(r *http.Request) (v *eval.Evaluation, from, to time.Time, err error) {
	q := r.URL.Query()
	v, err = s.report.Find(report.Which{
		Service: r.PathValue("service"), Name: r.PathValue("name"), Namespace: q.Get("namespace"), Environment: q.Get("environment"),
	})
	if err != nil {
		return nil, from, to, err
	}
	if from, to, err = rangeOf(q, s.report.Now(), v); err != nil {
		return nil, from, to, err
	}
	return v, from, to, checkRange(from, to)
}

// rangeOf reads which range is asked for: by default the very window that was
// evaluated, so that its slices add up to the number shown.
func rangeOf(q url.Values, now time.Time, v *eval.Evaluation) (from, to time.Time, err error) {
	if to, err = instant(q.Get("to"), now, v.To); err != nil {
		return from, to, err
	}
	missing := v.From
	switch w := v.Objective.Window; {
	case q.Get("to") == "":
	case w.Calendar.IsZero():
		missing = to.Add(-w.Length)
	default:
		missing, _ = w.Range(to.Add(-time.Nanosecond))
	}
	from, err = instant(q.Get("from"), now, missing)
	return from, to, err
}

// longestRange is what a chart may show: the retention of slices.
const longestRange = 400 * 24 * time.Hour

func checkRange(from, to time.Time) error {
	if to.Sub(from) > longestRange {
		return errs.New(errs.Invalid, "the range is longer than %d days", longestRange/(24*time.Hour)).WithHint("ask for a shorter one")
	}
	return nil
}

// instant reads a time: RFC 3339, or now and how long before it, as in now-6h
// and now-28d.
func instant(text string, now, missing time.Time) (time.Time, error) {
	if text == "" {
		return missing, nil
	}
	if back, found := strings.CutPrefix(text, "now"); found {
		d, err := ago(back)
		if err == nil {
			return measurable(now.Add(-d), text)
		}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, errs.New(errs.Invalid, "%q is not a time", text).WithHint("write 2026-11-23T12:00:00Z, now, or now-6h")
	}
	return measurable(t, text)
}

// measurable refuses a time that nothing was measured at.
func measurable(t time.Time, text string) (time.Time, error) {
	if t.Before(earliest) || t.After(latest) {
		return t, errs.New(errs.Invalid, "%q is not a time that can have been measured", text).WithHint("write a time of this century")
	}
	return t, nil
}

// The times that may be asked for: within what minutes and nanoseconds since
// the epoch can say.
var (
	earliest = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)
	latest   = time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)
)

// ago reads "", "-6h" or "-28d".
func ago(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	back, found := strings.CutPrefix(text, "-")
	d, err := window.Parse(back)
	if err != nil || d < 0 || !found {
		return 0, errs.New(errs.Invalid, "not a duration: %q", text)
	}
	return d, nil
}

// keepAlive is how often an idle stream of events says that it lives, so that
// proxies do not cut it.
const keepAlive = 15 * time.Second

// maxStreams is how many streams of events may be open: the tabs of one browser
// share one, so this is how many people may look at once.
const maxStreams = 512

// gather is how long changes of alerts are gathered into one event: a delivery
// changes several times in a moment.
const gather = 200 * time.Millisecond

// stream sends an event for each new evaluation, and for changes of what people
// have been told and silenced.
func (s *Server) stream(w http.ResponseWriter, r *http.Request) {
	flusher, ok := w.(http.Flusher)
	if !ok {
		s.fail(w, errs.New(errs.Unsupported, "events need a connection that can be flushed"))
		return
	}
	defer s.streams.Add(-1)
	if s.streams.Add(1) > maxStreams {
		s.fail(w, errs.New(errs.Unavailable, "%d streams of events are open already", maxStreams).
			WithHint("close some pages, or ask again and again instead: GET /api/v1/slos says when it was evaluated"))
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	evaluations, stop := s.events.Listen()
	defer stop()
	alerts, stopAlerts := s.delivery.Listen()
	defer stopAlerts()
	fmt.Fprint(w, ": listening\n\n")
	flusher.Flush()
	idle := time.NewTicker(keepAlive)
	defer idle.Stop()
	var changed time.Time
	var due <-chan time.Time
	for {
		select {
		case <-r.Context().Done():
			return
		case at := <-evaluations:
			fmt.Fprintf(w, "event: evaluation\ndata: {\"evaluated_at\":%q}\n\n", at.UTC().Format(time.RFC3339Nano))
		case changed = <-alerts:
			if due == nil {
				due = time.After(gather)
			}
			continue
		case <-due:
			due = nil
			fmt.Fprintf(w, "event: alerts\ndata: {\"changed_at\":%q}\n\n", changed.UTC().Format(time.RFC3339Nano))
		case <-idle.C:
			fmt.Fprint(w, ": alive\n\n")
		}
		flusher.Flush()
	}
}
