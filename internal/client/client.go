// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package client asks a running server through its API, in the shapes of
// package report.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

// ErrNoServer is when nobody listens at the server's address.
var ErrNoServer = errors.New("no server answers")

// Client talks to one server.
type Client struct {
	base  string
	token string
	http  *http.Client
}

const (
	timeout  = 30 * time.Second
	maxBytes = 256 << 20 // of an answer
)

// New returns a client of the server at an address such as
// http://127.0.0.1:8484.
func New(address, token string) (*Client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errs.New(errs.Invalid, "server address %q is not one", address).WithHint("write it as http://127.0.0.1:8484")
	}
	return &Client{base: strings.TrimSuffix(address, "/"), token: token, http: &http.Client{Timeout: timeout}}, nil
}

// SLOs asks for every objective.
func (c *Client) SLOs(ctx context.Context) (v report.SLOs, err error) {
	return v, c.get(ctx, "/api/v1/slos", nil, &v)
}

// SLO asks for one objective.
func (c *Client) SLO(ctx context.Context, w report.Which, from, to string) (v report.Detail, err error) {
	q := query(map[string]string{"namespace": w.Namespace, "environment": w.Environment, "generation": w.Generation, "from": from, "to": to})
	return v, c.get(ctx, "/api/v1/slos/"+url.PathEscape(w.Service)+"/"+url.PathEscape(w.Name), q, &v)
}

// Timeline asks for what happened to an objective.
func (c *Client) Timeline(ctx context.Context, w report.Which, from, to string) (v report.Timeline, err error) {
	q := query(map[string]string{"namespace": w.Namespace, "environment": w.Environment, "from": from, "to": to})
	return v, c.get(ctx, "/api/v1/slos/"+url.PathEscape(w.Service)+"/"+url.PathEscape(w.Name)+"/events", q, &v)
}

// Operations asks for what every operation did in a window up to now, by
// default the last hour.
func (c *Client) Operations(ctx context.Context, window string) (v report.Operations, err error) {
	return v, c.get(ctx, "/api/v1/operations", query(map[string]string{"window": window}), &v)
}

// Alerts asks for the alerts that a query chooses; see the API's description.
func (c *Client) Alerts(ctx context.Context, q url.Values) (v report.Alerts, err error) {
	return v, c.get(ctx, "/api/v1/alerts", q, &v)
}

// Silences asks for every silence that is kept.
func (c *Client) Silences(ctx context.Context) (v report.Silences, err error) {
	return v, c.get(ctx, "/api/v1/silences", nil, &v)
}

// AddSilence begins a silence.
func (c *Client) AddSilence(ctx context.Context, s report.NewSilence) (v report.OneSilence, err error) {
	return v, c.send(ctx, http.MethodPost, "/api/v1/silences", s, &v)
}

// EndSilence ends a silence.
func (c *Client) EndSilence(ctx context.Context, id string) (v report.OneSilence, err error) {
	return v, c.send(ctx, http.MethodDelete, "/api/v1/silences/"+url.PathEscape(id), nil, &v)
}

// Receivers asks how every receiver stands.
func (c *Client) Receivers(ctx context.Context) (v report.Receivers, err error) {
	return v, c.get(ctx, "/api/v1/receivers", nil, &v)
}

// TestReceiver sends a test message, which takes as long as the receiver does.
func (c *Client) TestReceiver(ctx context.Context, name string) (v report.TestResult, err error) {
	patient := *c
	patient.http = &http.Client{Timeout: 2 * timeout}
	return v, patient.send(ctx, http.MethodPost, "/api/v1/receivers/"+url.PathEscape(name)+"/test", nil, &v)
}

// send changes something; body is sent as JSON unless it is nil.
func (c *Client) send(ctx context.Context, method, path string, body, v any) error {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("send %s: %w", path, err)
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, content)
	if err != nil {
		return fmt.Errorf("send %s: %w", path, err)
	}
	r.Header.Set("Content-Type", "application/json")
	return c.do(r, v)
}

// Corrections asks for the ledger, of the objectives that are meant.
func (c *Client) Corrections(ctx context.Context, w report.Which) (v report.Corrections, err error) {
	q := query(map[string]string{"namespace": w.Namespace, "service": w.Service, "environment": w.Environment, "objective": w.Name})
	return v, c.get(ctx, "/api/v1/corrections", q, &v)
}

// Correct makes a correction.
func (c *Client) Correct(ctx context.Context, r report.CorrectionRequest) (v report.CorrectionMade, err error) {
	return v, c.send(ctx, http.MethodPost, "/api/v1/corrections", r, &v)
}

// Withdraw withdraws a correction.
func (c *Client) Withdraw(ctx context.Context, id string, r report.WithdrawalRequest) (v report.CorrectionMade, err error) {
	return v, c.send(ctx, http.MethodPost, "/api/v1/corrections/"+url.PathEscape(id)+"/withdraw", r, &v)
}

// Proposals asks for drafts of service files.
func (c *Client) Proposals(ctx context.Context) (v report.Proposals, err error) {
	return v, c.get(ctx, "/api/v1/proposals", nil, &v)
}

// query returns the parameters that say something.
func query(parameters map[string]string) url.Values {
	q := url.Values{}
	for name, value := range parameters {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

func (c *Client) get(ctx context.Context, path string, q url.Values, v any) error {
	if len(q) > 0 {
		path += "?" + q.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+path, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	return c.do(r, v)
}

// Post sends a body and reads the answer into v. The time it takes is the
// caller's to bound. The body follows when the server wants it, so that a
// refusal is not lost behind a large one.
func (c *Client) Post(ctx context.Context, path, contentType string, body io.Reader, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, body)
	if err != nil {
		return fmt.Errorf("send %s: %w", path, err)
	}
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Expect", "100-continue")
	unbounded := *c
	unbounded.http = &http.Client{}
	return unbounded.do(r, v)
}

func (c *Client) do(r *http.Request, v any) error {
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		if errors.Is(err, syscall.ECONNREFUSED) {
			return errs.New(errs.Unavailable, "%w at %s", ErrNoServer, c.base).WithHint("start one with leadline serve, or name another with --server")
		}
		return errs.New(errs.Unavailable, "ask the server: %w", err)
	}
	defer answer.Body.Close()
	body := io.LimitReader(answer.Body, maxBytes)
	if answer.StatusCode >= 400 {
		return problem(answer.StatusCode, body)
	}
	if err := json.NewDecoder(body).Decode(v); err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	return nil
}

// kinds maps the status of an answer to the kind of the error.
var kinds = map[int]errs.Kind{
	http.StatusBadRequest: errs.Invalid, http.StatusNotFound: errs.NotFound, http.StatusUnauthorized: errs.Unauthenticated,
	http.StatusForbidden: errs.Unauthenticated, http.StatusRequestEntityTooLarge: errs.TooLarge,
	http.StatusServiceUnavailable: errs.Unavailable, http.StatusNotImplemented: errs.Unsupported, http.StatusConflict: errs.Conflict,
}

func problem(status int, body io.Reader) error {
	var p struct {
		Error struct{ Message, Hint string }
	}
	if err := json.NewDecoder(body).Decode(&p); err != nil || p.Error.Message == "" {
		return errs.New(kinds[status], "the server answers %d %s", status, http.StatusText(status))
	}
	return errs.New(kinds[status], "%s", p.Error.Message).WithHint(p.Error.Hint)
}
