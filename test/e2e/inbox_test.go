// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// alertmanager is the real one that make alertmanager builds.
const alertmanager = "../../bin/alertmanager"

// told is one message of which a receiver understood every byte, about one
// alert of a service.
type told struct {
	service, status string
	// id and attempt are of the delivery, key of the incident, where the
	// receiver has them.
	id, attempt, key string
}

// inbox is every receiver of one server: a webhook, one with a key (in the way
// of PagerDuty), and the way to a real Alertmanager. It may end whoever tells it
// of a service, before it takes the message, then, or in the middle of its
// answer.
type inbox struct {
	*httptest.Server
	alertmanager *url.URL

	mu     sync.Mutex
	server *server
	cut    cut
	got    map[string][]told // by receiver
}

// cut is when a receiver ends who tells it.
type cut struct{ receiver, service, moment string }

// The receivers of an inbox, and the moments.
var (
	inboxReceivers = []string{"alertmanager", "pagerduty", "webhook"}
	cutMoments     = []string{"before it is taken", "before the answer", "in the answer"}
)

func newInbox(t *testing.T, alertmanager *url.URL) *inbox {
	b := &inbox{alertmanager: alertmanager, got: map[string][]told{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hook", b.receive("webhook", hooked))
	mux.HandleFunc("POST /v2/enqueue", b.receive("pagerduty", enqueued))
	mux.HandleFunc("POST /api/v2/alerts", b.receive("alertmanager", b.forwarded))
	b.Server = httptest.NewServer(mux)
	t.Cleanup(b.Close)
	return b
}

// settings writes a configuration file that names the inbox.
func (b *inbox) settings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	key, settings := filepath.Join(dir, "key"), filepath.Join(dir, "leadline.yaml")
	text := fmt.Sprintf(`receivers:
  - {name: webhook, type: webhook, url: %q, allow_private: true}
  - {name: pagerduty, type: pagerduty, url: %q, routing_key_file: %q, allow_private: true}
  - {name: alertmanager, type: alertmanager, urls: [%q], allow_private: true}
routes:
  - {receiver: webhook, continue: true}
  - {receiver: pagerduty, continue: true}
  - {receiver: alertmanager}
default_receiver: webhook
`, b.URL+"/hook", b.URL, key, b.URL)
	for file, content := range map[string]string{key: "a-routing-key", settings: text} {
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return settings
}

// receive takes a request, and ends the server where the cut says.
func (b *inbox) receive(name string, take func(r *http.Request, body []byte) ([]told, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler) // who sends it died
		}
		cut := b.due(name, body)
		if cut == cutMoments[0] {
			b.end()
		}
		messages, err := take(r, body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		b.mu.Lock()
		b.got[name] = append(b.got[name], messages...)
		b.mu.Unlock()
		switch cut {
		case cutMoments[1]:
			b.end()
		case cutMoments[2]:
			w.Header().Set("Content-Length", "100")
			_ = http.NewResponseController(w).Flush()
			b.end()
		}
	}
}

// due returns the moment at which the request is cut short, once.
func (b *inbox) due(name string, body []byte) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut.receiver != name || !bytes.Contains(body, []byte(b.cut.service)) {
		return ""
	}
	defer func() { b.cut = cut{} }()
	return b.cut.moment
}

// end kills the server and breaks the connection.
func (b *inbox) end() {
	b.mu.Lock()
	s := b.server
	b.mu.Unlock()
	s.kill()
	panic(http.ErrAbortHandler)
}

// await names the server that the inbox may end, and when.
func (b *inbox) await(s *server, c cut) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.server, b.cut = s, c
}

// heard returns what a receiver took about a service.
func (b *inbox) heard(receiver, service string) (about []told) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, m := range b.got[receiver] {
		if m.service == service {
			about = append(about, m)
		}
	}
	return about
}

// labelled is an alert of the webhook's format, and of Alertmanager's API.
type labelled struct {
	Status string
	Labels map[string]string
}

func hooked(r *http.Request, body []byte) (all []told, err error) {
	var m struct{ Alerts []labelled }
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	for _, a := range m.Alerts {
		all = append(all, told{service: a.Labels["service"], status: a.Status, id: r.Header.Get("Leadline-Delivery"), attempt: r.Header.Get("Leadline-Attempt")})
	}
	return all, nil
}

func enqueued(_ *http.Request, body []byte) ([]told, error) {
	var m struct {
		Action  string `json:"event_action"`
		Key     string `json:"dedup_key"`
		Payload struct {
			Source string
		}
	}
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, err
	}
	return []told{{service: m.Payload.Source, status: m.Action, key: m.Key}}, nil
}

// forwarded gives the request to the real Alertmanager.
func (b *inbox) forwarded(_ *http.Request, body []byte) (all []told, err error) {
	answer, err := http.Post(b.alertmanager.JoinPath("/api/v2/alerts").String(), "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("alertmanager answers %s", answer.Status)
	}
	var alerts []labelled
	if err := json.Unmarshal(body, &alerts); err != nil {
		return nil, err
	}
	for _, a := range alerts {
		all = append(all, told{service: a.Labels["service"]})
	}
	return all, nil
}
