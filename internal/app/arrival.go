// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"context"
	"time"

	"github.com/leadline/leadline/internal/slice"
)

// When who waits for telemetry is told what.
const (
	arrivalEvery = time.Second
	arrivalAfter = time.Minute
)

// awaitTelemetry says who sends first, and once that nobody does: whoever has
// just started a server and an application waits for exactly that.
func (a *App) awaitTelemetry(ctx context.Context) {
	tick := time.NewTicker(arrivalEvery)
	defer tick.Stop()
	began, told := a.clock.Elapsed(), false
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		open, err := a.ingest.Open(ctx, func(s *slice.Series) bool {
			return s.Tally == slice.Spans && s.Indicator == "" && !s.Service.IsSelf()
		})
		if err != nil {
			return // the server ends
		}
		if len(open) > 0 {
			a.logger.Info("telemetry arrives", "service", open[0].Series.Service.String())
			return
		}
		if !told && a.clock.Elapsed()-began > arrivalAfter {
			told = true
			at := a.otlp.Addrs()
			a.logger.Info("no telemetry has arrived yet",
				"hint", "start the application with OTEL_EXPORTER_OTLP_ENDPOINT=http://"+at.GRPC.String()+", or http://"+at.HTTP.String()+" and OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, and send it a request; docs/guide/production.md lists what else it may be")
		}
	}
}
