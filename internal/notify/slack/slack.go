// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package slack posts messages to an incoming webhook of Slack, or of what
// takes the same.
//
// A message is blocks: at most 50, a section at most 3,000 characters, and all
// of it less than what Slack refuses without documenting it (about 13,000).
// Lengths are counted in bytes after escaping, which is never less than Slack
// counts. Texts that come from telemetry mention nobody: &, < and > are
// escaped, so that <!channel> is four letters and signs, an @ that begins a
// word is parted from it, and Slack is told to look for nothing by itself.
package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/notice"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// The limits of a message, in bytes and blocks.
const (
	maxItems   = 5
	maxTitle   = 600
	maxSection = 1800
	maxContext = 1500
	maxURL     = 500
	maxID      = 100
)

// Config is where messages are posted.
type Config struct {
	// URLFile holds the webhook's address, which is a secret.
	URLFile secret.File
	// AllowPrivate says what that address may be.
	AllowPrivate bool
}

// Channel posts to one webhook.
type Channel struct {
	cfg    Config
	client *outbound.Client
}

// New returns a channel.
func New(cfg Config, client *outbound.Client) *Channel { return &Channel{cfg, client} }

// Send implements dispatch.Channel.
func (c *Channel) Send(ctx context.Context, m *dispatch.Message) error {
	body, err := json.Marshal(documentOf(m))
	if err != nil {
		return fmt.Errorf("encode the message: %w", err)
	}
	r := outbound.Request{Body: body}
	if r.URL, r.Secrets, err = outbound.ReadURL(c.cfg.URLFile, c.cfg.AllowPrivate); err != nil {
		return err
	}
	return c.client.PostJSON(ctx, r)
}

// document is the message. Text is what a notification on a phone shows.
type document struct {
	Text        string  `json:"text"`
	Blocks      []block `json:"blocks"`
	UnfurlLinks bool    `json:"unfurl_links"`
	UnfurlMedia bool    `json:"unfurl_media"`
}

type block struct {
	Type     string `json:"type"`
	Text     *text  `json:"text,omitempty"`
	Elements []text `json:"elements,omitempty"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
	// Verbatim keeps Slack from making links and mentions of words.
	Verbatim bool `json:"verbatim,omitempty"`
}

func documentOf(m *dispatch.Message) document {
	t := notice.Of(m, maxItems)
	d := document{Text: escape(t.Title, maxTitle)}
	head := []string{"*" + d.Text + "*"}
	if t.Intro != "" {
		head = append(head, escape(t.Intro, maxTitle))
	}
	d.Blocks = append(d.Blocks, section(head))
	for _, i := range t.Items {
		d.Blocks = append(d.Blocks, section(lines(i)))
	}
	rest := t.Rest()
	if t.Repeat == "" {
		rest = append(rest, "Delivery "+notice.Line(m.DeliveryID, maxID))
	}
	for k := range rest {
		rest[k] = escape(rest[k], maxContext)
	}
	d.Blocks = append(d.Blocks, block{Type: "context", Elements: []text{{"mrkdwn", fit(rest, maxContext), true}}})
	return d
}

func section(lines []string) block {
	return block{Type: "section", Text: &text{"mrkdwn", fit(lines, maxSection), true}}
}

// lines are those of an item, the most important first. Links come before
// what may have to be cut.
func lines(i notice.Item) (all []string) {
	if i.Title != "" {
		all = append(all, "*"+escape(i.Title, maxTitle)+"*")
	}
	links := make([]string, 0, len(i.Links))
	for _, l := range i.Links {
		if len(l.URL) <= maxURL {
			links = append(links, "<"+escape(l.URL, maxURL*5)+"|"+l.Text+">")
		}
	}
	if len(links) > 0 {
		all = append(all, strings.Join(links, "  "))
	}
	for _, f := range i.Facts {
		all = append(all, "*"+f.Name+"* "+escape(f.Text, maxSection/3))
	}
	return all
}

// fit joins lines as far as they fit.
func fit(lines []string, limit int) string {
	var b strings.Builder
	for _, l := range lines {
		if b.Len()+len(l)+len("\n…") > limit {
			b.WriteString("…")
			break
		}
		b.WriteString(l + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// joiner parts a sign from a word and cannot be seen.
const joiner = "\u2060"

// escape returns a text that stands for itself, of at most limit bytes.
func escape(s string, limit int) string {
	var b strings.Builder
	before := ' '
	for _, r := range s {
		part := string(r)
		switch {
		case r == '&':
			part = "&amp;"
		case r == '<':
			part = "&lt;"
		case r == '>':
			part = "&gt;"
		case r == '@' && !unicode.IsLetter(before) && !unicode.IsDigit(before):
			part = "@" + joiner
		}
		if b.Len()+len(part)+len("…") > limit {
			b.WriteString("…")
			break
		}
		b.WriteString(part)
		before = r
	}
	return b.String()
}
