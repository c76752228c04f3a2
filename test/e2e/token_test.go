// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestListeningBeyondLoopbackNeedsAToken starts each listener on all
// interfaces without a token: the process must end, say why, and not have
// touched the data directory.
func TestListeningBeyondLoopbackNeedsAToken(t *testing.T) {
	for _, flag := range []string{"--listen", "--otlp-grpc", "--otlp-http"} {
		t.Run(flag, func(t *testing.T) {
			in := install(t, nil)
			in.flags = []string{flag, "0.0.0.0:0"}
			s := in.launch()
			if !s.ended() {
				t.Fatalf("the server listens at %+v", s.at)
			}
			if s.cmd.ProcessState.ExitCode() == 0 || !strings.Contains(s.log(), "0.0.0.0") || !strings.Contains(s.log(), "set --token-file") {
				t.Errorf("exit code %d, without address and reason:\n%s", s.cmd.ProcessState.ExitCode(), s.log())
			}
			if _, err := os.Stat(in.data); err == nil {
				t.Error("a refused start made the data directory")
			}
		})
	}
}

// TestATokenIsAskedForEverywhere holds every door against three callers:
// without a token, with a wrong one, with the right one.
func TestATokenIsAskedForEverywhere(t *testing.T) {
	const token = "a token that only this test knows"
	in := install(t, map[string]string{"shop.yaml": shopFile})
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	in.flags = []string{"--token-file", file, "--listen", "0.0.0.0:0"}
	s := in.start()
	s.at.api = "127.0.0.1" + s.at.api[strings.LastIndex(s.at.api, ":"):]
	s.ready()
	for _, door := range []struct{ method, url string }{
		{"GET", "http://" + s.at.api + "/api/v1/slos"},
		{"GET", "http://" + s.at.api + "/api/v1/slos/shop-api/api-up"},
		{"GET", "http://" + s.at.api + "/api/v1/operations"},
		{"GET", "http://" + s.at.api + "/api/v1/intake"},
		{"GET", "http://" + s.at.api + "/metrics"},
		{"POST", "http://" + s.at.http + "/v1/traces"},
	} {
		t.Run(door.method+" "+door.url[strings.Index(door.url[7:], "/")+7:], func(t *testing.T) {
			for header, want := range map[string]int{
				"": http.StatusUnauthorized, "Bearer wrong": http.StatusUnauthorized, "Bearer " + token: http.StatusOK,
			} {
				if got := knock(t, door.method, door.url, "Authorization", header); got != want {
					t.Errorf("with %q: status %d, want %d", header, got, want)
				}
			}
		})
	}
	t.Run("cookie", func(t *testing.T) { signsIn(t, s, token) })
	if log := s.log(); strings.Contains(log, token) {
		t.Error("the log holds the token")
	}
}

// knock returns the status of an empty request with a header.
func knock(t *testing.T, method, url, header, value string) int {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-protobuf")
	if value != "" {
		r.Header.Set(header, value)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	return answer.StatusCode
}

// signsIn trades the token for a cookie and looks with it.
func signsIn(t *testing.T, s *server, token string) {
	session := "http://" + s.at.api + "/api/v1/session"
	for body, want := range map[string]int{
		`{"token":"wrong"}`:         http.StatusUnauthorized,
		`{"token":"` + token + `"}`: http.StatusNoContent,
	} {
		answer, err := http.Post(session, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != want {
			t.Fatalf("sign in with %s: status %d, want %d", body, answer.StatusCode, want)
		}
		for _, c := range answer.Cookies() {
			if !c.HttpOnly || strings.Contains(c.Value, token) {
				t.Errorf("cookie %+v is open to scripts or holds the token", c)
			}
			if got := knock(t, "GET", "http://"+s.at.api+"/api/v1/slos", "Cookie", c.Name+"="+c.Value); got != http.StatusOK {
				t.Errorf("with the cookie: status %d, want 200", got)
			}
		}
		if want == http.StatusNoContent && len(answer.Cookies()) != 1 {
			t.Errorf("signing in set %d cookies", len(answer.Cookies()))
		}
	}
}
