// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"net"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/outbound"
	"github.com/leadline/leadline/internal/notify/secret"
)

// The limits of a receiver.
const (
	maxURLs       = 10
	maxRecipients = 50
	// DefaultResend is how often an Alertmanager hears of what fires: it
	// forgets what it does not hear of.
	DefaultResend = time.Minute
)

// check says what is wrong in a receiver's settings, which are then what its
// channel is made of.
func (r *Receiver) check() error {
	if err := r.policy().Validate(); err != nil {
		return err
	}
	if err := r.checkFiles(); err != nil {
		return err
	}
	switch r.Type {
	case Alertmanager:
		return r.checkAlertmanager()
	case Webhook:
		return r.checkWebhook()
	case Slack:
		return r.checkURLFile()
	case PagerDuty:
		return r.checkPagerDuty()
	case Email:
		return r.checkEmail()
	case Stdout:
		if !slices.Contains([]string{"", "json", "text"}, r.Format) {
			return errs.New(errs.Invalid, "format: %q is neither json nor text", r.Format)
		}
	}
	return nil
}

// checkFiles reads every secret once.
func (r *Receiver) checkFiles() error {
	for _, f := range []struct {
		setting string
		file    secret.File
	}{
		{"url_file", r.URLFile}, {"authorization_file", r.AuthorizationFile}, {"secret_file", r.SecretFile},
		{"routing_key_file", r.RoutingKeyFile}, {"password_file", r.PasswordFile},
	} {
		if f.file == "" {
			continue
		}
		if _, err := f.file.Read(); err != nil {
			return errs.New(errs.Invalid, "%s: %w", f.setting, err).WithHint("the file holds the secret alone, on one line, and Leadline must be able to read it")
		}
	}
	return nil
}

// checkURL checks an address that is no secret, and so may be quoted.
func (r *Receiver) checkURL(setting, text string) error {
	if _, err := outbound.ParseURL(text, r.AllowPrivate); err != nil {
		return errs.New(errs.Invalid, "%s: the address %w", setting, err)
	}
	return nil
}

func (r *Receiver) checkURLFile() error {
	if _, _, err := outbound.ReadURL(r.URLFile, r.AllowPrivate); err != nil {
		return errs.New(errs.Invalid, "url_file: %w", err)
	}
	return nil
}

func (r *Receiver) checkAlertmanager() error {
	if n := len(r.URLs); n == 0 || n > maxURLs {
		return errs.New(errs.Invalid, "urls: %d addresses, want 1 to %d", n, maxURLs)
	}
	if r.Resend == 0 {
		r.Resend = DefaultResend
	}
	for _, u := range r.URLs {
		if err := r.checkURL("urls", u); err != nil {
			return err
		}
	}
	return nil
}

func (r *Receiver) checkWebhook() error {
	if err := outbound.CheckHeaders(r.Headers); err != nil {
		return errs.New(errs.Invalid, "headers: it %w", err)
	}
	switch {
	case (r.URL == "") == (r.URLFile == ""):
		return errs.New(errs.Invalid, "url: want either url or url_file").WithHint("url_file is for an address that is a secret")
	case r.URLFile != "":
		return r.checkURLFile()
	}
	return r.checkURL("url", r.URL)
}

func (r *Receiver) checkPagerDuty() error {
	if r.Heartbeat > 0 {
		return errs.New(errs.Invalid, "heartbeat: PagerDuty has none").WithHint("send it to a webhook of a switch that pages when it stops")
	}
	if r.URL == "" {
		return nil
	}
	return r.checkURL("url", r.URL)
}

func (r *Receiver) checkEmail() error {
	host, port, err := net.SplitHostPort(r.Server)
	if err != nil || host == "" || port == "" {
		return errs.New(errs.Invalid, "server: %q is no HOST:PORT", r.Server)
	}
	if r.TLS == "" {
		r.TLS = "starttls"
		if port == "465" {
			r.TLS = "implicit"
		}
	}
	switch {
	case !slices.Contains([]string{"starttls", "implicit", "none"}, r.TLS):
		return errs.New(errs.Invalid, "tls: %q is neither starttls, implicit nor none", r.TLS)
	case r.TLS == "none" && (!r.AllowPrivate || r.Username != ""):
		return errs.New(errs.Invalid, "tls: none is for a relay in a private network without a password").WithHint("set allow_private: true if that is meant, and no username")
	case (r.Username == "") != (r.PasswordFile == ""):
		return errs.New(errs.Invalid, "username: it goes with password_file")
	case len(r.To) == 0 || len(r.To) > maxRecipients:
		return errs.New(errs.Invalid, "to: %d recipients, want 1 to %d", len(r.To), maxRecipients)
	}
	if err := checkAddress("from", r.From); err != nil {
		return err
	}
	for _, to := range r.To {
		if err := checkAddress("to", to); err != nil {
			return err
		}
	}
	return nil
}

// checkAddress refuses what a mail server would not take, and what it would
// take for more than an address.
func checkAddress(setting, text string) error {
	a, err := mail.ParseAddress(text)
	plain := func(r rune) bool { return r > ' ' && r <= '~' }
	if err != nil || strings.ContainsFunc(a.Address, func(r rune) bool { return !plain(r) }) || strings.ContainsAny(a.Address, `"<>`) {
		return errs.New(errs.Invalid, "%s: %q is no mail address", setting, text)
	}
	return nil
}
