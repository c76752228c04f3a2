// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/mem"
)

// NewOn is New on listeners of the test, such as pipes under a fake clock.
func NewOn(cfg Config, consumer Consumer, reg prometheus.Registerer, grpc, http net.Listener) (*Server, error) {
	d, err := newDoor(cfg, consumer, slog.New(slog.DiscardHandler), reg)
	if err != nil {
		return nil, err
	}
	return d.serve(grpc, http), nil
}

// Handler returns the HTTP handler alone, for fuzzing without sockets.
func Handler(cfg Config, consumer Consumer) (http.Handler, error) {
	d, err := newDoor(cfg, consumer, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	return newHTTP(d).Handler, nil
}

// ReadMessage reads one gRPC message, prefix included, as a call would that has
// the encoding in its header. It returns what is left of the budget's use.
func ReadMessage(limit int64, encoding string, frame []byte) (body []byte, used int64, err error) {
	b := &budget{limit: formsOfBody * limit}
	in := intake{lease: lease{budget: b}, buffers: &buffers{}, limit: limit}
	body, _, err = in.message(newInflaters(), &memoryStream{bytes.NewReader(frame), encoding})
	body = bytes.Clone(body)
	in.close()
	return body, b.used.Load(), err
}

// memoryStream is an upload from memory.
type memoryStream struct {
	*bytes.Reader
	encoding string
}

func (s *memoryStream) ReadMessageHeader(header []byte) error {
	_, err := io.ReadFull(s.Reader, header)
	return err
}

func (s *memoryStream) Read(n int) (mem.BufferSlice, error) {
	piece := make([]byte, n)
	if _, err := io.ReadFull(s.Reader, piece); err != nil {
		return nil, err
	}
	return mem.BufferSlice{mem.SliceBuffer(piece)}, nil
}

func (s *memoryStream) RecvCompress() string { return s.encoding }
