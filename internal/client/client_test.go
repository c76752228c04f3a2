// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/client"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

// to returns a client of a server that answers so.
func to(t *testing.T, token string, answer http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL+"/", token)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNamesAreEscaped(t *testing.T) {
	c := to(t, "secret", func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "Bearer secret" {
			t.Errorf("authorization %q", got)
		}
		if got, want := r.URL.EscapedPath(), "/api/v1/slos/a%2Fb%20c/d%3Fe"; got != want {
			t.Errorf("path %s, want %s", got, want)
		}
		if got, want := r.URL.RawQuery, "environment=x%26y&from=now-1h"; got != want {
			t.Errorf("query %s, want %s", got, want)
		}
		w.Write([]byte(`{"schema_version":1,"slo":{"name":"d?e"}}`))
	})
	d, err := c.SLO(context.Background(), report.Which{Service: "a/b c", Name: "d?e", Environment: "x&y"}, "now-1h", "")
	if err != nil || d.SLO.Name != "d?e" {
		t.Errorf("got %+v, %v", d.SLO, err)
	}
}

func TestErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		status int
		body   string
		kind   errs.Kind
		want   string
		hint   string
	}{
		{"of ours", 404, `{"error":{"kind":"not_found","message":"no objective","hint":"look"}}`, errs.NotFound, "no objective", "look"},
		{"not of ours", 502, "<html>Bad Gateway</html>", errs.Internal, "502 Bad Gateway", ""},
		{"a proxy that refuses", 401, "", errs.Unauthenticated, "401 Unauthorized", ""},
		{"overload", 503, `{"error":{"message":"starting"}}`, errs.Unavailable, "starting", ""},
		{"not JSON", 200, "<html>", errs.Internal, "read the server's answer", ""},
		{"cut short", 200, `{"slos":[`, errs.Internal, "read the server's answer", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := to(t, "", func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(c.status)
				w.Write([]byte(c.body))
			}).SLOs(context.Background())
			if err == nil || errs.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) || errs.HintOf(err) != c.hint {
				t.Errorf("got %v of kind %v with hint %q", err, errs.KindOf(err), errs.HintOf(err))
			}
		})
	}
}

func TestNoServer(t *testing.T) {
	s := httptest.NewServer(nil)
	s.Close()
	c, err := client.New(s.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Operations(context.Background(), ""); errs.KindOf(err) != errs.Unavailable || !strings.Contains(errs.HintOf(err), "leadline serve") {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, fine := range map[string]bool{
		"http://127.0.0.1:8484": true, "https://leadline.example/below/": true,
		"127.0.0.1:8484": false, "localhost": false, "ftp://x": false, "http://": false, "": false, "http://[": false,
	} {
		if _, err := client.New(address, ""); (err == nil) != fine || err != nil && errs.HintOf(err) == "" {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

func TestARequestEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	c := to(t, "", func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	if _, err := c.SLOs(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
