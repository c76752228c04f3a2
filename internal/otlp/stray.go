// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"
)

// stray is a way in which telemetry misses its server. Its sender is told
// nothing that people read: exporters log a code, or that they try again. So we
// say it, in the log and among the warnings of intake.
type stray uint8

const (
	httpToGRPC stray = iota
	grpcToHTTP
	tlsToGRPC
	tlsToHTTP
	otherPath
	noToken
	strays
)

const (
	// strayFor is how long a warning stands after it was last true.
	strayFor = 10 * time.Minute
	// strayLogged is how often the log says one of them again.
	strayLogged = time.Minute
)

// strayed keeps what was seen lately of each kind: few, and small.
type strayed struct {
	log        *slog.Logger
	grpc, http string // the ports

	mu   sync.Mutex
	seen [strays]struct {
		from        string
		first, last time.Time
		logged      time.Time
		times       int
	}
}

// see notes that a sender went astray.
func (s *strayed) see(kind stray, from net.Addr, detail string) {
	host := "unknown"
	if from != nil {
		host = from.String()
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	v := &s.seen[kind]
	if now.Sub(v.last) > strayFor {
		v.first, v.times = now, 0
	}
	v.from, v.last = host, now
	v.times++
	if now.Sub(v.logged) < strayLogged {
		return
	}
	v.logged = now
	s.log.Warn("telemetry goes astray", "from", host, "finding", s.text(kind)+detail)
}

// warnings says what was seen in the last minutes.
func (s *strayed) warnings() (all []string) {
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind := range strays {
		if v := s.seen[kind]; v.times > 0 && now.Sub(v.last) <= strayFor {
			often := "once"
			if v.times > 1 {
				often = fmt.Sprintf("%d times since %s", v.times, v.first.UTC().Format(time.TimeOnly))
			}
			all = append(all, fmt.Sprintf("%s (%s, last by %s at %s UTC)", s.text(kind), often, v.from, v.last.UTC().Format(time.TimeOnly)))
		}
	}
	return all
}

// text says what is wrong, and what the sender has to set.
func (s *strayed) text(kind stray) string {
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://HOST:"
	switch kind {
	case httpToGRPC:
		return fmt.Sprintf("port %s takes OTLP over gRPC, and is sent HTTP: set %s%s where the application is started, or OTEL_EXPORTER_OTLP_PROTOCOL=grpc", s.grpc, endpoint, s.http)
	case grpcToHTTP:
		return fmt.Sprintf("port %s takes OTLP over HTTP, and is sent gRPC: set %s%s where the application is started, or OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf", s.http, endpoint, s.grpc)
	case tlsToGRPC:
		return fmt.Sprintf("port %s takes no TLS, and is sent some: write the endpoint with http:// in front, %s%s", s.grpc, endpoint, s.grpc)
	case tlsToHTTP:
		return fmt.Sprintf("port %s takes no TLS, and is sent some: write the endpoint with http:// in front, %s%s", s.http, endpoint, s.http)
	case otherPath:
		return "telemetry is sent to a path that is none of OTLP's: set " + endpoint + s.http + "; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ends in /v1/traces"
	}
	return "telemetry without the right token is refused: set OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN where the application is started"
}

// strayOf reads the first bytes of a connection to a server.
func strayOf(t transport, greeting []byte) (kind stray, astray bool) {
	begins := func(with string) bool { return bytes.HasPrefix(greeting, []byte(with)) }
	switch {
	case t == overGRPC && begins("\x16\x03"):
		return tlsToGRPC, true
	case t == overHTTP && begins("\x16\x03"):
		return tlsToHTTP, true
	case t == overGRPC && begins("POST "):
		return httpToGRPC, true
	case t == overHTTP && begins("PRI * HTTP/2"):
		return grpcToHTTP, true
	}
	return 0, false
}

const (
	farewellTime  = time.Second
	farewellBytes = mib
)

// farewell answers a connection that went astray in what it speaks, and reads
// what is under way: a connection that is closed before is reset, and the answer
// is lost.
func (s *strayed) farewell(conn net.Conn, kind stray) {
	if kind != httpToGRPC {
		return
	}
	// The connection is closed behind this, so what fails here changes nothing.
	_ = conn.SetDeadline(time.Now().Add(farewellTime))
	text := s.text(kind) + "\n"
	// Python's exporter logs the phrase behind the code, and not the text.
	if _, err := io.WriteString(conn, "HTTP/1.1 400 This port takes gRPC, HTTP is at port "+s.http+"\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "+strconv.Itoa(len(text))+"\r\n\r\n"+text); err != nil {
		return
	}
	if half, ok := conn.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
	_, _ = io.CopyN(io.Discard, conn, farewellBytes)
}
