// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/leadline/leadline/bench/target"
)

// countsWithin is how long after an acknowledgement the API may lag behind.
const countsWithin = 20 * time.Second

// counts are an objective's events.
type counts struct {
	Good     uint64 `json:"good"`
	Bad      uint64 `json:"bad"`
	Excluded uint64 `json:"excluded"`
}

// verify waits until every objective shows what was acknowledged. It returns
// nil when Leadline was not measured.
func (b *bench) verify(ctx context.Context) error {
	server := b.leadline()
	if server == nil {
		return nil
	}
	want := b.expected()
	deadline := time.Now().Add(countsWithin)
	for {
		got, err := fetchCounts(ctx, server.API)
		if err == nil {
			err = compare(want, got)
		}
		if err == nil || time.Now().After(deadline) || ctx.Err() != nil {
			return err
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func (b *bench) leadline() *target.Process {
	for _, s := range b.servers {
		if s.API != "" {
			return s
		}
	}
	return nil
}

// expected returns what each objective must have counted: its verdict on the
// events of every template, times the acknowledged requests made from it.
func (b *bench) expected() map[string]counts {
	want := map[string]counts{}
	for _, o := range objectives {
		var sum counts
		for i, t := range b.templates {
			if t.Service != o.service {
				continue
			}
			n := uint64(b.sent[i])
			for _, e := range t.Events {
				o.count(&sum, e, n)
			}
		}
		want[o.name] = sum
	}
	return want
}

// compare reports every objective that differs.
func compare(want, got map[string]counts) error {
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

// fetchCounts reads the list of objectives. Its counts are null before there
// is evidence, which reads as zero here.
func fetchCounts(ctx context.Context, api string) (map[string]counts, error) {
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
			counts
		} `json:"slos"`
	}
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil {
		return nil, fmt.Errorf("get %s: decode: %w", url, err)
	}
	all := make(map[string]counts, len(page.SLOs))
	for _, s := range page.SLOs {
		all[s.Name] = s.counts
	}
	return all, nil
}
