// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"log/slog"
	"net"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
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
