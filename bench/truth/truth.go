// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package truth knows what Leadline must show for the requests that it has
// acknowledged, so that no benchmark praises a server which is fast and wrong.
//
// It repeats the objectives of services/*.yaml in Go, written from the
// documentation and not from the code that is measured, and applies them to
// what the templates say of their spans. It reads a running server's counts
// only over the API, as a user would.
package truth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leadline/leadline/bench/payload"
)

const (
	// countsWithin is how long after an acknowledgement the API may lag
	// behind: twice what is promised.
	countsWithin = 20 * time.Second
	pollInterval = 500 * time.Millisecond
)

// Counts are an objective's events.
type Counts struct {
	Good     uint64 `json:"good"`
	Bad      uint64 `json:"bad"`
	Excluded uint64 `json:"excluded"`
}

// Ledger remembers what was acknowledged.
type Ledger struct {
	templates []*payload.Template
	sent      []uint64 // acknowledged requests made from each template
}

// NewLedger returns an empty ledger of requests made from the templates.
func NewLedger(templates []*payload.Template) *Ledger {
	return &Ledger{templates: templates, sent: make([]uint64, len(templates))}
}

// Add notes an acknowledged request made from the template with the index.
func (l *Ledger) Add(template int) { l.sent[template]++ }

// Spans returns the number of acknowledged spans.
func (l *Ledger) Spans() uint64 {
	var sum uint64
	for i, t := range l.templates {
		sum += l.sent[i] * uint64(len(t.Events))
	}
	return sum
}

// Objectives returns how many objectives are compared.
func (l *Ledger) Objectives() int { return len(objectives) }

// Verify waits until every objective of the server, by the address of its API,
// shows what was acknowledged. The error names each one that does not.
func (l *Ledger) Verify(ctx context.Context, api string) error {
	want := l.Expected()
	deadline := time.Now().Add(countsWithin)
	for {
		got, err := fetch(ctx, api)
		if err == nil {
			err = Compare(want, got)
		}
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(pollInterval)
	}
}

// Expected returns what each objective must have counted: its verdict on the
// events of every template, times the acknowledged requests made from it.
func (l *Ledger) Expected() map[string]Counts {
	want := map[string]Counts{}
	for _, o := range objectives {
		var sum Counts
		for i, t := range l.templates {
			if t.Service != o.service {
				continue
			}
			for _, e := range t.Events {
				o.count(&sum, e, l.sent[i])
			}
		}
		want[o.name] = sum
	}
	return want
}

// Compare returns an error that names every objective that differs.
func Compare(want, got map[string]Counts) error {
	var wrong []error
	for name, w := range want {
		g, ok := got[name]
		if !ok {
			wrong = append(wrong, fmt.Errorf("objective %s is missing", name))
		} else if g != w {
			wrong = append(wrong, fmt.Errorf("objective %s: counted %+v, acknowledged %+v", name, g, w))
		}
	}
	return errors.Join(wrong...)
}

// fetch reads the list of objectives. Its counts are null before there
// is evidence, which reads as zero here.
func fetch(ctx context.Context, api string) (map[string]Counts, error) {
	url := "http://" + api + "/api/v1/slos"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("get %s: %w", url, err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get %s: %s", url, response.Status)
	}
	var page struct {
		SLOs []struct {
			Name string `json:"name"`
			Counts
		} `json:"slos"`
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, fmt.Errorf("get %s: decode: %w", url, err)
	}
	all := make(map[string]Counts, len(page.SLOs))
	for _, s := range page.SLOs {
		all[s.Name] = s.Counts
	}
	return all, nil
}
