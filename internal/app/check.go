// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/otlp"
	"github.com/leadline/leadline/internal/series/tsdb"
	"github.com/leadline/leadline/internal/spec"
)

// Check says every mistake in the settings for which a start is refused before
// anything is written. It reads secrets, and sends nothing.
func Check(cfg config.Config) error {
	token, err := cfg.Token()
	mistakes := []error{err}
	if err == nil { // whether an address needs a token is not known without it
		mistakes = append(mistakes, otlpConfig(cfg, token).Validate(), api.ValidateAddr(cfg.Listen, token))
	}
	_, err = pagesURL(cfg.URL)
	mistakes = append(mistakes, err)
	_, err = channels(cfg.Receivers, time.Now, slog.New(slog.DiscardHandler))
	mistakes = append(mistakes, err)
	if cfg.Services != "" {
		_, err = spec.OpenFolder(cfg.Services)
		mistakes = append(mistakes, err)
	}
	kept := seriesOptions(cfg)
	kept.Writer = "any"
	return errors.Join(append(mistakes, kept.Validate())...)
}

func otlpConfig(cfg config.Config, token string) otlp.Config {
	c := otlp.DefaultConfig()
	c.GRPCAddr, c.HTTPAddr, c.Token, c.Origins = cfg.OTLPGRPC, cfg.OTLPHTTP, token, cfg.Origins
	return c
}

func seriesOptions(cfg config.Config) tsdb.Options {
	return tsdb.Options{
		Dir: filepath.Join(cfg.DataDir, "series"), Retention: cfg.Retention,
		HistogramRetention: cfg.HistogramRetention, HourRetention: cfg.HourlyHistogramRetention,
	}
}

// listenable refuses a first start whose addresses are taken, before it leaves a
// data directory behind. A later start does not try: senders are waiting for it,
// and a listener that only comes and goes would reset their connections.
func listenable(cfg config.Config) error {
	if _, err := os.Stat(cfg.DataDir); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var taken []error
	for _, addr := range []string{cfg.Listen, cfg.OTLPGRPC, cfg.OTLPHTTP} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			taken = append(taken, listening(cfg, err))
			continue
		}
		defer l.Close()
	}
	return errors.Join(taken...)
}

// listening says which setting to change when err is that an address cannot be
// listened on.
func listening(cfg config.Config, err error) error {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "listen" || op.Addr == nil {
		return err
	}
	_, port, _ := net.SplitHostPort(op.Addr.String())
	setting := "--listen"
	for name, addr := range map[string]string{"--otlp-grpc": cfg.OTLPGRPC, "--otlp-http": cfg.OTLPHTTP} {
		if _, p, _ := net.SplitHostPort(addr); p == port {
			setting = name
		}
	}
	hint := "choose another address with " + setting + ", or in leadline.yaml, which the other commands read too"
	if errors.Is(err, syscall.EADDRINUSE) {
		who := "another Leadline may run, or a Collector"
		if h := holder(port); h != "" {
			who = "it belongs to " + h
		}
		hint = who + ": stop it, or " + hint
	}
	return errs.New(errs.Conflict, "%w", err).WithHint(hint)
}
