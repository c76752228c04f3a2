// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package config reads the settings of a server.
//
// A setting has one name everywhere: the flag --data-dir is data-dir in
// leadline.yaml and LEADLINE_DATA_DIR in the environment. A flag wins over the
// environment, which wins over the file. Secrets are named by the file that
// holds them and are never settings themselves.
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/window"
)

// Config is the settings of a server.
type Config struct {
	DataDir   string
	Services  string
	Listen    string
	OTLPGRPC  string
	OTLPHTTP  string
	TokenFile string
	Origins   []string
	Retention time.Duration
	// HistogramRetention and HourlyHistogramRetention are how long latency
	// histograms are kept by the minute and by the hour.
	HistogramRetention       time.Duration
	HourlyHistogramRetention time.Duration
	LogLevel                 string
	// URL is where people reach the pages, for links in notifications.
	URL string
	// Receivers, Routes and DefaultReceiver are those of the file; they have no
	// flags.
	Receivers       []Receiver
	Routes          []dispatch.Route
	DefaultReceiver string
}

// Flags adds a flag for every setting, with its default.
func (c *Config) Flags(f *pflag.FlagSet) {
	f.StringVar(&c.DataDir, "data-dir", "data", "directory of log, series and catalog")
	f.StringVar(&c.Services, "services", "", "folder of service files; empty serves without objectives")
	f.StringVar(&c.Listen, "listen", "127.0.0.1:8484", "address of UI and API")
	f.StringVar(&c.OTLPGRPC, "otlp-grpc", "127.0.0.1:4317", "address for OTLP over gRPC")
	f.StringVar(&c.OTLPHTTP, "otlp-http", "127.0.0.1:4318", "address for OTLP over HTTP")
	f.StringVar(&c.TokenFile, "token-file", "", "file with the token that senders and users present; needed beyond loopback")
	f.StringSliceVar(&c.Origins, "otlp-origins", nil, "web origins whose pages may send telemetry, as https://shop.example")
	c.RetentionFlags(f)
	f.StringVar(&c.URL, "url", "", "where people reach the pages, as https://lead.example; notifications link there")
	f.StringVar(&c.LogLevel, "log-level", "info", "debug, info, warn or error")
}

// RetentionFlags adds the flags that whoever opens the series store needs.
func (c *Config) RetentionFlags(f *pflag.FlagSet) {
	const day = 24 * time.Hour
	LengthVar(f, &c.Retention, "retention", 400*day, "how long slices are kept, as 400d or 36h")
	LengthVar(f, &c.HistogramRetention, "histogram-retention", 30*day, "how long latency histograms are kept by the minute")
	LengthVar(f, &c.HourlyHistogramRetention, "hourly-histogram-retention", 400*day, "how long latency histograms are kept by the hour")
}

// length is a duration that may be written in days.
type length time.Duration

// LengthVar adds a flag for a duration that is written as 400d or as Go writes it.
func LengthVar(f *pflag.FlagSet, p *time.Duration, name string, value time.Duration, usage string) {
	*p = value
	f.Var((*length)(p), name, usage)
}

// Set implements pflag.Value.
func (l *length) Set(text string) error {
	d, err := window.Parse(text)
	*l = length(d)
	return err
}

// String implements pflag.Value.
func (l *length) String() string { return window.Compact(time.Duration(*l)) }

// Type implements pflag.Value.
func (l *length) Type() string { return "length" }

// notSettings are flags that say how a command runs and not how a server is.
var notSettings = []string{"config", "help"}

// Load fills in the flags that were not given: from the environment, then from
// the file. A path that is empty stands for the one in LEADLINE_CONFIG, or for
// leadline.yaml if there is one.
func Load(f *pflag.FlagSet, path string, lookup func(string) (string, bool)) error {
	path, named := locate(path, lookup)
	file, err := readFile(path, named)
	if err != nil {
		return err
	}
	for _, s := range sections {
		delete(file, s)
	}
	var mistakes []error
	f.VisitAll(func(flag *pflag.Flag) {
		if slices.Contains(notSettings, flag.Name) {
			return
		}
		v, written := file[flag.Name]
		delete(file, flag.Name)
		value, from := text(v), "the configuration file"
		name := "LEADLINE_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
		if v, ok := lookup(name); ok {
			value, from, written = v, name, true
		}
		if flag.Changed || !written {
			return
		}
		if err := f.Set(flag.Name, value); err != nil {
			mistakes = append(mistakes, errs.New(errs.Invalid, "%s: %s: %w", from, flag.Name, err))
		}
	})
	for _, name := range slices.Sorted(maps.Keys(file)) {
		mistakes = append(mistakes, errs.New(errs.Invalid, "configuration %s: unknown setting %q", path, name).WithHint("leadline serve --help lists the settings"))
	}
	return errors.Join(mistakes...)
}

// Read fills the configuration with all that a server is started with: flags as
// Load does, and the parts of the file that are no flags. The mistakes that it
// finds are joined.
func (c *Config) Read(f *pflag.FlagSet, path string, lookup func(string) (string, bool)) error {
	if _, err := readFile(locate(path, lookup)); err != nil {
		return err
	}
	return errors.Join(Load(f, path, lookup), c.ReadNotifications(path, lookup))
}

const maxFileBytes = 1 << 20

// locate returns the path of the file, and whether somebody named it: one that
// nobody named need not exist.
func locate(path string, lookup func(string) (string, bool)) (string, bool) {
	if path == "" {
		path, _ = lookup("LEADLINE_CONFIG")
	}
	if path == "" {
		return "leadline.yaml", false
	}
	return path, true
}

// readContent returns the file's content, nil when there is none.
func readContent(path string, named bool) ([]byte, error) {
	content, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !named:
		return nil, nil
	case err != nil:
		return nil, errs.New(errs.Invalid, "read configuration: %w", err)
	case len(content) > maxFileBytes:
		return nil, errs.New(errs.TooLarge, "configuration %s has %d bytes, at most %d are read", path, len(content), maxFileBytes)
	}
	return content, nil
}

func readFile(path string, named bool) (map[string]any, error) {
	content, err := readContent(path, named)
	if err != nil || content == nil {
		return nil, err
	}
	settings := map[string]any{}
	if err := yaml.Unmarshal(content, &settings); err != nil {
		return nil, errs.New(errs.Invalid, "configuration %s: %w", path, err)
	}
	return settings, nil
}

// text prints a value as the flag's parser reads it.
func text(v any) string {
	list, ok := v.([]any)
	if !ok {
		return fmt.Sprint(v)
	}
	parts := make([]string, len(list))
	for i, x := range list {
		parts[i] = fmt.Sprint(x)
	}
	return strings.Join(parts, ",")
}

// minTokenBytes keeps out tokens that can be guessed.
const minTokenBytes = 16

// Token reads the token from its file; it is empty when none is named.
func (c *Config) Token() (string, error) {
	if c.TokenFile == "" {
		return "", nil
	}
	content, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return "", errs.New(errs.Invalid, "read the token: %w", err)
	}
	token := strings.TrimSpace(string(content))
	if len(token) < minTokenBytes {
		return "", errs.New(errs.Invalid, "the token in %s has %d bytes, at least %d are needed", c.TokenFile, len(token), minTokenBytes).
			WithHint("make one with: head -c 32 /dev/urandom | base64")
	}
	return token, nil
}
