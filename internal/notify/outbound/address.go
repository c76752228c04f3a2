// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package outbound

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/secret"
)

// maxURLBytes is the length of the longest address.
const maxURLBytes = 2048

// ParseURL reads the address of a receiver. Its errors do not quote the text,
// which may be a secret; they read after the name of the setting.
func ParseURL(text string, allowPrivate bool) (*url.URL, error) {
	if len(text) > maxURLBytes {
		return nil, errors.New("is longer than 2048 bytes")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return nil, errors.New("is no URL")
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "":
		return nil, errors.New("is no absolute URL: want https://HOST/PATH")
	case u.User != nil:
		return nil, errors.New("holds a user name or a password: put them into authorization_file, as Basic and the base64 of user:password")
	case u.Fragment != "":
		return nil, errors.New("has a fragment, which nobody sends")
	case u.Scheme == "http" && !allowPrivate:
		return nil, errors.New("is http, which everybody on the way can read: use https, or allow_private: true in a private network")
	}
	return u, checkHost(u.Hostname(), allowPrivate)
}

// checkHost refuses a host that can be known from its name alone to be out of
// bounds. The others are looked at when they are dialled.
func checkHost(host string, allowPrivate bool) error {
	if strings.Contains(host, "%") {
		return errors.New("names a network interface")
	}
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if !allowPrivate && (host == "localhost" || strings.HasSuffix(host, ".localhost")) {
		return errors.New("is this host: set allow_private: true if that is meant")
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	var refused *Refused
	switch err := Check(addr, allowPrivate); {
	case err == nil:
		return nil
	case errors.As(err, &refused) && refused.Openable:
		return errors.New("is a private address: set allow_private: true if that is meant")
	}
	return errors.New("is an address that is never a receiver's, such as that of a cloud's metadata")
}

// SecretsOf returns the texts of an address that no error may hold: all of it,
// and what remains of it in the words of others.
func SecretsOf(u *url.URL) []string {
	secrets := []string{u.String(), u.RequestURI(), u.Path, u.RawQuery}
	secrets = append(secrets, strings.Split(u.EscapedPath(), "/")...)
	secrets = append(secrets, strings.Split(u.Path, "/")...)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	return append(secrets, u.Hostname())
}

// The limits of headers that are set by hand.
const (
	maxHeaders     = 20
	maxHeaderValue = 1024
)

// reserved are headers that belong to a connection, or that we set ourselves.
var reserved = []string{
	"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Expect", "Host", "Keep-Alive",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
	"User-Agent", "Webhook-Id", "Webhook-Signature", "Webhook-Timestamp",
}

// CheckHeaders says what is wrong in headers that were set by hand; it reads
// after the name of the setting.
func CheckHeaders(headers map[string]string) error {
	if len(headers) > maxHeaders {
		return errors.New("has more than 20 headers")
	}
	for name, value := range headers {
		canonical := http.CanonicalHeaderKey(name)
		switch {
		case name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isToken(r) }):
			return errors.New("has a name that is no header's")
		case canonical == "Authorization", canonical == "Cookie":
			return errors.New("has " + canonical + ", which is a secret: use authorization_file")
		case slices.Contains(reserved, canonical) || strings.HasPrefix(canonical, "Leadline-"):
			return errors.New("has " + canonical + ", which belongs to the connection or to Leadline")
		case len(value) > maxHeaderValue:
			return errors.New("has a value of more than 1024 bytes for " + canonical)
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
			return errors.New("has a value for " + canonical + " that is not plain text on one line")
		}
	}
	return nil
}

func isToken(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r)
}

// ReadURL reads an address that is a secret, and what no error may hold of it.
func ReadURL(file secret.File, allowPrivate bool) (address string, secrets []string, err error) {
	text, err := file.Read()
	if err != nil {
		return "", nil, err
	}
	u, err := ParseURL(text, allowPrivate)
	if err != nil {
		return "", nil, errs.New(errs.Unavailable, "the address in %s %w", file, err)
	}
	return u.String(), SecretsOf(u), nil
}

// Authorize sets the Authorization header to what a file holds.
func (r *Request) Authorize(file secret.File) error {
	value, err := file.Read()
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", value)
	_, credentials, _ := strings.Cut(value, " ")
	r.Secrets = append(r.Secrets, value, credentials)
	if pair, err := base64.StdEncoding.DecodeString(credentials); err == nil {
		_, password, _ := strings.Cut(string(pair), ":")
		r.Secrets = append(r.Secrets, string(pair), password)
	}
	return nil
}

// HeaderValue returns a text as a header can carry it.
func HeaderValue(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '_'
		}
		return r
	}, text[:min(len(text), maxHeaderValue)])
}
