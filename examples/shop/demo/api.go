// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Limits of a question to the server.
const (
	apiTimeout = 5 * time.Second
	maxAPIBody = 8 << 20
)

// counts are the events of one objective, as the API shows them.
type counts struct{ Good, Bad, Excluded int64 }

func (c counts) minus(o counts) counts {
	return counts{c.Good - o.Good, c.Bad - o.Bad, c.Excluded - o.Excluded}
}

// server is a running `leadline serve` as its users see it.
type server struct {
	url    string
	client *http.Client
}

// counts asks for what each objective of the shop has counted since an instant,
// by name. It sums the very minutes, because the window of an objective
// moves on and forgets its oldest events meanwhile.
func (s server) counts(ctx context.Context, since time.Time) (map[string]counts, error) {
	var list struct {
		SLOs []struct{ Name, Namespace, Service string }
	}
	if err := s.get(ctx, "/api/v1/slos", &list); err != nil {
		return nil, err
	}
	from := since.UTC().Truncate(time.Minute).Format(time.RFC3339)
	byName := map[string]counts{}
	for _, o := range list.SLOs {
		if o.Namespace != serviceNamespace {
			continue
		}
		var one struct {
			Series struct{ Good, Bad, Excluded []*int64 }
		}
		path := fmt.Sprintf("/api/v1/slos/%s/%s?from=%s&to=now", url.PathEscape(o.Service), url.PathEscape(o.Name), from)
		if err := s.get(ctx, path, &one); err != nil {
			return nil, err
		}
		byName[o.Name] = counts{sum(one.Series.Good), sum(one.Series.Bad), sum(one.Series.Excluded)}
	}
	return byName, nil
}

// sum adds up the steps of a series; one that was not measured holds nothing.
func sum(steps []*int64) (n int64) {
	for _, s := range steps {
		n += deref(s)
	}
	return n
}

// deref reads what the API may not know as the zero value.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

func (s server) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	return s.do(req, into)
}

// do makes a request and reads its answer.
func (s server) do(req *http.Request, into any) error {
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAPIBody))
	if err != nil {
		return fmt.Errorf("read answer to %s: %w", req.URL.Path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the server for %s: status %d: %.200s", req.URL.Path, resp.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer to %s: %w", req.URL.Path, err)
	}
	return nil
}

// waitFor asks path until it answers 200, the process ends, or the time is up.
func (s server) waitFor(ctx context.Context, path string, p *process, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := s.get(ctx, path, nil)
		if err == nil {
			return nil
		}
		select {
		case <-p.done:
			return p.ended()
		case <-ctx.Done():
			return fmt.Errorf("wait for %s on %s%s: %w; it said last:\n%s", p.name, s.url, path, err, p.tail)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// freeAddress returns a loopback address on the preferred port, or on any free
// one when that is taken.
func freeAddress(preferred int) (string, error) {
	return freeOr(net.JoinHostPort("127.0.0.1", strconv.Itoa(preferred)))
}

// freeOr returns the preferred address, or one on any free loopback port when
// that is taken.
func freeOr(preferred string) (string, error) {
	var last error
	for _, address := range []string{preferred, "127.0.0.1:0"} {
		l, err := net.Listen("tcp", address)
		if err != nil {
			last = err
			continue
		}
		defer l.Close()
		return l.Addr().String(), nil
	}
	return "", fmt.Errorf("find a free port: %w", last)
}
