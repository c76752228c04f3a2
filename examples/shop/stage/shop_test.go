// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package stage_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/leadline/leadline/examples/shop/stage"
)

// TestARollOutThatIsEndedLeavesOneRelease ends a roll-out while customers are
// still in the old release: it ends all the same, for nobody else would end it.
func TestARollOutThatIsEndedLeavesOneRelease(t *testing.T) {
	taken := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(taken.Close)
	ctx, end := context.WithCancel(t.Context())
	s, err := stage.StartStandIn(stage.Config{
		Data: t.TempDir(), OTLP: stage.Endpoints{HTTP: taken.URL}, Version: stage.Version,
		Moved: func(ctx context.Context, _ string) error { end(); return ctx.Err() },
	})
	if err != nil {
		t.Fatal(err)
	}
	old := s.URL()
	if err := s.Release(ctx, "1.5.0", true); !errors.Is(err, context.Canceled) {
		t.Errorf("the roll-out ended with %v", err)
	}
	if answer, err := http.Get(old + "/healthz"); err == nil {
		answer.Body.Close()
		t.Error("the old release serves on")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
