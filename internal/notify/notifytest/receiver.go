// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package notifytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"github.com/leadline/leadline/internal/notify/outbound"
)

// Receiver is a server that keeps what it was sent and answers as it is told.
type Receiver struct {
	*httptest.Server
	mu       sync.Mutex
	requests []Request
	// Answer is what it answers; nil means 200.
	Answer http.HandlerFunc
}

// Request is one that arrived.
type Request struct {
	Path   string
	Header http.Header
	Body   []byte
}

// NewReceiver starts a receiver that ends with the test.
func NewReceiver(t *testing.T) *Receiver {
	t.Helper()
	r := &Receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(r.take))
	t.Cleanup(r.Close)
	return r
}

func (r *Receiver) take(w http.ResponseWriter, q *http.Request) {
	body, _ := io.ReadAll(q.Body)
	r.mu.Lock()
	r.requests = append(r.requests, Request{q.URL.Path, q.Header.Clone(), body})
	r.mu.Unlock()
	if r.Answer != nil {
		r.Answer(w, q)
	}
}

// Requests returns those that arrived since the last call.
func (r *Receiver) Requests() []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := r.requests
	r.requests = nil
	return taken
}

// At returns the address of a path.
func (r *Receiver) At(t *testing.T, path string) *url.URL {
	t.Helper()
	u, err := url.Parse(r.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Client returns one that may reach receivers on this host.
func Client() *outbound.Client { return outbound.New(outbound.Config{AllowPrivate: true}) }

// Status answers with a status and a text.
func Status(code int, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		fmt.Fprint(w, text)
	}
}

// Indented returns a JSON document as a golden file shows it.
func Indented(t *testing.T, document []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, document, "", "  "); err != nil {
		t.Fatalf("%s: %v", document, err)
	}
	return b.String() + "\n"
}
