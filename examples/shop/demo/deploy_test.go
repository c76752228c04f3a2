// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/examples/shop/crew"
	"github.com/leadline/leadline/examples/shop/server"
	"github.com/leadline/leadline/examples/shop/stage"
	"github.com/leadline/leadline/internal/notify/notifytest"
)

// rollOut is the service file of the deploy below: an objective with an alert
// that begins and ends within minutes.
const rollOut = `apiVersion: leadline/v1
kind: Service
metadata: {name: shop-api, namespace: shop}
spec:
  objectives:
    - name: checkout-succeeds
      availability: {of: {http: POST /checkout}}
      target: 90%
      window: 1h
      alerts:
        defaults: false
        rules: [{name: bad-deploy, severity: page, when: {burn: {above: 3, over: [5m, 1m]}}}]
`

// Limits of the deploy's steps, for a machine that does other work too. Once the
// windows say so, an alert fires within seconds and ends a minute later.
const (
	firesWithin = 2 * time.Minute
	endsWithin  = 4 * time.Minute
	buyEvery    = 100 * time.Millisecond
)

// customers buy, one after another, in whichever storefront is the current one.
type customers struct {
	mu      sync.Mutex
	shop    string
	answers map[int]int64 // to checkouts, by status
	trouble error         // of the first request without an answer
}

// moveTo sends the next customer elsewhere, and waits until the last one has left.
func (c *customers) moveTo(_ context.Context, shop string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shop = shop
	return nil
}

// answered returns the answers so far.
func (c *customers) answered(status int) int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[status]
}

// buy fills a basket and pays for it.
func (c *customers) buy(customer int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, step := range [][2]string{{"/cart/items", `{"item_id": 3}`}, {"/checkout", `{"card": "4242424242424242"}`}} {
		r, err := http.NewRequest(http.MethodPost, c.shop+step[0], strings.NewReader(step[1]))
		if err == nil {
			r.Close = true // uvicorn closes after an exception without saying so
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("X-Customer", fmt.Sprint("c", customer))
			var answer *http.Response
			if answer, err = http.DefaultClient.Do(r); err == nil {
				answer.Body.Close()
				if step[0] == "/checkout" {
					c.answers[answer.StatusCode]++
				}
			}
		}
		if err != nil && c.trouble == nil {
			c.trouble = err
		}
	}
}

// phases is what a receiver hears of the alert, in order.
type phases struct {
	mu  sync.Mutex
	all []string
}

func (p *phases) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct {
		Alerts []struct {
			Status string
			Labels map[string]string
		}
	}
	body, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range m.Alerts {
		if a.Labels["alertname"] == "bad-deploy" {
			p.all = append(p.all, a.Status)
		}
	}
}

func (p *phases) heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.all)
}

// await waits until both have heard exactly this.
func await(t *testing.T, limit time.Duration, want []string, receivers map[string]*phases) {
	t.Helper()
	began := time.Now()
	for name, r := range receivers {
		for !slices.Equal(r.heard(), want) {
			if time.Since(began) > limit {
				t.Fatalf("after %s %s has heard %v, want %v", limit, name, r.heard(), want)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	t.Logf("%v was heard after %s", want, time.Since(began).Round(100*time.Millisecond))
}

// TestABadDeploy sends customers to a release of the Python shop of which every
// second checkout fails, and back to the one before: one page fires and resolves, at a webhook
// and, by way of a real Alertmanager, at another.
func TestABadDeploy(t *testing.T) {
	env := requirePython(t)
	ours, theirs := &phases{}, &phases{}
	receivers := map[string]*phases{"the webhook": ours, "Alertmanager's webhook": theirs}
	c := crew.New()
	t.Cleanup(func() { c.End(context.Background()) })
	srv, otlp := serveTo(t, c, ours, theirs)
	x := &customers{answers: map[int]int64{}}
	checkout, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	s, err := stage.StartPython(t.Context(), c, env, stage.Config{
		Checkout: checkout, Data: t.TempDir(), OTLP: stage.Endpoints{HTTP: "http://" + otlp}, Protocol: "http/protobuf",
		Version: stage.Version, Moved: x.moveTo,
	})
	if err != nil {
		t.Fatal(err)
	}
	x.shop = s.URL()
	stop := x.open()
	defer stop()
	for x.answered(http.StatusCreated) < 50 {
		time.Sleep(buyEvery)
	}
	if err := s.Release(t.Context(), "1.4.3", true); err != nil {
		t.Fatal(err)
	}
	await(t, firesWithin, []string{"firing"}, receivers)
	if err := s.Release(t.Context(), stage.Version, false); err != nil {
		t.Fatal(err)
	}
	await(t, endsWithin, []string{"firing", "resolved"}, receivers)
	stop()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	x.check(t, srv)
}

// open lets customers come until the returned function is called.
func (c *customers) open() (closed func()) {
	done := make(chan struct{})
	var last sync.WaitGroup
	last.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			case <-time.After(buyEvery):
				c.buy(i)
			}
		}
	})
	return sync.OnceFunc(func() { close(done); last.Wait() })
}

// check holds what was counted against what customers saw.
func (c *customers) check(t *testing.T, srv server.Server) {
	t.Helper()
	if c.trouble != nil {
		t.Errorf("a customer had no answer: %v", c.trouble)
	}
	began := time.Now().Add(-15 * time.Minute)
	want := server.Counts{Good: c.answers[http.StatusCreated], Bad: c.answers[http.StatusInternalServerError]}
	t.Logf("customers saw %v", c.answers)
	if want.Bad < 5 || len(c.answers) != 2 {
		t.Errorf("customers saw %v", c.answers)
	}
	var got server.Counts
	for range 100 {
		all, err := srv.Counts(t.Context(), began)
		if err != nil {
			t.Fatal(err)
		}
		if got = all["checkout-succeeds"]; got == want {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Errorf("counted %+v, customers saw %+v", got, want)
}

// threeAddresses are for a server's API and its two receivers.
func threeAddresses(t *testing.T) (at [3]string) {
	t.Helper()
	for i := range at {
		var err error
		if at[i], err = crew.FreeAddress(0); err != nil {
			t.Fatal(err)
		}
	}
	return at
}

// serveTo starts a server that tells both: one itself, the other by way of an
// Alertmanager.
func serveTo(t *testing.T, c *crew.Crew, ours, theirs http.Handler) (srv server.Server, otlp string) {
	t.Helper()
	hook, downstream := httptest.NewServer(ours), httptest.NewServer(theirs)
	t.Cleanup(hook.Close)
	t.Cleanup(downstream.Close)
	real := notifytest.Alertmanager(t, "../../../bin/alertmanager", downstream.URL)
	dir := t.TempDir()
	for name, content := range map[string]string{
		"services/shop.yaml": rollOut,
		"leadline.yaml": fmt.Sprintf(`receivers:
  - {name: webhook, type: webhook, url: %q, allow_private: true}
  - {name: alertmanager, type: alertmanager, urls: [%q], allow_private: true}
routes:
  - {receiver: webhook, continue: true}
  - {receiver: alertmanager}
default_receiver: webhook
`, hook.URL, real),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := threeAddresses(t)
	p, err := c.Start(crew.Command{Name: "leadline serve", Env: os.Environ(), Argv: []string{
		build(t, "../../../cmd/leadline"), "serve", "--config", filepath.Join(dir, "leadline.yaml"),
		"--data-dir", filepath.Join(dir, "data"), "--services", filepath.Join(dir, "services"),
		"--listen", at[0], "--otlp-grpc", at[1], "--otlp-http", at[2],
	}})
	if err != nil {
		t.Fatal(err)
	}
	srv = server.New("http://" + at[0])
	if err := p.Answers(t.Context(), srv.URL+"/readyz", serverStartLimit); err != nil {
		t.Fatal(err)
	}
	return srv, at[2]
}
