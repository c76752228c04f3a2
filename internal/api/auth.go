// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

// auth lets in who knows the token. Without one it lets in everybody who
// reaches us by a loopback name.
type auth struct {
	token  [sha256.Size]byte
	cookie string
	needed bool
}

// ValidateAddr refuses to listen beyond loopback without a token.
func ValidateAddr(addr, token string) error {
	host, port, err := net.SplitHostPort(addr)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	switch {
	case err != nil:
		return errs.New(errs.Invalid, "address of API and UI %q: %w", addr, err).WithHint("write host:port, as 127.0.0.1:8484")
	case token == "" && (host == "" || !loopbackName(host)):
		return errs.New(errs.Invalid, "address of API and UI %q: anybody who reaches it could read and change everything", addr).
			WithHint("set --token-file, or listen on 127.0.0.1")
	}
	return nil
}

const cookieName = "leadline_session"

func newAuth(token string) auth {
	if token == "" {
		return auth{}
	}
	// The cookie proves that its holder knew the token and does not hold it.
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("leadline session v1"))
	return auth{token: sha256.Sum256([]byte(token)), cookie: hex.EncodeToString(mac.Sum(nil)), needed: true}
}

func (a auth) require(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.allows(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			unauthenticated(w)
			return
		}
		h.ServeHTTP(w, r)
	})
}

func unauthenticated(w http.ResponseWriter) {
	writeJSON(w, http.StatusUnauthorized, Problem{Fault{errs.Unauthenticated.String(), "a valid token is needed",
		"on the command line: --token-file; over HTTP: Authorization: Bearer; in the browser: sign in"}})
}

func (a auth) allows(r *http.Request) bool {
	if !a.needed {
		return true
	}
	if bearer, found := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); found {
		return a.knows(bearer)
	}
	return a.signedIn(r)
}

// signedIn says whether the token was traded for the cookie of the request.
func (a auth) signedIn(r *http.Request) bool {
	c, err := r.Cookie(cookieName)
	return a.needed && err == nil && subtle.ConstantTimeCompare([]byte(c.Value), []byte(a.cookie)) == 1
}

// knows compares hashes, so that neither length nor content shows in the time
// it takes.
func (a auth) knows(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], a.token[:]) == 1
}

// maxTokenBody is more than any token needs.
const maxTokenBody = 4 << 10

// signIn trades the token for a cookie.
func (a auth) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct{ Token string }
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTokenBody)).Decode(&body); err != nil || a.needed && !a.knows(body.Token) {
		unauthenticated(w)
		return
	}
	http.SetCookie(w, &http.Cookie{
		Name: cookieName, Value: a.cookie, Path: "/", MaxAge: 30 * 24 * 3600,
		HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil,
	})
	w.WriteHeader(http.StatusNoContent)
}

// Session is the answer of GET /api/v1/session.
type Session struct {
	SchemaVersion int `json:"schema_version"`
	// SignedIn says that there is something to sign out of.
	SignedIn bool `json:"signed_in"`
}

// session tells a page what it cannot see, because scripts cannot read the cookie.
func (a auth) session(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, Session{report.SchemaVersion, a.signedIn(r)})
}

func (a auth) signOut(w http.ResponseWriter, _ *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	w.WriteHeader(http.StatusNoContent)
}

// guardHost refuses, while no token protects us, requests that name us by
// anything but a loopback address.
func (a auth) guardHost(h http.Handler) http.Handler {
	if a.needed {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !loopbackName(r.Host) {
			writeJSON(w, http.StatusForbidden, Problem{Fault{errs.Unauthenticated.String(), "this server answers to loopback names only",
				"set a token to reach it by another name"}})
			return
		}
		h.ServeHTTP(w, r)
	})
}

func loopbackName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && addr.IsLoopback()
}
