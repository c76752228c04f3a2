// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/config"
)

func newServe(e *env) *cobra.Command {
	var cfg config.Config
	var file string
	c := &cobra.Command{
		Use: "serve", Short: "Receive telemetry and measure objectives", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := cfg.Read(c.Flags(), file, os.LookupEnv); err != nil {
				return err
			}
			return e.serve(c, cfg)
		},
	}
	cfg.Flags(c.Flags())
	c.Flags().StringVar(&file, "config", "", "configuration file (leadline.yaml if there is one)")
	return c
}

func (e *env) serve(c *cobra.Command, cfg config.Config) error {
	level, err := logLevel(cfg)
	if err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(e.err, &slog.HandlerOptions{Level: level}))
	a, err := app.New(cfg, logger)
	if err != nil {
		return err
	}
	at := a.Addrs()
	fmt.Fprintf(e.err, "leadline is listening\n  UI and API  http://%s\n  OTLP/gRPC   %s\n  OTLP/HTTP   http://%s\n", at.UI, at.OTLPGRPC, at.OTLPHTTP)
	if cfg.Services == "" {
		fmt.Fprintln(e.err, "  no objectives: name a folder of service files with --services")
	}
	return a.Run(c.Context())
}

func logLevel(cfg config.Config) (level slog.Level, err error) {
	if err := level.UnmarshalText([]byte(cfg.LogLevel)); err != nil {
		return level, usageError{fmt.Errorf("--log-level %s: want debug, info, warn or error", cfg.LogLevel)}
	}
	return level, nil
}
