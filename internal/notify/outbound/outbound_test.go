// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package outbound_test

import (
	"context"
	"crypto/x509"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/outbound"
)

func TestCheck(t *testing.T) {
	const (
		open   = "open"
		closed = "private"
		never  = "never"
	)
	tests := []struct{ name, addr, want string }{
		{"public IPv4", "93.184.216.34", open},
		{"public IPv6", "2606:2800:220:1::1", open},
		{"public, mapped", "::ffff:93.184.216.34", open},
		{"public, translated", "64:ff9b::93.184.216.34", open},
		{"loopback", "127.0.0.1", closed},
		{"all of loopback", "127.8.9.1", closed},
		{"loopback IPv6", "::1", closed},
		{"loopback, mapped", "::ffff:127.0.0.1", closed},
		{"loopback, translated", "64:ff9b::127.0.0.1", closed},
		{"ten", "10.1.2.3", closed},
		{"172.16", "172.31.255.255", closed},
		{"beside 172.16", "172.32.0.0", open},
		{"192.168", "192.168.0.1", closed},
		{"192.168, mapped", "::ffff:192.168.0.1", closed},
		{"unique local", "fd12:3456::1", closed},
		{"site local", "fec0::1", closed},
		{"carrier", "100.64.0.1", closed},
		{"benchmarks", "198.18.0.1", closed},
		{"documentation", "203.0.113.9", closed},
		{"metadata", "169.254.169.254", never},
		{"metadata, mapped", "::ffff:169.254.169.254", never},
		{"metadata, translated", "64:ff9b::169.254.169.254", never},
		{"metadata at AWS over IPv6", "fd00:ec2::254", never},
		{"metadata at Google over IPv6", "fd20:ce::254", never},
		{"metadata at Alibaba", "100.100.100.200", never},
		{"metadata at Oracle", "192.0.0.192", never},
		{"the host at Azure", "168.63.129.16", never},
		{"link-local IPv6", "fe80::1", never},
		{"with a zone", "fe80::1%eth0", never},
		{"unspecified", "0.0.0.0", never},
		{"unspecified IPv6", "::", never},
		{"this host", "0.1.2.3", never},
		{"multicast", "224.0.0.1", never},
		{"multicast IPv6", "ff02::1", never},
		{"broadcast", "255.255.255.255", never},
		{"6to4 of a private address", "2002:a00:1::1", never},
		{"Teredo", "2001:0:1::1", never},
		{"IPv4-compatible", "::10.0.0.1", never},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := netip.MustParseAddr(tt.addr)
			strict, allowing := outbound.Check(addr, false) == nil, outbound.Check(addr, true) == nil
			got := map[[2]bool]string{{true, true}: open, {false, true}: closed, {false, false}: never}[[2]bool{strict, allowing}]
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestParseURL(t *testing.T) {
	tests := []struct {
		name, text string
		private    bool
		want       string // of the error; empty for none
	}{
		{"https", "https://hooks.example/T0/B0", false, ""},
		{"http", "http://hooks.example/", false, "is http"},
		{"http in a private network", "http://10.0.0.1:9093", true, ""},
		{"relative", "/api/v2", true, "no absolute URL"},
		{"no scheme", "hooks.example/x", true, "no absolute URL"},
		{"another scheme", "file:///etc/passwd", true, "no absolute URL"},
		{"opaque", "https:hooks.example", true, "no absolute URL"},
		{"no host", "https://:443/", true, "no absolute URL"},
		{"no URL", "https://hooks.example/%zz", true, "is no URL"},
		{"a line break", "https://hooks.example/\r\nX: y", true, "is no URL"},
		{"credentials", "https://user:hunter2@hooks.example/", true, "authorization_file"},
		{"a fragment", "https://hooks.example/#x", true, "fragment"},
		{"long", "https://hooks.example/" + strings.Repeat("x", 3000), true, "longer"},
		{"localhost", "https://localhost:1/", false, "allow_private"},
		{"localhost with a dot", "https://LocalHost./", false, "allow_private"},
		{"below localhost", "https://a.localhost/", false, "allow_private"},
		{"loopback", "https://127.0.0.1/", false, "allow_private"},
		{"mapped loopback", "https://[::ffff:127.0.0.1]/", false, "allow_private"},
		{"metadata", "http://169.254.169.254/latest", true, "never a receiver's"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := outbound.ParseURL(tt.text, tt.private)
			if got := fmt.Sprint(err); (err == nil) != (tt.want == "") || !strings.Contains(got, tt.want) || strings.Contains(got, "hunter2") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestCheckHeaders(t *testing.T) {
	many := map[string]string{}
	for i := range 30 {
		many[fmt.Sprint("X-", i)] = "x"
	}
	tests := []struct {
		name    string
		headers map[string]string
		want    string
	}{
		{"ours to add", map[string]string{"X-Team": "checkout"}, ""},
		{"a line break", map[string]string{"X-Team": "a\r\nX-Evil: b"}, "plain text"},
		{"a zero", map[string]string{"X-Team": "a\x00"}, "plain text"},
		{"a line break in the name", map[string]string{"X-Team\r\nX": "a"}, "no header's"},
		{"no name", map[string]string{"": "a"}, "no header's"},
		{"hop by hop", map[string]string{"transfer-encoding": "chunked"}, "belongs"},
		{"host", map[string]string{"HOST": "other.example"}, "belongs"},
		{"length", map[string]string{"Content-length": "0"}, "belongs"},
		{"our signature", map[string]string{"webhook-signature": "v1,x"}, "belongs"},
		{"our delivery", map[string]string{"leadline-delivery": "x"}, "belongs"},
		{"a secret", map[string]string{"authorization": "Bearer x"}, "authorization_file"},
		{"long", map[string]string{"X-Team": strings.Repeat("x", 2000)}, "1024"},
		{"many", many, "20"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := outbound.CheckHeaders(tt.headers); (err == nil) != (tt.want == "") || !strings.Contains(fmt.Sprint(err), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// post sends a message to a URL whose path is the secret.
func post(c *outbound.Client, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	return c.PostJSON(context.Background(), outbound.Request{URL: address, Body: []byte(`{}`), Secrets: append(outbound.SecretsOf(u), "hunter2-key")})
}

func local() *outbound.Client { return outbound.New(outbound.Config{AllowPrivate: true}) }

// TestAnswers checks what each answer of a receiver means.
func TestAnswers(t *testing.T) {
	in30 := time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
	tests := []struct {
		name       string
		status     int
		retryAfter string
		body       string
		kind       errs.Kind
		wait       time.Duration
		want       string
	}{
		{"taken", 200, "", "ok", 0, 0, ""},
		{"accepted", 202, "", "", 0, 0, ""},
		{"no content", 204, "", "", 0, 0, ""},
		{"bad", 400, "", "invalid_payload", errs.Invalid, 0, "answered 400: invalid_payload"},
		{"unauthorized", 401, "", "", errs.Invalid, 0, "answered 401"},
		{"gone", 410, "9", "", errs.Invalid, 0, "answered 410"},
		{"too large", 413, "", "", errs.TooLarge, 0, "answered 413"},
		{"timeout", 408, "", "", errs.Unavailable, 0, "answered 408"},
		{"too many", 429, "7", "", errs.Unavailable, 7 * time.Second, "answered 429"},
		{"too many, without a time", 429, "", "", errs.Unavailable, 0, "answered 429"},
		{"too many, nonsense", 429, "soon", "", errs.Unavailable, 0, "answered 429"},
		{"too many, for ever", 429, "99999999", "", errs.Unavailable, time.Hour, "answered 429"},
		{"overloaded until a date", 503, in30, "", errs.Unavailable, 30 * time.Second, "answered 503"},
		{"broken", 500, "", "stack\r\ntrace\x1b[31m", errs.Unavailable, 0, "answered 500: stack trace [31m"},
		{"a gateway", 502, "", "", errs.Unavailable, 0, "answered 502"},
		{"a gateway that waited in vain", 504, "", "", errs.Unavailable, 0, "answered 504"},
		{"a page of maintenance", 302, "", "", errs.Unavailable, 0, "answered 302"},
		{"a secret in the answer", 400, "", "no T0/B0/hunter2-path and no hunter2-key", errs.Invalid, 0, "no T0/B0/(secret) and no (secret)"},
		{"a secret cut by the limit", 400, "", strings.Repeat(" ", 8<<10-5) + "hunter2-key", errs.Invalid, 0, "answered 400: (secret)"},
		{"a long answer", 400, "", strings.Repeat("x", 1<<20), errs.Invalid, 0, strings.Repeat("x", 300) + "…"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Retry-After", tt.retryAfter)
				w.WriteHeader(tt.status)
				w.Write([]byte(tt.body))
			}))
			defer s.Close()
			err := post(local(), s.URL+"/T0/B0/hunter2-path")
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.HasSuffix(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want %q", err, tt.want)
			}
			// Behind a gateway, or before it broke, the receiver may have taken it.
			mayHaveTaken := tt.status == 408 || tt.status == 500 || tt.status == 502 || tt.status == 504
			if errors.Is(err, io.ErrUnexpectedEOF) != mayHaveTaken {
				t.Errorf("%v: may it have taken the message? want %v", err, mayHaveTaken)
			}
			wait := errs.RetryAfter(err)
			if errs.KindOf(err) != tt.kind || wait > tt.wait || wait < tt.wait-5*time.Second {
				t.Errorf("got %v after %v, want %v after %v", errs.KindOf(err), wait, tt.kind, tt.wait)
			}
		})
	}
}

// TestNoAnswer checks that whatever goes wrong on the way is tried again, and
// that no error names the address.
func TestNoAnswer(t *testing.T) {
	stop := make(chan struct{})
	hang := func(http.ResponseWriter, *http.Request) { <-stop }
	hanging := httptest.NewServer(http.HandlerFunc(hang))
	defer hanging.Close()
	defer close(stop)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			w.Header().Add("X-Noise", strings.Repeat("x", 1000))
		}
	}))
	defer endless.Close()
	breaking := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Close()
	}))
	defer breaking.Close()
	half := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, _ := w.(http.Hijacker).Hijack()
		conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-"))
		conn.Close()
	}))
	defer half.Close()
	untrusted := httptest.NewTLSServer(http.HandlerFunc(hang))
	defer untrusted.Close()
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	none := resolver(t, func(string) []netip.Addr { return nil })

	tests := []struct {
		name string
		url  string
		cfg  outbound.Config
		want string
		// maybe is the cause after which the message may have been taken.
		maybe error
	}{
		{"hanging", hanging.URL, outbound.Config{Timeout: 50 * time.Millisecond}, "no answer in time", context.DeadlineExceeded},
		{"breaking", breaking.URL, outbound.Config{}, "broke before an answer", io.ErrUnexpectedEOF},
		{"killed within an answer", half.URL, outbound.Config{}, "connection broken", io.ErrUnexpectedEOF},
		{"endless headers", endless.URL, outbound.Config{}, "exceeded", io.ErrUnexpectedEOF},
		{"refused", "http://" + refusing.Addr().String(), outbound.Config{}, "was refused", nil},
		{"untrusted", untrusted.URL, outbound.Config{}, "not trusted", nil},
		{"no TLS", strings.Replace(hanging.URL, "http:", "https:", 1), outbound.Config{Timeout: time.Second}, "HTTP response to HTTPS", io.ErrUnexpectedEOF},
		{"no name", "http://secret.example", outbound.Config{Resolver: none}, "does not resolve", nil},
		{"metadata", "http://169.254.169.254", outbound.Config{}, "no receiver's", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.AllowPrivate = true
			err := post(outbound.New(tt.cfg), tt.url+"/hunter2-path")
			if err == nil || errs.KindOf(err) != errs.Unavailable || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v (%v), want %q", err, errs.KindOf(err), tt.want)
			}
			for _, cause := range []error{context.DeadlineExceeded, io.ErrUnexpectedEOF} {
				if errors.Is(err, cause) != (cause == tt.maybe) {
					t.Errorf("%v wraps %v", err, cause)
				}
			}
			if text := fmt.Sprint(err); strings.Contains(text, "hunter2") || strings.Contains(text, "secret.example") {
				t.Errorf("%s names the address", text)
			}
		})
	}
}

// TestEndlessYes checks that a message that was taken is not waited for.
func TestEndlessYes(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		io.Copy(io.Discard, q.Body) // a server notices that we left once it has read all
		w.(http.Flusher).Flush()
		<-q.Context().Done()
	}))
	defer s.Close()
	if err := post(outbound.New(outbound.Config{AllowPrivate: true, Timeout: time.Hour}), s.URL); err != nil {
		t.Error(err)
	}
}

func TestCertificateOfAnotherHost(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer s.Close()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	there := resolver(t, func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("127.0.0.1")} })
	c := outbound.New(outbound.Config{AllowPrivate: true, RootCAs: roots, Resolver: there})
	if err := post(c, s.URL); err != nil {
		t.Errorf("the certificate's own address: %v", err)
	}
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	if err := post(c, "https://other.invalid"+port); err == nil || !strings.Contains(err.Error(), "not trusted") {
		t.Errorf("another name: %v", err)
	}
}

// TestRedirects counts what reaches a second server.
func TestRedirects(t *testing.T) {
	tests := []struct {
		name   string
		status int
		to     string // %s is the second server
		want   int32
	}{
		{"within the host, as it is", 308, "%s/ok", 1},
		{"temporarily", 307, "%s/ok", 1},
		{"as a GET", 302, "%s/ok", 0},
		{"as a GET, by name", 303, "%s/ok", 0},
		{"to another name of the host", 308, "http://localhost:%s/ok", 0},
		{"to metadata", 307, "http://169.254.169.254/latest", 0},
		{"to a file", 307, "file:///etc/passwd", 0},
		{"round in circles", 307, "/again", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var reached atomic.Int32
			second := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodPost {
					reached.Add(1)
				}
			}))
			defer second.Close()
			to := strings.Replace(tt.to, "%s/", second.URL+"/", 1)
			if strings.Contains(tt.to, "localhost") {
				to = strings.Replace(tt.to, "%s", second.URL[strings.LastIndex(second.URL, ":")+1:], 1)
			}
			first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, to, tt.status)
			}))
			defer first.Close()
			err := post(local(), first.URL+"/hunter2-path")
			if got := reached.Load(); got != tt.want || (err == nil) != (tt.want > 0) {
				t.Errorf("%d requests arrived, error %v, want %d", got, err, tt.want)
			}
			if err != nil && (errs.KindOf(err) != errs.Unavailable || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "passwd")) {
				t.Error(err)
			}
		})
	}
}

// TestRebinding resolves a name to a public address when it is looked up to be
// checked, and to this host from then on.
func TestRebinding(t *testing.T) {
	var reached, asked atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer s.Close()
	r := resolver(t, func(string) []netip.Addr {
		if asked.Add(1) == 1 {
			return []netip.Addr{netip.MustParseAddr("203.0.113.9")} // never answers, and is refused
		}
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}
	})
	c := outbound.New(outbound.Config{Resolver: r})
	port := s.URL[strings.LastIndex(s.URL, ":"):]
	for range 3 {
		err := post(c, "http://rebind.example"+port)
		var refused *outbound.Refused
		if errs.HintOf(err) == "" || errs.KindOf(err) != errs.Unavailable {
			t.Errorf("got %v (%v), want a refusal that can be mended", err, errors.As(err, &refused))
		}
	}
	if got := reached.Load(); got != 0 {
		t.Errorf("%d requests arrived", got)
	}
	if asked.Load() < 3 {
		t.Errorf("the name was looked up %d times only", asked.Load())
	}
}

func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	var reached atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	none := resolver(t, func(string) []netip.Addr { return nil })
	if err := post(outbound.New(outbound.Config{AllowPrivate: true, Resolver: none}), "http://hooks.example/"); err == nil || reached.Load() > 0 {
		t.Errorf("the proxy was asked %d times: %v", reached.Load(), err)
	}
}

// resolver returns one that asks a name server of ours, over TCP.
func resolver(t *testing.T, lookup func(name string) []netip.Addr) *net.Resolver {
	t.Helper()
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go serveName(theirs, lookup)
		return ours, nil
	}}
}

// serveName answers one question for IPv4 addresses as RFC 1035 says, and none
// for others.
func serveName(conn net.Conn, lookup func(string) []netip.Addr) {
	defer conn.Close()
	for {
		head := make([]byte, 2)
		if _, err := conn.Read(head); err != nil {
			return
		}
		q := make([]byte, binary.BigEndian.Uint16(head))
		if _, err := conn.Read(q); err != nil {
			return
		}
		end, name := 12, ""
		for q[end] != 0 {
			n := int(q[end])
			name += string(q[end+1:end+1+n]) + "."
			end += 1 + n
		}
		end += 5 // root, type, class
		var found []netip.Addr
		if q[end-3] == 1 {
			found = lookup(name)
		}
		a := append([]byte{q[0], q[1], 0x81, 0x80, 0, 1, 0, byte(len(found)), 0, 0, 0, 0}, q[12:end]...)
		for _, addr := range found {
			a = append(a, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
			a = append(a, addr.AsSlice()...)
		}
		conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(a))), a...))
	}
}

// FuzzQuote checks that no answer of a receiver brings a secret or a line
// break into an error.
func FuzzQuote(f *testing.F) {
	f.Add("no hunter2-secret here\r\n", "hunter2-secret")
	f.Add("cut off: hunter2-sec", "hunter2-secret")
	f.Fuzz(func(t *testing.T, answer, secret string) {
		got := outbound.Quote(answer, []string{secret})
		if len(secret) >= 16 && strings.Contains(got, secret) {
			t.Errorf("%q holds %q", got, secret)
		}
		if strings.ContainsAny(got, "\r\n\x00\x1b") || len([]rune(got)) > 301 {
			t.Errorf("%q is no line", got)
		}
	})
}

// FuzzParseURL checks that what is accepted is a URL that can be posted to,
// and that a refusal does not quote it.
func FuzzParseURL(f *testing.F) {
	f.Add("https://hooks.example/T0/B0", false)
	f.Add("http://[::ffff:10.0.0.1%25eth0]:80/", true)
	f.Add("https://user:pass@hooks.example", false)
	f.Fuzz(func(t *testing.T, text string, private bool) {
		u, err := outbound.ParseURL(text, private)
		if err != nil {
			if len(text) > 20 && strings.Contains(err.Error(), text) {
				t.Errorf("%v quotes it", err)
			}
			return
		}
		if u.User != nil || u.Hostname() == "" || u.Scheme != "https" && !(private && u.Scheme == "http") {
			t.Errorf("accepted %q", text)
		}
		if addr, err := netip.ParseAddr(u.Hostname()); err == nil && outbound.Check(addr, private) != nil {
			t.Errorf("accepted %q, whose address is refused", text)
		}
		if _, err := http.NewRequest(http.MethodPost, u.String(), nil); err != nil {
			t.Errorf("accepted %q: %v", text, err)
		}
	})
}
