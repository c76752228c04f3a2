// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crew

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// Answers asks a web server that the process is for an address, until it says 200, the
// process ends, or the time is up.
func (p *Process) Answers(ctx context.Context, address string, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		err := asked(ctx, address)
		if err == nil {
			return nil
		}
		select {
		case <-p.Done:
			return p.Ended()
		case <-ctx.Done():
			return fmt.Errorf("wait for %s on %s: %w; it said last:\n%s", p.name, address, err, p.tail)
		case <-time.After(askEvery):
		}
	}
}

// Limits of a question to a process that may not serve yet.
const (
	askTimeout = 5 * time.Second
	askEvery   = 100 * time.Millisecond
)

func asked(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}
