// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package outbound reaches receivers outside: with limits, and nowhere else.
//
// Where a receiver is said to be is input like any other. A connection is made
// only to an address that passes Check, looked at when it is dialled; proxies
// of the environment are not used, because behind one nobody could look. A
// redirect is followed only within the host, with method and body as they are,
// and never from https to http: a message that becomes a GET is lost without
// an error. Certificates are always verified. Every exchange has an end, and
// every answer a size.
//
// Errors follow the contract of dispatch.Channel: Unavailable when the same
// message may be taken later, with RetryAfter if the receiver said when, and
// another kind when it would be refused again. They quote the receiver's
// answer, bounded and without the secrets of the request.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/secret"
)

// The limits of an exchange.
const (
	// DefaultTimeout is the length of an exchange, from the name to the answer.
	DefaultTimeout = 10 * time.Second
	politeWait     = 500 * time.Millisecond
	maxAnswerBytes = 8 << 10
	maxHeaderBytes = 64 << 10
	maxRedirects   = 3
	maxRetryAfter  = time.Hour
	userAgent      = "leadline"
)

// Config says what may be reached, and how.
type Config struct {
	// AllowPrivate opens loopback and private networks, and http without TLS.
	AllowPrivate bool
	// Timeout is the length of an exchange; zero means DefaultTimeout.
	Timeout time.Duration
	// Resolver and RootCAs are the system's when they are nil.
	Resolver *net.Resolver
	RootCAs  *x509.CertPool
}

// Client sends messages to receivers. Every exchange has its own connection:
// messages are rare, and one that broke meanwhile would cost an attempt.
type Client struct {
	cfg  Config
	http *http.Client
}

// New returns a client.
func New(cfg Config) *Client {
	if cfg.Timeout == 0 {
		cfg.Timeout = DefaultTimeout
	}
	c := &Client{cfg: cfg}
	c.http = &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			DialContext:            c.DialContext,
			TLSClientConfig:        c.TLS(""),
			DisableKeepAlives:      true,
			DisableCompression:     true,
			MaxResponseHeaderBytes: maxHeaderBytes,
		},
	}
	return c
}

// TLS returns the settings for a connection to a host.
func (c *Client) TLS(host string) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.cfg.RootCAs, ServerName: host}
}

// Timeout returns how long an exchange may last.
func (c *Client) Timeout() time.Duration { return c.cfg.Timeout }

var errElsewhere = errors.New("the receiver sends us elsewhere")

// checkRedirect is called for those that net/http would follow.
func checkRedirect(r *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	switch {
	case len(via) > maxRedirects, r.Method != from.Method,
		r.URL.Hostname() != from.URL.Hostname(),
		r.URL.Scheme != from.URL.Scheme && r.URL.Scheme != "https":
		return errElsewhere
	}
	return nil
}

// Request is a message for a receiver.
type Request struct {
	URL    string
	Header http.Header
	Body   []byte
	// Secrets are the texts that no error may hold.
	Secrets []string
}

// PostJSON sends a JSON document and returns nil when the receiver took it.
func (c *Client) PostJSON(ctx context.Context, r Request) error {
	ctx, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return errs.New(errs.Invalid, "post: the address is no URL")
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", userAgent)
	response, err := c.http.Do(request)
	if err != nil {
		return Failure("post", err, r.Secrets)
	}
	defer response.Body.Close()
	if response.StatusCode/100 == 2 {
		// The message was taken; how long the receiver goes on talking is nothing
		// to wait for.
		defer time.AfterFunc(politeWait, cancel).Stop()
	}
	answer, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes))
	return answered(response, answer, r.Secrets)
}

// answered returns the error that an answer means.
func answered(r *http.Response, body []byte, secrets []string) error {
	if r.StatusCode/100 == 2 {
		return nil
	}
	text := strconv.Itoa(r.StatusCode)
	if quoted := Quote(string(body), secrets); quoted != "" {
		text += ": " + quoted
	}
	err := errs.New(kindOf(r.StatusCode), "the receiver answered %w", &broken{text, doubtOf(r.StatusCode)})
	switch {
	case r.StatusCode == http.StatusUnauthorized, r.StatusCode == http.StatusForbidden:
		err.Hint = "the receiver does not accept the secret; mend its file and send a test"
	case err.Kind == errs.Unavailable:
		err.RetryAfter = retryAfter(r.Header.Get("Retry-After"), time.Now())
	}
	return err
}

// kindOf tells what may be taken later from what will be refused again. An
// answer that is no answer to the message, such as a redirect to a page that
// tells of maintenance, is no refusal.
func kindOf(status int) errs.Kind {
	switch {
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status == http.StatusTooManyRequests:
		return errs.Unavailable
	case status == http.StatusRequestEntityTooLarge:
		return errs.TooLarge
	case status/100 == 4:
		return errs.Invalid
	}
	return errs.Unavailable
}

// doubtOf returns a cause where an answer does not say that the message was not
// taken: what answers may have broken after it was, or be a gateway that heard
// no answer itself.
func doubtOf(status int) error {
	if status == http.StatusRequestTimeout || status/100 == 5 && status != http.StatusServiceUnavailable {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// retryAfter reads the header: seconds or a date, and not for ever.
func retryAfter(text string, now time.Time) time.Duration {
	var wait time.Duration
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), maxRetryAfter)
}

// Quote returns what a receiver said, for an error: bounded, on one line and
// without secrets.
func Quote(text string, secrets []string) string {
	// Again after the text is on one line, which may put a secret together.
	return cut(secret.Redact(oneLine(secret.Redact(text, secrets)), secrets), maxQuoted)
}
