// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/errs"
)

// open are the routes that anybody may use. A new one has to be listed here,
// or it must need the token.
var open = map[string]bool{
	"GET /healthz": true, "GET /readyz": true, "GET /api/openapi.json": true,
	"GET /api/v1/session": true, "POST /api/v1/session": true, "DELETE /api/v1/session": true,
}

// session signs in and returns the cookie.
func session(t *testing.T, s *api.Server) *http.Cookie {
	t.Helper()
	w := ask(s, "POST", "/api/v1/session", `{"token":"`+token+`"}`)
	cookies := w.Result().Cookies()
	if w.Code != http.StatusNoContent || len(cookies) != 1 {
		t.Fatalf("sign in: got %d, %v", w.Code, cookies)
	}
	return cookies[0]
}

// TestWhoMayIn tries every route in every way that somebody may come.
func TestWhoMayIn(t *testing.T) {
	w := full(t)
	guarded, loopback := w.server(t, token), w.server(t, "")
	cookie := session(t, guarded)
	ways := []struct {
		name   string
		server *api.Server
		change func(*http.Request)
		// open and closed are the statuses of open and other routes; 0 is any
		// answer of the route itself.
		open, closed int
	}{
		{"nothing", guarded, func(*http.Request) {}, 0, 401},
		{"the wrong bearer", guarded, header("Authorization", "Bearer wrong"), 0, 401},
		{"an empty bearer", guarded, header("Authorization", "Bearer "), 0, 401},
		{"another scheme", guarded, header("Authorization", "Basic "+token), 0, 401},
		{"the token as cookie", guarded, header("Cookie", "leadline_session="+token), 0, 401},
		{"the right bearer", guarded, header("Authorization", "Bearer "+token), 0, 0},
		{"the cookie", guarded, func(r *http.Request) { r.AddCookie(cookie) }, 0, 0},
		{"the cookie and a wrong bearer", guarded, func(r *http.Request) { r.AddCookie(cookie); r.Header.Set("Authorization", "Bearer x") }, 0, 401},
		{"the bearer by another name", guarded, func(r *http.Request) { r.Host = "leadline.example"; r.Header.Set("Authorization", "Bearer "+token) }, 0, 0},
		{"no token is set", loopback, func(*http.Request) {}, 0, 0},
		{"no token is set, by 127.0.0.1", loopback, func(r *http.Request) { r.Host = "127.0.0.1:8484" }, 0, 0},
		{"no token is set, by ::1", loopback, func(r *http.Request) { r.Host = "[::1]:8484" }, 0, 0},
		{"no token is set, by a foreign name", loopback, func(r *http.Request) { r.Host = "evil.example" }, 403, 403},
		{"no token is set, by a name that looks like ours", loopback, func(r *http.Request) { r.Host = "localhost.evil.example:8484" }, 403, 403},
		{"no token is set, without a name", loopback, func(r *http.Request) { r.Host = "" }, 403, 403},
	}
	for _, route := range guarded.Routes() {
		if route.Open != open[route.Pattern] {
			t.Errorf("%s is open: %v; the list says %v", route.Pattern, route.Open, open[route.Pattern])
		}
		method, path, _ := strings.Cut(route.Pattern, " ")
		path = strings.NewReplacer("{service}", "shop-api", "{name}", "up").Replace(path)
		for _, way := range ways {
			want := way.closed
			if route.Open {
				want = way.open
			}
			got := ask(way.server, method, path, `{"token":"`+token+`"}`, ended, way.change).Code
			if refused := got == 401 || got == 403; refused != (want != 0) || want != 0 && got != want {
				t.Errorf("%s with %s: got %d, want %d", route.Pattern, way.name, got, want)
			}
		}
		t.Run("across origins: "+route.Pattern, func(t *testing.T) {
			foreign := []func(*http.Request){ended, header("Authorization", "Bearer "+token), header("Origin", "https://evil.example"), header("Sec-Fetch-Site", "cross-site")}
			got := ask(guarded, method, path, "", foreign...)
			if method != http.MethodGet && (got.Code != http.StatusForbidden || !strings.Contains(got.Body.String(), `"hint":"use the UI`)) {
				t.Errorf("got %d %s, want a page of another origin refused", got.Code, got.Body)
			}
			if got.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Error("a page of another origin may read the answer")
			}
		})
	}
}

// ended makes streams end at once.
func ended(r *http.Request) {
	ctx, cancel := context.WithCancel(r.Context())
	cancel()
	*r = *r.WithContext(ctx)
}

func TestSignIn(t *testing.T) {
	s := newWorld().server(t, token)
	cookie := session(t, s)
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode || strings.Contains(cookie.Value, token) {
		t.Errorf("got %+v", cookie)
	}
	for _, c := range []struct{ name, body string }{
		{"a wrong token", `{"token":"wrong"}`},
		{"no token", `{}`},
		{"not JSON", `token`},
		{"too much", `{"token":"` + strings.Repeat("x", 1<<20) + `"}`},
	} {
		if w := ask(s, "POST", "/api/v1/session", c.body); w.Code != http.StatusUnauthorized || len(w.Result().Cookies()) > 0 {
			t.Errorf("%s: got %d", c.name, w.Code)
		}
	}
	if c := ask(s, "DELETE", "/api/v1/session", "").Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("sign out: got %+v", c)
	}
	if old := newWorld().server(t, "another token, long enough"); ask(old, "GET", "/api/v1/slos", "", func(r *http.Request) { r.AddCookie(cookie) }).Code != 401 {
		t.Error("a cookie outlives its token")
	}
}

func TestValidateAddr(t *testing.T) {
	for _, c := range []struct {
		addr, token string
		fine        bool
	}{
		{"127.0.0.1:8484", "", true}, {"[::1]:8484", "", true}, {"localhost:0", "", true}, {"127.8.9.1:1", "", true},
		{":8484", "", false}, {"0.0.0.0:8484", "", false}, {"[::]:8484", "", false}, {"shop.example:80", "", false}, {"10.0.0.1:80", "", false},
		{":8484", token, true}, {"0.0.0.0:8484", token, true}, {"8484", token, false}, {"", "", false}, {"127.0.0.1:99999", "", false},
	} {
		err := api.ValidateAddr(c.addr, c.token)
		if (err == nil) != c.fine {
			t.Errorf("%q with token %q: got %v", c.addr, c.token, err)
		}
		if err != nil && (errs.KindOf(err) != errs.Invalid || errs.HintOf(err) == "") {
			t.Errorf("%q: got %v without a hint", c.addr, err)
		}
	}
}

// TestTheSessionIsKnown asks as a page does to learn whether there is something
// to sign out of.
func TestTheSessionIsKnown(t *testing.T) {
	guarded, free := newWorld().server(t, token), newWorld().server(t, "")
	cookie := session(t, guarded)
	for _, c := range []struct {
		name   string
		server *api.Server
		change func(*http.Request)
		want   bool
	}{
		{"signed in", guarded, func(r *http.Request) { r.AddCookie(cookie) }, true},
		{"not signed in", guarded, func(*http.Request) {}, false},
		{"another cookie", guarded, header("Cookie", "leadline_session=x"), false},
		{"with the token, as programs come", guarded, header("Authorization", "Bearer "+token), false},
		{"where no token is needed", free, func(r *http.Request) { r.AddCookie(cookie) }, false},
	} {
		got := ask(c.server, "GET", "/api/v1/session", "", c.change)
		if want := fmt.Sprintf(`{"schema_version":1,"signed_in":%t}`, c.want); got.Code != http.StatusOK || strings.TrimSpace(got.Body.String()) != want {
			t.Errorf("%s: got %d %s, want %s", c.name, got.Code, got.Body, want)
		}
	}
}
