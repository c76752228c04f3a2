// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/wire"
)

func TestToken(t *testing.T) {
	const token = "correct-horse"
	cfg := loopbackConfig()
	cfg.Token = token
	consumer := &counting{}
	server := serve(t, cfg, consumer)
	client := server.client(t)
	tests := []struct {
		name   string
		header []string
		ok     bool
	}{
		{"right", []string{"Bearer " + token}, true},
		{"scheme in lower case", []string{"bearer " + token}, true},
		{"none", nil, false},
		{"empty", []string{""}, false},
		{"wrong", []string{"Bearer wrong"}, false},
		{"a prefix", []string{"Bearer correct"}, false},
		{"longer", []string{"Bearer " + token + "x"}, false},
		{"no scheme", []string{token}, false},
		{"another scheme", []string{"Basic " + token}, false},
		{"two headers, one right", []string{"Bearer " + token, "Bearer wrong"}, false},
	}
	for _, test := range tests {
		for _, grpc := range []bool{false, true} {
			t.Run(test.name+map[bool]string{false: " http", true: " grpc"}[grpc], func(t *testing.T) {
				before := consumer.calls.Load()
				g, err := client.send(t.Context(), sent{grpc: grpc, header: http.Header{"Authorization": test.header}})
				if err != nil {
					t.Fatal(err)
				}
				want := map[bool]map[bool]string{false: {true: "200", false: "401"}, true: {true: "0", false: "16"}}[grpc][test.ok]
				if g.code != want {
					t.Errorf("got %s, want %s", g.code, want)
				}
				if called := consumer.calls.Load() > before; called != test.ok {
					t.Errorf("consumer called: %t, want %t", called, test.ok)
				}
				if strings.Contains(string(g.body)+g.trailer.Get("Grpc-Message"), "wrong\"") {
					t.Error("the answer repeats the token")
				}
			})
		}
	}
}

func TestTokenIsCheckedBeforeTheBody(t *testing.T) {
	cfg := loopbackConfig()
	cfg.Token = "secret"
	client := serve(t, cfg, consumerFunc(accept)).client(t)
	for _, test := range []struct {
		name, want string
		grpc       bool
	}{{"http", "401", false}, {"grpc", "16", true}} {
		t.Run(test.name, func(t *testing.T) {
			// The body has no end: an answer shows that nobody waited for it.
			body, writer := io.Pipe()
			defer writer.Close()
			g, err := client.send(t.Context(), sent{grpc: test.grpc, stream: body})
			if err != nil {
				t.Fatal(err)
			}
			if g.code != test.want {
				t.Errorf("got %s, want %s", g.code, test.want)
			}
		})
	}
}

// answersOf sends one request over both transports.
func answersOf(t *testing.T, consumer otlp.Consumer) (overHTTP, overGRPC got) {
	t.Helper()
	client := serve(t, loopbackConfig(), consumer).client(t)
	overHTTP, err := client.send(t.Context(), sent{})
	if err != nil {
		t.Fatal(err)
	}
	overGRPC, err = client.send(t.Context(), sent{grpc: true})
	if err != nil {
		t.Fatal(err)
	}
	return overHTTP, overGRPC
}

func TestErrorKindsDecideTheAnswer(t *testing.T) {
	tests := []struct {
		name       string
		err        error
		http, grpc string
		retry      bool
	}{
		{"invalid", errs.New(errs.Invalid, "field 3 is cut off"), "400", "3", false},
		{"too large", errs.New(errs.TooLarge, "too many spans"), "413", "8", false},
		{"unavailable", errs.New(errs.Unavailable, "the disk is full"), "503", "14", true},
		{"unauthenticated", errs.New(errs.Unauthenticated, "expired"), "401", "16", false},
		{"internal", io.ErrClosedPipe, "503", "14", true},
		{"wrapped", errs.New(errs.Unavailable, "append: %w", io.ErrShortWrite), "503", "14", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			overHTTP, overGRPC := answersOf(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
				return otlp.Result{}, test.err
			}))
			if overHTTP.code != test.http || overGRPC.code != test.grpc {
				t.Errorf("got %s and %s, want %s and %s", overHTTP.code, overGRPC.code, test.http, test.grpc)
			}
			if got := overHTTP.header.Get("Retry-After"); (got == "2" || got == "3") != test.retry {
				t.Errorf("Retry-After %q, want 2 or 3: %t", got, test.retry)
			}
			raw := overGRPC.retryTrailer(t)
			if (len(raw) > 0) != test.retry {
				t.Errorf("retry trailer %x, want one: %t", raw, test.retry)
			}
			if test.retry {
				var hint errdetails.RetryInfo
				if err := proto.Unmarshal(raw, &hint); err != nil {
					t.Fatal(err)
				}
				if d := hint.GetRetryDelay().AsDuration(); d < 2*time.Second || d > 3*time.Second {
					t.Errorf("hint %s, want 2 to 3 s", d)
				}
			}
		})
	}
}

func TestConsumerSaysWhenToComeBack(t *testing.T) {
	overHTTP, _ := answersOf(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
		return otlp.Result{}, &errs.Error{Kind: errs.Unavailable, RetryAfter: 7 * time.Second, Err: io.ErrNoProgress}
	}))
	if got, want := overHTTP.header.Get("Retry-After"), "7"; got != want {
		t.Errorf("Retry-After %q, want %q", got, want)
	}
}

func TestInternalErrorsStayInside(t *testing.T) {
	overHTTP, overGRPC := answersOf(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
		return otlp.Result{}, io.ErrClosedPipe
	}))
	for _, text := range []string{string(overHTTP.body), overGRPC.trailer.Get("Grpc-Message"), overGRPC.trailer.Get("Grpc-Status-Details-Bin")} {
		if strings.Contains(text, "pipe") {
			t.Errorf("the answer %q shows the cause", text)
		}
	}
}

func TestPanicIsAnInternalError(t *testing.T) {
	overHTTP, overGRPC := answersOf(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
		panic("BUG: on purpose")
	}))
	if overHTTP.code != "503" || overGRPC.code != "14" {
		t.Errorf("got %s and %s, want 503 and 14", overHTTP.code, overGRPC.code)
	}
}

func TestHugeErrorTextFitsTheTrailers(t *testing.T) {
	_, overGRPC := answersOf(t, consumerFunc(func(context.Context, wire.Signal, []byte) (otlp.Result, error) {
		return otlp.Result{}, errs.New(errs.Invalid, "%s", strings.Repeat("ü\xff", 1<<20))
	}))
	size := 0
	for name, values := range overGRPC.trailer {
		size += len(name) + len(values[0])
	}
	if overGRPC.code != "3" || size == 0 || size > 8<<10 {
		t.Errorf("code %s with %d bytes of trailers, want 3 with up to 8 KiB", overGRPC.code, size)
	}
}

func TestBudgetRefusesAtOnce(t *testing.T) {
	const size, holders = 1 << 20, 4
	cfg := loopbackConfig()
	cfg.MaxRequestBytes, cfg.MaxInFlightBytes = size, holders*size+64<<10
	entered, release := make(chan struct{}), make(chan struct{})
	server := serve(t, cfg, consumerFunc(func(_ context.Context, _ wire.Signal, body []byte) (otlp.Result, error) {
		if len(body) == size {
			entered <- struct{}{}
			<-release
		}
		return otlp.Result{}, nil
	}))
	client := server.client(t)
	for _, grpc := range []bool{false, true} {
		large := sent{grpc: grpc, body: make([]byte, size)}
		var done sync.WaitGroup
		for range holders {
			done.Go(func() {
				if g, err := client.send(t.Context(), large); err != nil || g.code != map[bool]string{false: "200", true: "0"}[grpc] {
					t.Errorf("a request within the budget got %s (%v)", g.code, err)
				}
			})
			<-entered
		}
		if inFlight := server.metric(t, "leadline_otlp_in_flight_bytes"); inFlight != holders*size {
			t.Errorf("%v bytes in flight, want %d", inFlight, holders*size)
		}
		for _, refused := range []sent{{body: large.body}, {grpc: true, body: large.body}} {
			g, err := client.send(t.Context(), refused)
			if want := map[bool]string{false: "503", true: "14"}[refused.grpc]; err != nil || g.code != want {
				t.Errorf("got %s (%v), want %s", g.code, err, want)
			}
		}
		if small, err := client.send(t.Context(), sent{body: make([]byte, 100)}); err != nil || small.code != "200" {
			t.Errorf("a request that fits got %s (%v), want 200", small.code, err)
		}
		for range holders {
			release <- struct{}{}
		}
		done.Wait()
		eventually(t, "nothing in flight", func() bool { return server.metric(t, "leadline_otlp_in_flight_bytes") == 0 })
	}
	if got := server.metric(t, "leadline_otlp_refused_total", "unavailable"); got != 4 {
		t.Errorf("%v refusals counted, want 4", got)
	}
}

func TestRequestsAreCounted(t *testing.T) {
	server := serve(t, loopbackConfig(), consumerFunc(provoked))
	client := server.client(t)
	for _, s := range []sent{{}, {json: true, body: []byte("{}"), path: "/v1/logs"}, {grpc: true}, {body: []byte{0xff}}, {path: "/nowhere"}} {
		if _, err := client.send(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	const requests, refused = "leadline_otlp_requests_total", "leadline_otlp_refused_total"
	for _, test := range []struct {
		metric string
		labels []string
		want   float64
	}{
		{requests, []string{"traces", "http_protobuf", "none", "200"}, 1},
		{requests, []string{"logs", "http_json", "none", "200"}, 1},
		{requests, []string{"traces", "grpc", "none", "OK"}, 1},
		{requests, []string{"traces", "http_protobuf", "none", "400"}, 1},
		{requests, nil, 4},
		{refused, []string{"http_protobuf", "invalid"}, 1},
		{refused, []string{"http_protobuf", "path"}, 1},
		{refused, nil, 2},
	} {
		if got := server.metric(t, test.metric, test.labels...); got != test.want {
			t.Errorf("%s%v = %v, want %v", test.metric, test.labels, got, test.want)
		}
	}
}

func TestOrigins(t *testing.T) {
	cfg := loopbackConfig()
	cfg.Token = "secret"
	cfg.Origins = []string{"https://shop.example"}
	server := serve(t, cfg, consumerFunc(accept))
	preflight := http.Header{"Access-Control-Request-Method": {"POST"}}
	tests := []struct {
		name, method, origin, token string
		header                      http.Header
		want                        int
		allowed                     string
	}{
		{"preflight needs no token", http.MethodOptions, "https://shop.example", "", preflight, 204, "https://shop.example"},
		{"preflight of a stranger", http.MethodOptions, "https://evil.example", "", preflight, 403, ""},
		{"answer to POST", http.MethodPost, "https://shop.example", "secret", nil, 200, "https://shop.example"},
		{"refusal is readable, too", http.MethodPost, "https://shop.example", "", nil, 401, "https://shop.example"},
		{"POST of a stranger", http.MethodPost, "https://evil.example", "secret", nil, 403, ""},
		{"POST of a rebound host", http.MethodPost, server.HTTPURL, "secret", nil, 403, ""},
		{"a program has no origin", http.MethodPost, "", "secret", nil, 200, ""},
		{"OPTIONS that is no preflight", http.MethodOptions, "", "", nil, 405, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			req, err := http.NewRequestWithContext(t.Context(), test.method, server.HTTPURL+"/v1/traces", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header = sent{token: test.token, header: test.header}.headers()
			if test.origin != "" {
				req.Header.Set("Origin", test.origin)
			}
			resp, err := server.client(t).http1.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != test.want {
				t.Errorf("got %d, want %d", resp.StatusCode, test.want)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != test.allowed {
				t.Errorf("Access-Control-Allow-Origin %q, want %q", got, test.allowed)
			}
			if test.want == 204 && !strings.Contains(resp.Header.Get("Access-Control-Allow-Headers"), "Content-Encoding") {
				t.Errorf("allowed headers %q lack Content-Encoding", resp.Header.Get("Access-Control-Allow-Headers"))
			}
		})
	}
}

func TestConnectionsAreLimited(t *testing.T) {
	cfg := loopbackConfig()
	cfg.MaxConnections = 2
	server := serve(t, cfg, consumerFunc(accept))
	for _, addr := range []string{strings.TrimPrefix(server.HTTPURL, "http://"), server.GRPCAddr} {
		var held []net.Conn
		for range cfg.MaxConnections {
			held = append(held, dial(t, addr))
		}
		extra := dial(t, addr)
		if n, err := extra.Read(make([]byte, 1)); err == nil {
			t.Fatalf("read %d bytes from a connection above the limit", n)
		}
		held[0].Close()
		eventually(t, "a place is free again", func() bool {
			conn := dial(t, addr)
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
				return false
			}
			n, _ := conn.Read(make([]byte, 1))
			return n > 0
		})
	}
	if got := server.metric(t, "leadline_otlp_refused_total", "connections"); got < 2 {
		t.Errorf("%v refused connections counted, want at least 2", got)
	}
}

func dial(t *testing.T, addr string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestNewRefusesATakenAddress(t *testing.T) {
	cfg := loopbackConfig()
	cfg.HTTPAddr = serve(t, loopbackConfig(), consumerFunc(accept)).GRPCAddr
	if _, err := newQuietly(cfg); err == nil || !strings.Contains(err.Error(), cfg.HTTPAddr) {
		t.Errorf("New() = %v, want an error that names %s", err, cfg.HTTPAddr)
	}
}
