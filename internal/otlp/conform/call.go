// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package conform

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// call sends requests in one cell.
type call struct {
	Cell
	target  Target
	clients *clients
}

// answer is what came back, of either protocol.
type answer struct {
	Cell
	status int        // of HTTP
	code   codes.Code // of gRPC
	header http.Header
	// trailer holds gRPC's trailers, which may have come as headers.
	trailer http.Header
	body    []byte
}

// request is a request before it is put into a protocol.
type request struct {
	body []byte
	// The fields below replace what the cell would say, for requests that are
	// wrong on purpose.
	method, path, contentType, contentEncoding string
}

// maxAnswer bounds what we read of an answer: twice what a server may send.
const maxAnswer = 8 << 20

// send compresses the payload as the cell says, and sends it.
func (c *call) send(ctx context.Context, payload []byte) (answer, error) {
	return c.sendAs(ctx, request{body: Compress(c.Encoding, payload)})
}

// sendAs sends a request as it is.
func (c *call) sendAs(ctx context.Context, r request) (answer, error) {
	if c.Transport == GRPC {
		return c.sendGRPC(ctx, r)
	}
	return c.sendHTTP(ctx, r)
}

func (c *call) sendHTTP(ctx context.Context, r request) (answer, error) {
	path := or(r.path, "/v1/"+string(c.Signal))
	req, err := http.NewRequestWithContext(ctx, or(r.method, http.MethodPost), c.target.HTTPURL+path, bytes.NewReader(r.body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", or(r.contentType, c.contentType()))
	if encoding := or(r.contentEncoding, string(c.Encoding)); encoding != string(None) {
		req.Header.Set("Content-Encoding", encoding)
	}
	return c.roundTrip(c.clients.http1, req)
}

var grpcServices = map[Signal]string{
	Traces:  "opentelemetry.proto.collector.trace.v1.TraceService",
	Metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
	Logs:    "opentelemetry.proto.collector.logs.v1.LogsService",
}

// grpcFrame is the length of the prefix of a gRPC message: a flag that says
// compressed, and the size.
const grpcFrame = 5

func (c *call) sendGRPC(ctx context.Context, r request) (answer, error) {
	frame := make([]byte, grpcFrame, grpcFrame+len(r.body))
	binary.BigEndian.PutUint32(frame[1:], uint32(len(r.body)))
	encoding := or(r.contentEncoding, string(c.Encoding))
	if encoding != string(None) {
		frame[0] = 1
	}
	url := "http://" + c.target.GRPCAddr + or(r.path, "/"+grpcServices[c.Signal]+"/Export")
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(append(frame, r.body...)))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", "application/grpc")
	req.Header.Set("Te", "trailers")
	if encoding != string(None) {
		req.Header.Set("Grpc-Encoding", encoding)
	}
	a, err := c.roundTrip(c.clients.http2, req)
	if err != nil {
		return a, err
	}
	return a, a.readGRPC()
}

func (c *call) roundTrip(via *http.Transport, req *http.Request) (answer, error) {
	resp, err := via.RoundTrip(req)
	if err != nil {
		return answer{}, fmt.Errorf("no answer: %w", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	return answer{Cell: c.Cell, status: resp.StatusCode, header: resp.Header, trailer: resp.Trailer, body: body}, nil
}

// readGRPC takes the status out of the trailers and the message out of its
// frame.
func (a *answer) readGRPC() error {
	if a.trailer.Get("Grpc-Status") == "" {
		a.trailer = a.header // a refusal without a message has no other part
	}
	number, err := strconv.ParseUint(a.trailer.Get("Grpc-Status"), 10, 32)
	if err != nil {
		return fmt.Errorf("no gRPC status (HTTP %d): %w", a.status, err)
	}
	a.code = codes.Code(number)
	if len(a.body) == 0 {
		return nil
	}
	if len(a.body) < grpcFrame || int(binary.BigEndian.Uint32(a.body[1:])) != len(a.body)-grpcFrame {
		return errors.New("the answer is not one gRPC message")
	}
	compressed := a.body[0] != 0
	a.body = a.body[grpcFrame:]
	if compressed {
		a.body, err = decompress(Encoding(a.header.Get("Grpc-Encoding")), a.body)
	}
	return err
}

func (c *call) contentType() string {
	if c.Transport == JSON {
		return "application/json"
	}
	return "application/x-protobuf"
}

// ok tells whether the answer is a success.
func (a *answer) ok() bool {
	if a.Transport == GRPC {
		return a.code == codes.OK
	}
	return a.status == http.StatusOK
}

func (a *answer) String() string {
	if a.Transport == GRPC {
		return a.code.String()
	}
	return strconv.Itoa(a.status)
}

// rpcStatus returns the google.rpc.Status of an error.
func (a *answer) rpcStatus() (*spb.Status, error) {
	st := &spb.Status{}
	var err error
	switch a.Transport {
	case JSON:
		err = protojson.Unmarshal(a.body, st)
	case Proto:
		err = proto.Unmarshal(a.body, st)
	default:
		st.Message = a.trailer.Get("Grpc-Message")
		var details []byte
		if details, err = a.binaryTrailer("Grpc-Status-Details-Bin"); err == nil && details != nil {
			err = proto.Unmarshal(details, st)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("body of %s is no Status: %w", a, err)
	}
	return st, nil
}

// binaryTrailer returns a trailer of bytes, which travels in base64, or nil.
func (a *answer) binaryTrailer(name string) ([]byte, error) {
	value := a.trailer.Get(name)
	if value == "" {
		return nil, nil
	}
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
}

func or(value, fallback string) string {
	if value != "" {
		return value
	}
	return fallback
}

// Compress returns payload as a client with that encoding sends it.
func Compress(encoding Encoding, payload []byte) []byte {
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case Gzip:
		w, _ = gzip.NewWriterLevel(&out, gzip.BestSpeed)
	case Deflate:
		w, _ = zlib.NewWriterLevel(&out, zlib.BestSpeed)
	case Zstd:
		w, _ = zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1))
	default:
		return payload
	}
	if _, err := w.Write(payload); err != nil {
		panic("BUG: write to memory: " + err.Error())
	}
	if err := w.Close(); err != nil {
		panic("BUG: write to memory: " + err.Error())
	}
	return out.Bytes()
}

// decompress reads the answers of servers that compress them.
func decompress(encoding Encoding, body []byte) ([]byte, error) {
	switch encoding {
	case Gzip:
		r, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(io.LimitReader(r, maxAnswer))
	case Zstd:
		r, err := zstd.NewReader(bytes.NewReader(body), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(io.LimitReader(r, maxAnswer))
	}
	return nil, fmt.Errorf("the answer is compressed with %q", encoding)
}
