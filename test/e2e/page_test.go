// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// pager is a webhook that kills whoever calls it, in the middle of the answer
// and after it, and then takes what comes.
type pager struct {
	mu     sync.Mutex
	server *server
	cuts   int // answers that are still to be cut short
	got    []page
}

type page struct {
	id, attempt string
	body        struct {
		Status string
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
}

func (p *pager) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var got page
	got.id, got.attempt = r.Header.Get("Leadline-Delivery"), r.Header.Get("Leadline-Attempt")
	if err := json.NewDecoder(r.Body).Decode(&got.body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.got = append(p.got, got)
	if p.cuts > 0 {
		p.cuts--
		p.server.kill()
		panic(http.ErrAbortHandler)
	}
}

// firing counts the deliveries that call somebody for the alert that fires
// first, by their id.
func (p *pager) firing() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := map[string]int{}
	for _, g := range p.got {
		for _, a := range g.body.Alerts {
			if a.Status == "firing" && a.Labels["severity"] == "page" {
				ids[g.id]++
				break
			}
		}
	}
	return ids
}

// TestAPageOutlivesKills: the server dies while its receiver answers, again
// and again, and every page arrives, each time as the same delivery.
func TestAPageOutlivesKills(t *testing.T) {
	t.Parallel()
	in := install(t, map[string]string{"shop.yaml": shopFile})
	p := &pager{cuts: 3}
	receiver := httptest.NewServer(p)
	defer receiver.Close()
	settings := filepath.Join(t.TempDir(), "leadline.yaml")
	if err := os.WriteFile(settings, fmt.Appendf(nil, "receivers:\n  - {name: pager, type: webhook, url: %q, allow_private: true}\n", receiver.URL), 0o600); err != nil {
		t.Fatal(err)
	}
	in.flags = []string{"--config", settings}
	c := newClient()
	defer c.close()
	rng := rand.New(rand.NewPCG(9, 9))
	launch := func() *server {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.server = in.start()
		return p.server
	}
	burst := func(s *server, n int, errors float64) error {
		o := otlpgen.Options{ErrorShare: errors, From: time.Now().Add(-100 * time.Millisecond), To: time.Now()}
		return c.send(way{}, s.at, otlpgen.Encode(otlpgen.Spans(rng.Uint64(), n, o), o))
	}
	s := launch()
	if err := burst(s, 500, 1); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		<-s.exited // the pager has killed it
		s = launch()
	}
	eventually(t, "the page arrives", func() string {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.cuts > 0 || len(p.got) < 4 {
			return fmt.Sprintf("%d requests, %d answers to cut", len(p.got), p.cuts)
		}
		return ""
	})
	s.stop()
	s = launch() // an orderly restart repeats nothing
	evaluations := map[time.Time]bool{}
	eventually(t, "evaluated three times while it breaches", func() string {
		var answer struct {
			EvaluatedAt time.Time `json:"evaluated_at"`
		}
		s.get("/api/v1/slos", &answer)
		if s.slos()["api-up"].State == "breaching" {
			evaluations[answer.EvaluatedAt] = true
		}
		if len(evaluations) < 3 {
			return fmt.Sprint(len(evaluations), " evaluations")
		}
		return ""
	})
	s.stop()
	pages := p.firing()
	requests := 0
	for _, n := range pages {
		requests += n
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	t.Logf("%d deliveries in %d requests", len(pages), requests)
	if requests > len(pages)+3 {
		t.Errorf("%d repeats after 3 kills: %v", requests-len(pages), pages)
	}
	seen, episodes := map[string]bool{}, map[string]map[string]bool{}
	for _, g := range p.got {
		if again := g.attempt != "1"; again != seen[g.id] {
			t.Errorf("delivery %s came as attempt %s; it came before: %v", g.id, g.attempt, seen[g.id])
		}
		seen[g.id] = true
		for _, a := range g.body.Alerts {
			k := a.Labels["objective"] + "/" + a.Labels["alertname"]
			if episodes[k] == nil {
				episodes[k] = map[string]bool{}
			}
			if a.Status == "firing" {
				episodes[k][g.id] = true
			}
		}
	}
	for k, ids := range episodes {
		if len(ids) != 1 {
			t.Errorf("%s was told in %d deliveries", k, len(ids))
		}
	}
}
