// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"cmp"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// request is one that the load sends, and what has to come of it.
type request struct {
	method, path string
	want         event
}

// threshold is that of the objectives. Slow requests are told to take longer;
// of any other it is known from outside that it took less.
const threshold = 3 * time.Second

// load sends requests to an application and keeps the ledger.
type load struct {
	url    string
	client *http.Client
	ledger *ledger
}

const (
	clients       = 16
	answerLimit   = 60 * time.Second
	maxAnswerRead = 1 << 20
)

func newLoad(address string) *load {
	return &load{url: "http://" + address, ledger: newLedger(), client: &http.Client{
		Timeout: answerLimit,
		// A connection for each request, because a worker keeps those that it
		// has, and the first one of two may take all.
		Transport: &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}
}

// send sends the requests in a random order that is the same in every run, by
// some clients at once, and returns when all are answered. An error is the first
// one that leaves the ledger unsure of what the application did.
func (l *load) send(requests []request) error {
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(requests), func(i, j int) { requests[i], requests[j] = requests[j], requests[i] })
	queue := make(chan request)
	var all errgroup.Group
	for range clients {
		all.Go(func() error {
			var first error
			for r := range queue {
				first = cmp.Or(first, l.ask(r))
			}
			return first
		})
	}
	for _, r := range requests {
		queue <- r
	}
	close(queue)
	return all.Wait()
}

// ask sends one request and enters what came of it. An error means that the
// ledger cannot know what the application counted.
func (l *load) ask(r request) error {
	req, err := http.NewRequest(r.method, l.url+r.path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", r.want.agent)
	start := time.Now()
	resp, err := l.client.Do(req)
	if err != nil {
		return fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswerRead)); err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", r.method, r.path, err)
	}
	if resp.StatusCode != r.want.status {
		return fmt.Errorf("%s %s: status %d, want %d", r.method, r.path, resp.StatusCode, r.want.status)
	}
	if took := time.Since(start); !r.want.slow && took >= threshold {
		return fmt.Errorf("%s %s took %s: this machine is too busy to know from outside on which side of %s it was", r.method, r.path, took, threshold)
	}
	l.ledger.enter(r.want, 1)
	return nil
}

// times returns n requests; i counts them.
func times(n int, nth func(i int) request) []request {
	requests := make([]request, n)
	for i := range requests {
		requests[i] = nth(i)
	}
	return requests
}
