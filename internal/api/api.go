// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package api serves Leadline's HTTP API, its own metrics and the UI.
//
// It owns addresses, authentication, status codes and headers. Handlers parse,
// ask package report and write JSON; they compute nothing. The description of
// the API, openapi.json, is served beside it and checked against it by tests.
//
// Who may in: with a token, whoever sends it as "Authorization: Bearer" or has
// traded it for a cookie; without one, only requests to a loopback address by
// a loopback name, so that a page elsewhere that resolves its own name to
// 127.0.0.1 cannot read the answers. Health checks are open to all.
package api

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

//go:embed openapi.json
var openAPI []byte

// Config is what the server needs to know.
type Config struct {
	// Addr is host:port; port 0 picks a free one.
	Addr string
	// Token opens everything; empty is allowed on loopback only.
	Token string
}

// Server is the HTTP server of API and UI.
type Server struct {
	report    *report.Report
	events    Events
	delivery  Delivery
	backfill  Backfiller
	corrector Corrector
	ready     func() error
	logger    *slog.Logger
	auth      auth
	http      *http.Server
	listener  net.Listener
	// streams is how many streams of events are open.
	streams atomic.Int64
	// strayed is done when the log has said that telemetry comes here.
	strayed sync.Once
}

// Events is where new evaluations are announced.
type Events interface {
	Listen() (<-chan time.Time, func())
}

// Parts are what a Server is made of.
type Parts struct {
	Report    *report.Report
	Events    Events
	Delivery  Delivery
	Backfill  Backfiller
	Corrector Corrector
	// Ready says why the server is not ready yet, or nil.
	Ready   func() error
	Metrics http.Handler
	UI      fs.FS
	Logger  *slog.Logger
}

// The limits of one connection. Answers may take long: events never end.
const (
	readHeaderTimeout = 10 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 64 << 10
	drainTimeout      = 5 * time.Second
)

// New listens on the address. Run serves.
func New(cfg Config, p Parts) (*Server, error) {
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "listen for API and UI: %w", err).WithHint("choose another address with --listen")
	}
	s := &Server{
		report: p.Report, events: p.Events, delivery: p.Delivery, backfill: p.Backfill, corrector: p.Corrector, ready: p.Ready, logger: p.Logger,
		auth: newAuth(cfg.Token), listener: listener,
	}
	s.http = &http.Server{
		Handler:           s.routes(p),
		ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(p.Logger.Handler(), slog.LevelDebug),
	}
	return s, nil
}

// Addr returns the address that the server listens on.
func (s *Server) Addr() net.Addr { return s.listener.Addr() }

// Run serves until ctx ends and then lets answers finish for a while.
func (s *Server) Run(ctx context.Context) error {
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	ended := make(chan error, 1)
	go func() { ended <- s.http.Serve(s.listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTimeout)
	defer cancel()
	if err := s.http.Shutdown(drain); err != nil {
		return s.http.Close()
	}
	return nil
}

// route is one address. What is not open needs the token, where there is one.
type route struct {
	pattern string
	open    bool
	handler http.Handler
}

// table is every route of the API; openapi.json describes each.
func (s *Server) table(p Parts) []route {
	return []route{
		{"GET /healthz", true, http.HandlerFunc(s.health)},
		{"GET /readyz", true, http.HandlerFunc(s.readiness)},
		{"GET /api/v1/session", true, http.HandlerFunc(s.auth.session)},
		{"POST /api/v1/session", true, http.HandlerFunc(s.auth.signIn)},
		{"DELETE /api/v1/session", true, http.HandlerFunc(s.auth.signOut)},
		{"GET /api/openapi.json", true, http.HandlerFunc(describe)},
		{"GET /api/v1/slos", false, s.answer(s.slos)},
		{"GET /api/v1/slos/{service}/{name}", false, s.answer(s.slo)},
		{"GET /api/v1/slos/{service}/{name}/events", false, s.answer(s.happened)},
		{"GET /api/v1/trends", false, s.answer(s.trends)},
		{"GET /api/v1/alerts", false, s.answer(s.alerts)},
		{"GET /api/v1/silences", false, s.answer(s.silences)},
		{"POST /api/v1/silences", false, http.HandlerFunc(s.silence)},
		{"DELETE /api/v1/silences/{id}", false, s.answer(s.endSilence)},
		{"GET /api/v1/receivers", false, s.answer(s.receivers)},
		{"POST /api/v1/receivers/{name}/test", false, s.answer(s.testReceiver)},
		{"GET /api/v1/operations", false, s.answer(s.operations)},
		{"GET /api/v1/services", false, s.answer(s.services)},
		{"GET /api/v1/services/{service}", false, s.answer(s.service)},
		{"GET /api/v1/proposals", false, s.answer(s.proposals)},
		{"GET /api/v1/intake", false, s.answer(s.intake)},
		{"GET /api/v1/intake/arrivals", false, s.answer(s.arrivals)},
		{"POST " + backfillPath, false, http.HandlerFunc(s.backfilled)},
		{"GET /api/v1/corrections", false, s.answer(s.corrections)},
		{"POST /api/v1/corrections", false, http.HandlerFunc(s.correct)},
		{"POST /api/v1/corrections/{id}/withdraw", false, http.HandlerFunc(s.withdraw)},
		{"GET /api/v1/events", false, http.HandlerFunc(s.stream)},
		{"GET /metrics", false, p.Metrics},
	}
}

func (s *Server) routes(p Parts) http.Handler {
	mux := http.NewServeMux()
	for _, r := range s.table(p) {
		if !r.open {
			r.handler = s.auth.require(r.handler)
		}
		mux.Handle(r.pattern, r.handler)
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) { s.unknown(mux, w, r) })
	mux.HandleFunc("POST /v1/", s.astray)
	mux.HandleFunc("/", pages(p.UI))
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(elsewhere))
	return hurry(origins.Handler(s.auth.guardHost(mux)))
}

// methods are those of the table; GET answers HEAD too.
var methods = []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodDelete}

// unknown answers what no route takes: with 405 if another method would be
// taken. The mux would say so itself if nothing stood below /api/, and then a
// wrong address would be answered with a page.
func (s *Server) unknown(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	var allowed []string
	_, here := mux.Handler(r)
	for _, m := range methods {
		other := *r
		other.Method = m
		if _, pattern := mux.Handler(&other); pattern != here {
			allowed = append(allowed, m)
		}
	}
	if len(allowed) == 0 {
		s.fail(w, errs.New(errs.NotFound, "no such address: %s %s", r.Method, r.URL.Path).WithHint("GET /api/openapi.json describes the API"))
		return
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	writeJSON(w, http.StatusMethodNotAllowed, Problem{Fault{errs.Invalid.String(),
		fmt.Sprintf("%s does not take %s", r.URL.Path, r.Method), "use " + strings.Join(allowed, " or ")}})
}

// elsewhere answers the page of another origin that wants to change something.
func elsewhere(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusForbidden, Problem{Fault{errs.Unauthenticated.String(), r.Method + " is not taken from the pages of another origin",
		"use the UI of this server, the command line, or a program that is no browser"}})
}

func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(openAPI)
}

// answer turns a question into a handler that writes JSON.
func (s *Server) answer(f func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := f(r)
		if err != nil {
			s.fail(w, err)
			return
		}
		writeJSON(w, http.StatusOK, v)
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(true)
	e.Encode(v)
}

// statuses maps the kind of an error to the status of the answer.
var statuses = map[errs.Kind]int{
	errs.Internal: http.StatusInternalServerError, errs.Invalid: http.StatusBadRequest,
	errs.NotFound: http.StatusNotFound, errs.Unauthenticated: http.StatusUnauthorized,
	errs.TooLarge: http.StatusRequestEntityTooLarge, errs.Unavailable: http.StatusServiceUnavailable,
	errs.Unsupported: http.StatusNotImplemented, errs.Conflict: http.StatusConflict,
}

// Problem is the body of an answer that is an error.
type Problem struct {
	Error Fault `json:"error"`
}

// Fault says what went wrong and how to mend it.
type Fault struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// astray answers telemetry that was sent to the port of the pages.
func (s *Server) astray(w http.ResponseWriter, r *http.Request) {
	s.strayed.Do(func() {
		s.logger.Warn("telemetry goes astray", "from", r.RemoteAddr, "finding", "it is sent to the port of the pages and the API; this is said once")
	})
	s.fail(w, errs.New(errs.NotFound, "this port has the pages and the API, and takes no telemetry").
		WithHint("send it to port 4317 (gRPC) or 4318 (HTTP), or to those that the server said when it started"))
}

// fail writes an error. What nobody classified is our fault: its text goes to
// the log and not to the caller.
func (s *Server) fail(w http.ResponseWriter, err error) {
	kind := errs.KindOf(err)
	message := err.Error()
	if kind == errs.Internal {
		s.logger.Error("answer a request", "err", err)
		message = "internal error; the server's log says more"
	}
	writeJSON(w, statuses[kind], Problem{Fault{kind.String(), message, errs.HintOf(err)}})
}
