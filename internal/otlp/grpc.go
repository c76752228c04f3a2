// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"errors"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/tap"
	"google.golang.org/protobuf/proto"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/wire"
)

// services are the full names of the three services; each has one method.
var services = [...]string{
	wire.Traces:  "opentelemetry.proto.collector.trace.v1.TraceService",
	wire.Metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
	wire.Logs:    "opentelemetry.proto.collector.logs.v1.LogsService",
}

const exportMethod = "Export"

// Windows that grpc-go grants ahead of the handler. Fixed, for its estimator
// would grow them to 16 MiB a stream.
const (
	streamWindow     = 256 * kib
	connectionWindow = mib
)

// streamWorkers is how many goroutines wait for calls. A new one for each call
// begins with a small stack, and copies it three times on its way down to a
// span; calls beyond the number get one.
const streamWorkers = 32

// grpcHandler serves OTLP over gRPC.
type grpcHandler struct{ *door }

// newGRPC returns a server of grpc-go with our limits and services.
func newGRPC(d *door) *grpc.Server {
	h := grpcHandler{d}
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(codec{}),
		grpc.InTapHandle(h.tap),
		grpc.MaxConcurrentStreams(d.cfg.MaxStreams),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.MaxHeaderListSize(maxHeaderBytes),
		grpc.StaticStreamWindowSize(streamWindow),
		grpc.StaticConnWindowSize(connectionWindow),
		grpc.ConnectionTimeout(headerTimeout),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 10 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 5 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
	)
	for signal, service := range services {
		server.RegisterService(h.describe(wire.Signal(signal), service), nil)
	}
	return server
}

// describe returns the service of one signal. Export is unary on the wire; as
// a stream description its handler runs before the message is received, and
// may refuse to receive it.
func (h grpcHandler) describe(signal wire.Signal, service string) *grpc.ServiceDesc {
	return &grpc.ServiceDesc{
		ServiceName: service,
		Streams: []grpc.StreamDesc{{
			StreamName: exportMethod,
			Handler:    func(_ any, stream grpc.ServerStream) error { return h.export(signal, stream) },
		}},
	}
}

// tap runs when the headers of a call have arrived, before anything of its
// body is taken. It must not block: it runs on the connection's reader.
func (h grpcHandler) tap(ctx context.Context, info *tap.Info) (context.Context, error) {
	if err := h.auth.check(info.Header["authorization"]); err != nil {
		f := newFailure(err)
		if p, ok := peer.FromContext(ctx); ok {
			h.strayed.see(noToken, p.Addr, "")
		}
		if signal, known := signalOfMethod(info.FullMethodName); known {
			h.meters.refuse(signal, overGRPC, identity, f.grpc.String(), f.kind.String())
		}
		return nil, f.status().Err()
	}
	limited, cancel := context.WithTimeout(ctx, h.cfg.RequestTimeout)
	// The stream's own end frees the timer, too.
	context.AfterFunc(ctx, cancel)
	return limited, nil
}

func signalOfMethod(method string) (wire.Signal, bool) {
	for signal, service := range services {
		if strings.HasPrefix(method, "/"+service+"/") {
			return wire.Signal(signal), true
		}
	}
	return 0, false
}

// export serves one call. Whether the client ends its side of the stream after
// the one message does not matter: nothing more is read.
func (h grpcHandler) export(signal wire.Signal, stream grpc.ServerStream) error {
	in := h.newIntake()
	defer in.close()
	body, enc, err := h.receive(stream.Context(), &in)
	if err != nil {
		return h.fail(signal, stream, enc, err)
	}
	result, err := h.consume(stream.Context(), signal, body)
	if err != nil {
		return h.fail(signal, stream, enc, err)
	}
	h.meters.accept(signal, overGRPC, enc)
	return stream.SendMsg(response(result.encode(signal, false, h.cfg.MaxResponseBytes)))
}

// receive reads the call's message. What went wrong on the way gets a kind
// here: the client was too slow, or it broke off and hears no answer anyway.
func (h grpcHandler) receive(ctx context.Context, in *intake) ([]byte, compression, error) {
	from, ok := grpc.ServerTransportStreamFromContext(ctx).(upload)
	if !ok {
		return nil, identity, errs.New(errs.Internal, "this version of grpc-go has no readable stream")
	}
	body, enc, err := in.message(h.inflaters, from)
	switch {
	case err == nil || errs.KindOf(err) != errs.Internal:
		return body, enc, err
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, enc, errs.New(errs.Unavailable, "the message did not arrive within %s", h.cfg.RequestTimeout)
	}
	return nil, enc, errs.New(errs.Invalid, "read message: %w", err)
}

// fail answers an error by its kind. The hint goes into two trailers: the
// status details are gRPC's way, and Python reads only the other one.
func (h grpcHandler) fail(signal wire.Signal, stream grpc.ServerStream, enc compression, err error) error {
	f := newFailure(err)
	h.report(f, signal, overGRPC, err)
	h.meters.fail(signal, overGRPC, enc, f.grpc.String(), f, err)
	if f.retry {
		hint, err := proto.Marshal(f.retryInfo())
		if err != nil {
			panic("BUG: marshal retry info: " + err.Error())
		}
		stream.SetTrailer(metadata.Pairs("google.rpc.retryinfo-bin", string(hint)))
	}
	return f.status().Err()
}
