// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"errors"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

// Header values of the hot path, made once.
var (
	protobufType = []string{"application/x-protobuf"}
	jsonType     = []string{"application/json"}
	lengthZero   = []string{"0"}
)

// httpHandler serves OTLP over HTTP.
type httpHandler struct {
	*door
	origins origins
}

// exchange is one HTTP request and its answer.
type exchange struct {
	*httpHandler
	w         http.ResponseWriter
	r         *http.Request
	signal    wire.Signal
	transport transport
	encoding  compression
}

func (h *httpHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := exchange{httpHandler: h, w: w, r: r}
	var typeKnown bool
	x.transport, typeKnown = transportOf(r.Header["Content-Type"])
	signal, known := signalOf(r.URL.Path)
	if !known {
		if r.Method == http.MethodPost {
			h.strayed.see(otherPath, sender(r.RemoteAddr), ": it was "+strconv.Quote(shortened(r.URL.Path)))
		}
		x.refuse(http.StatusNotFound, codes.NotFound, "path", "OTLP is served at /v1/traces, /v1/metrics and /v1/logs")
		return
	}
	x.signal = signal
	if !h.origins.admit(w, r) {
		x.refuse(http.StatusForbidden, codes.PermissionDenied, "origin", "this web origin may not send telemetry; allow it in the server's configuration")
		return
	}
	if preflight(r) {
		h.origins.answerPreflight(w)
		return
	}
	if x.negotiate(typeKnown) {
		x.take()
	}
}

// sender is the address of a request's sender.
type sender string

// Network implements net.Addr.
func (sender) Network() string { return "tcp" }

// String implements net.Addr.
func (s sender) String() string { return string(s) }

// shortened is as much of a path as a line of the log has room for.
func shortened(path string) string { return path[:min(len(path), 100)] }

func signalOf(path string) (wire.Signal, bool) {
	switch path {
	case "/v1/traces":
		return wire.Traces, true
	case "/v1/metrics":
		return wire.Metrics, true
	case "/v1/logs":
		return wire.Logs, true
	}
	return 0, false
}

// negotiate checks all that the headers can tell, so that no byte of a body is
// read in vain. It answers and returns false when something is wrong.
func (x *exchange) negotiate(typeKnown bool) bool {
	var encodingKnown bool
	x.encoding, encodingKnown = encodingOf(x.r.Header["Content-Encoding"])
	if x.r.Method != http.MethodPost {
		x.w.Header().Set("Allow", "POST, OPTIONS")
		x.refuse(http.StatusMethodNotAllowed, codes.Unimplemented, "method", "telemetry is sent with POST")
		return false
	}
	if err := x.auth.check(x.r.Header["Authorization"]); err != nil {
		x.w.Header().Set("WWW-Authenticate", "Bearer")
		x.strayed.see(noToken, sender(x.r.RemoteAddr), "")
		x.leaveBody()
		x.fail(err)
		return false
	}
	if !typeKnown {
		x.w.Header().Set("Accept-Post", "application/x-protobuf, application/json")
		x.refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument, "content_type", "Content-Type must be application/x-protobuf or application/json")
		return false
	}
	if !encodingKnown {
		x.w.Header().Set("Accept-Encoding", acceptEncoding)
		x.refuse(http.StatusUnsupportedMediaType, codes.InvalidArgument, "content_encoding", "Content-Encoding must be one of gzip, zstd, deflate, or absent")
		return false
	}
	return true
}

// transportOf reads the media type and ignores its parameters: the charset of
// JSON is UTF-8 whatever a client writes there. The answer to an unknown type
// is JSON, which a person can read.
func transportOf(values []string) (transport, bool) {
	if len(values) != 1 {
		return overHTTPJSON, false
	}
	media, _, _ := strings.Cut(values[0], ";")
	media = strings.TrimSpace(media)
	switch {
	case strings.EqualFold(media, protobufType[0]):
		return overHTTP, true
	case strings.EqualFold(media, jsonType[0]):
		return overHTTPJSON, true
	}
	return overHTTPJSON, false
}

func encodingOf(values []string) (compression, bool) {
	switch len(values) {
	case 0:
		return identity, true
	case 1:
		return parseCompression(strings.ToLower(values[0]))
	}
	return identity, false
}

// take reads the body, hands it over and answers.
func (x *exchange) take() {
	in := x.newIntake()
	defer in.close()
	body, err := x.body(&in)
	if err != nil {
		x.fail(err)
		return
	}
	result, err := x.consume(x.r.Context(), x.signal, body)
	if err != nil {
		x.fail(err)
		return
	}
	x.meters.accept(x.signal, x.transport, x.encoding)
	x.write(http.StatusOK, result.encode(x.signal, x.transport == overHTTPJSON, x.cfg.MaxResponseBytes))
}

// body returns the protobuf bytes of the request.
func (x *exchange) body(in *intake) ([]byte, error) {
	body, err := x.raw(in)
	if err != nil {
		return nil, err
	}
	if x.encoding != identity {
		if body, err = in.inflate(x.inflaters, x.encoding, body); err != nil {
			return nil, err
		}
	}
	if x.transport == overHTTPJSON {
		return x.transcode(in, x.signal, body)
	}
	return body, nil
}

// unknownLength sizes the first buffer of a chunked body.
const unknownLength = 64 * kib

// raw reads the body as it was sent.
func (x *exchange) raw(in *intake) ([]byte, error) {
	var body []byte
	var err error
	if length := x.r.ContentLength; length >= 0 {
		body, err = in.known(x.r.Body, length)
	} else {
		body, err = in.read(x.r.Body, unknownLength, in.limit, overSize)
	}
	if err == nil || errs.KindOf(err) != errs.Internal {
		return body, err
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, errs.New(errs.Unavailable, "the body did not arrive within %s", x.cfg.RequestTimeout)
	}
	return nil, errs.New(errs.Invalid, "read body: %w", err)
}

// fail answers an error by its kind.
func (x *exchange) fail(err error) {
	f := newFailure(err)
	x.report(f, x.signal, x.transport, err)
	if f.retry {
		// Rounding, not rounding up, keeps some of the jitter: 2 or 3 s.
		seconds := max(math.Round(f.retryAfter.Seconds()), 1)
		x.w.Header().Set("Retry-After", strconv.Itoa(int(seconds)))
	}
	x.meters.fail(x.signal, x.transport, x.encoding, strconv.Itoa(f.http), f, err)
	x.writeStatus(f.http, f.status().Proto())
}

// leaveBody keeps net/http from reading what is left of the body, which it does
// to use the connection again.
func (x *exchange) leaveBody() { x.w.Header().Set("Connection", "close") }

// refuse answers what is wrong with the HTTP request itself.
func (x *exchange) refuse(status int, code codes.Code, reason, message string) {
	if status == http.StatusNotFound {
		// There is no signal to count it under.
		x.meters.turnAway(x.transport, reason)
	} else {
		x.meters.refuse(x.signal, x.transport, x.encoding, strconv.Itoa(status), reason)
	}
	x.leaveBody()
	x.writeStatus(status, grpcstatus.New(code, message).Proto())
}

func (x *exchange) writeStatus(code int, st *spb.Status) {
	marshal := proto.Marshal
	if x.transport == overHTTPJSON {
		marshal = protojson.Marshal
	}
	body, err := marshal(st)
	if err != nil {
		panic("BUG: marshal status: " + err.Error())
	}
	x.write(code, body)
}

// write sends an answer in the content type of the request.
func (x *exchange) write(code int, body []byte) {
	header := x.w.Header()
	header["Content-Type"] = protobufType
	if x.transport == overHTTPJSON {
		header["Content-Type"] = jsonType
	}
	if len(body) == 0 {
		header["Content-Length"] = lengthZero
	}
	x.w.WriteHeader(code)
	if len(body) > 0 && x.r.Method != http.MethodHead {
		// An error here means that the client has gone; nobody is left to
		// tell.
		_, _ = x.w.Write(body)
	}
}
