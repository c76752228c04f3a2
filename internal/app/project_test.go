// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/report"
)

// TestADamagedSeriesStoreLeavesIntakeRunning starts beside a store that cannot
// be opened, and mends it.
func TestADamagedSeriesStoreLeavesIntakeRunning(t *testing.T) {
	cfg := settings(t)
	damaged := filepath.Join(cfg.DataDir, "series")
	if err := os.Mkdir(cfg.DataDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(damaged, []byte("not a store"), 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := app.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	ask := func(path string) (h report.Health, status int) {
		answer, err := http.Get("http://" + a.Addrs().UI + path)
		if err != nil {
			t.Fatal(err)
		}
		(&server{t: t}).decode(answer, answer.StatusCode, &h)
		return h, answer.StatusCode
	}
	until := func(holds func() bool) {
		for !holds() {
			select {
			case err := <-ended:
				t.Fatal("the server ended: ", err)
			case <-time.After(10 * time.Millisecond):
			}
		}
	}

	until(func() bool { return a.Health() != nil })
	if h, status := ask("/healthz"); status != http.StatusServiceUnavailable || h.State != "red" || !strings.Contains(h.Cause, "open the series store") {
		t.Errorf("health is %d %+v", status, h)
	}
	answer, err := http.Post("http://"+a.Addrs().OTLPHTTP+"/v1/traces", "application/json", strings.NewReader(checkout(1, 1, 200)))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Errorf("telemetry is answered with %d", answer.StatusCode)
	}

	if err := os.Remove(damaged); err != nil {
		t.Fatal(err)
	}
	until(func() bool { return a.Ready() == nil })
	if h, status := ask("/healthz"); status != http.StatusOK {
		t.Errorf("when it is mended health is %d %+v", status, h)
	}
	answer, err = http.Get("http://" + a.Addrs().UI + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	for _, line := range []string{"leadline_unhealthy 0\n", "leadline_series_full 0\n", "leadline_minutes_waiting 0\n"} {
		if err != nil || !strings.Contains(string(metrics), line) {
			t.Errorf("the metrics do not say %q: %v\n%s", line, err, metrics)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
