// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package stdout writes messages to a stream, for development and tests: one
// line of JSON each, or the text that a person would get.
package stdout

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/notice"
)

// The limits of a message: alerts in detail, and characters of a name.
const (
	maxItems = 10
	maxName  = 200
)

// Channel writes to one stream.
type Channel struct {
	text bool
	mu   sync.Mutex
	out  io.Writer
}

// New returns a channel that writes text or JSON.
func New(out io.Writer, text bool) *Channel { return &Channel{out: out, text: text} }

// line is a message as JSON. Text is what a person would read.
type line struct {
	Delivery string              `json:"delivery"`
	Attempt  int                 `json:"attempt"`
	Receiver string              `json:"receiver"`
	Reason   dispatch.Reason     `json:"reason"`
	GroupKey string              `json:"group_key"`
	Title    string              `json:"title"`
	Alerts   []map[string]string `json:"alerts"`
	Text     string              `json:"text"`
}

func clean(text string) string { return notice.Line(text, maxName) }

// Send implements dispatch.Channel.
func (c *Channel) Send(_ context.Context, m *dispatch.Message) error {
	t := notice.Of(m, maxItems)
	content := []byte(t.String() + "\n")
	if !c.text {
		l := line{clean(m.DeliveryID), m.Attempt, clean(m.Receiver), m.Reason, clean(m.GroupKey), t.Title, []map[string]string{}, t.String()}
		for i := range m.Alerts {
			labels := notice.Labels(&m.Alerts[i])
			labels["phase"] = string(m.Alerts[i].Phase)
			l.Alerts = append(l.Alerts, labels)
		}
		var err error
		if content, err = json.Marshal(l); err != nil {
			return fmt.Errorf("encode the message: %w", err)
		}
		content = append(content, '\n')
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err := c.out.Write(content); err != nil {
		return errs.New(errs.Unavailable, "write the message: %w", err)
	}
	return nil
}
