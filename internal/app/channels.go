// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"os"
	"time"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/alertmanager"
	"github.com/leadline/leadline/internal/notify/email"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/pagerduty"
	"github.com/leadline/leadline/internal/notify/slack"
	"github.com/leadline/leadline/internal/notify/stdout"
	"github.com/leadline/leadline/internal/notify/webhook"
)

// channels makes the channel of every receiver. Each has a client of its own:
// what one may reach says nothing of another.
func channels(receivers []config.Receiver, now func() time.Time, logger *slog.Logger) (map[string]dispatch.Channel, error) {
	all := make(map[string]dispatch.Channel, len(receivers))
	for i := range receivers {
		r := &receivers[i]
		c, err := channel(r, now, logger.With("receiver", r.Name))
		if err != nil {
			return nil, errs.New(errs.Invalid, "receiver %s: %w", r.Name, err)
		}
		all[r.Name] = c
	}
	return all, nil
}

// channel makes a channel of settings that config has checked.
func channel(r *config.Receiver, now func() time.Time, logger *slog.Logger) (dispatch.Channel, error) {
	client := outbound.New(outbound.Config{AllowPrivate: r.AllowPrivate, Timeout: r.Timeout})
	switch r.Type {
	case config.Alertmanager:
		urls, err := parseURLs(r, r.URLs...)
		return alertmanager.New(alertmanager.Config{URLs: urls, AuthorizationFile: r.AuthorizationFile}, client, now, logger), err
	case config.Webhook:
		cfg := webhook.Config{
			URLFile: r.URLFile, AllowPrivate: r.AllowPrivate, SecretFile: r.SecretFile,
			AuthorizationFile: r.AuthorizationFile, Headers: r.Headers,
		}
		if r.URL != "" {
			urls, err := parseURLs(r, r.URL)
			if err != nil {
				return nil, err
			}
			cfg.URL = urls[0]
		}
		return webhook.New(cfg, client, now), nil
	case config.Slack:
		return slack.New(slack.Config{URLFile: r.URLFile, AllowPrivate: r.AllowPrivate}, client), nil
	case config.PagerDuty:
		address := r.URL
		if address == "" {
			address = pagerduty.DefaultURL
		}
		urls, err := parseURLs(r, address)
		if err != nil {
			return nil, err
		}
		return pagerduty.New(pagerduty.Config{URL: urls[0], RoutingKeyFile: r.RoutingKeyFile}, client), nil
	case config.Email:
		return mails(r, client, now, logger)
	case config.Stdout:
		return stdout.New(os.Stdout, r.Format == "text"), nil
	}
	return nil, fmt.Errorf("type %q has no channel", r.Type)
}

func parseURLs(r *config.Receiver, texts ...string) (urls []*url.URL, err error) {
	for _, text := range texts {
		u, err := outbound.ParseURL(text, r.AllowPrivate)
		if err != nil {
			return nil, fmt.Errorf("the address %w", err)
		}
		urls = append(urls, u)
	}
	return urls, nil
}

func mails(r *config.Receiver, client *outbound.Client, now func() time.Time, logger *slog.Logger) (dispatch.Channel, error) {
	from, err := mail.ParseAddress(r.From)
	if err != nil {
		return nil, fmt.Errorf("from: %w", err)
	}
	cfg := email.Config{Server: r.Server, Security: email.Security(r.TLS), Username: r.Username, PasswordFile: r.PasswordFile, From: *from}
	for _, text := range r.To {
		to, err := mail.ParseAddress(text)
		if err != nil {
			return nil, fmt.Errorf("to: %w", err)
		}
		cfg.To = append(cfg.To, *to)
	}
	return email.New(cfg, client, now, logger), nil
}
