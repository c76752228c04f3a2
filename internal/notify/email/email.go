// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package email sends messages as mails, in text and HTML, over SMTP.
//
// A mail's Message-ID comes from the delivery id and is the same in every
// attempt, so that servers that drop doubles can drop a repeat. All mails
// about one episode of an alert refer to the same, never sent mail and so make
// one thread. No header is built from a text that was not encoded for it.
//
// The connection is encrypted from the start (implicit TLS) or after STARTTLS;
// a server that offers neither is told nothing. Credentials are only ever sent
// over TLS. A recipient that the server refuses keeps the others from nothing;
// the mail is delivered when one of them was taken.
//
// It is built on net/smtp rather than on a library for mails: what matters here
// is which answer of a server is final, and that package returns the answers
// as they are.
package email

import (
	"context"
	"log/slog"
	"net/mail"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// Security is how the connection is encrypted.
type Security string

// The ways.
const (
	STARTTLS Security = "starttls"
	Implicit Security = "implicit"
	// Plain is for a relay in one's own network that knows no other.
	Plain Security = "none"
)

// Config is who writes to whom through which server.
type Config struct {
	// Server is HOST:PORT.
	Server   string
	Security Security
	// Username and PasswordFile are empty for a server that wants none.
	Username     string
	PasswordFile secret.File
	From         mail.Address
	To           []mail.Address
}

// Channel sends to the recipients of one receiver.
type Channel struct {
	cfg    Config
	client *outbound.Client
	now    func() time.Time
	logger *slog.Logger
}

// New returns a channel. It logs recipients that a server refuses while it
// takes others.
func New(cfg Config, client *outbound.Client, now func() time.Time, logger *slog.Logger) *Channel {
	return &Channel{cfg, client, now, logger}
}

// Send implements dispatch.Channel.
func (c *Channel) Send(ctx context.Context, m *dispatch.Message) error {
	ctx, cancel := context.WithTimeout(ctx, c.client.Timeout())
	defer cancel()
	content, err := c.compose(m)
	if err != nil {
		return err
	}
	return c.submit(ctx, content)
}
