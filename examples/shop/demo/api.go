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

// counts asks for the counts of the service's objectives, by name. An objective
// without evidence has null counts, which are zeros for our sums.
func (s server) counts(ctx context.Context, service string) (map[string]counts, error) {
	var list struct {
		SLOs []struct {
			Name, Service       string
			Good, Bad, Excluded *int64
		}
	}
	if err := s.get(ctx, "/api/v1/slos", &list); err != nil {
		return nil, err
	}
	byName := map[string]counts{}
	for _, o := range list.SLOs {
		if o.Service != service {
			continue
		}
		byName[o.Name] = counts{deref(o.Good), deref(o.Bad), deref(o.Excluded)}
	}
	return byName, nil
}

func deref(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func (s server) get(ctx context.Context, path string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAPIBody))
	if err != nil {
		return fmt.Errorf("read answer to %s: %w", path, err)
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask the server for %s: status %d: %.200s", path, resp.StatusCode, body)
	}
	if into == nil {
		return nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read answer to %s: %w", path, err)
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
	var last error
	for _, port := range []int{preferred, 0} {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			last = err
			continue
		}
		defer l.Close()
		return l.Addr().String(), nil
	}
	return "", fmt.Errorf("find a free port: %w", last)
}
