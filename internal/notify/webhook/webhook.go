// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package webhook posts messages in the format of Alertmanager's webhook,
// version 4, so that whatever takes those takes ours.
//
// What that format cannot say is in annotations (package notice) and headers:
// Leadline-Delivery is the same in every attempt, so that a receiver can drop
// a repeat, and Leadline-Attempt counts them. Where a secret is shared, the
// message is signed as the Standard Webhooks specification says: HMAC-SHA256
// over id, time and body, in Webhook-Signature. The signed id is the delivery.
//
// A heartbeat is the alert Watchdog, which always fires; a test is LeadlineTest.
package webhook

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// Config is where and how messages are posted.
type Config struct {
	// URL is the receiver's address. URLFile holds it where it is a secret;
	// then URL is nil.
	URL     *url.URL
	URLFile secret.File
	// AllowPrivate says what an address in URLFile may be.
	AllowPrivate bool
	// SecretFile holds the secret for signatures; empty sends none.
	SecretFile secret.File
	// AuthorizationFile holds the value of the Authorization header, if any.
	AuthorizationFile secret.File
	// Headers are further headers, which outbound.CheckHeaders accepted.
	Headers map[string]string
}

// Channel posts to one receiver.
type Channel struct {
	cfg    Config
	client *outbound.Client
	now    func() time.Time
}

// New returns a channel.
func New(cfg Config, client *outbound.Client, now func() time.Time) *Channel {
	return &Channel{cfg, client, now}
}

// Send implements dispatch.Channel.
func (c *Channel) Send(ctx context.Context, m *dispatch.Message) error {
	body, err := json.Marshal(payloadOf(m, c.now()))
	if err != nil {
		return fmt.Errorf("encode the message: %w", err)
	}
	r := outbound.Request{Header: http.Header{}, Body: body}
	for name, value := range c.cfg.Headers {
		r.Header.Set(name, value)
	}
	r.Header.Set("Leadline-Delivery", outbound.HeaderValue(m.DeliveryID))
	r.Header.Set("Leadline-Attempt", strconv.Itoa(m.Attempt))
	if err := c.address(&r); err != nil {
		return err
	}
	if err := c.authorize(&r); err != nil {
		return err
	}
	if err := c.sign(&r); err != nil {
		return err
	}
	return c.client.PostJSON(ctx, r)
}

func (c *Channel) address(r *outbound.Request) (err error) {
	if c.cfg.URL != nil {
		r.URL = c.cfg.URL.String()
		return nil
	}
	r.URL, r.Secrets, err = outbound.ReadURL(c.cfg.URLFile, c.cfg.AllowPrivate)
	return err
}

func (c *Channel) authorize(r *outbound.Request) error {
	if c.cfg.AuthorizationFile == "" {
		return nil
	}
	return r.Authorize(c.cfg.AuthorizationFile)
}

// keyPrefix marks a key that is written in base64.
const keyPrefix = "whsec_"

func (c *Channel) sign(r *outbound.Request) error {
	if c.cfg.SecretFile == "" {
		return nil
	}
	text, err := c.cfg.SecretFile.Read()
	if err != nil {
		return err
	}
	r.Secrets = append(r.Secrets, text)
	id, at := r.Header.Get("Leadline-Delivery"), strconv.FormatInt(c.now().Unix(), 10)
	r.Header.Set("Webhook-Id", id)
	r.Header.Set("Webhook-Timestamp", at)
	r.Header.Set("Webhook-Signature", signature(text, id, at, r.Body))
	return nil
}

// signature signs a message as the specification says.
func signature(secret, id, at string, body []byte) string {
	key := []byte(secret)
	if encoded, ok := strings.CutPrefix(secret, keyPrefix); ok {
		if decoded, err := base64.StdEncoding.DecodeString(encoded); err == nil {
			key = decoded
		}
	}
	h := hmac.New(sha256.New, key)
	fmt.Fprintf(h, "%s.%s.%s", id, at, body)
	return "v1," + base64.StdEncoding.EncodeToString(h.Sum(nil))
}
