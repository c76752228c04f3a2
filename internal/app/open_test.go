// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package app_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
)

// openBelow returns the files below a folder that this process has open.
func openBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no list of open files here")
	}
	for _, fd := range all {
		if name, err := os.Readlink("/proc/self/fd/" + fd.Name()); err == nil && strings.HasPrefix(name, dir) {
			names = append(names, name)
		}
	}
	return names
}

// TestAServerThatCannotListenLeavesNothingOpen takes the address of the UI,
// which is the last to be opened.
func TestAServerThatCannotListenLeavesNothingOpen(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	cfg := settings(t)
	cfg.Listen = taken.Addr().String()
	if err := os.Mkdir(cfg.DataDir, 0o700); err != nil { // a first start would not get so far
		t.Fatal(err)
	}
	if _, err := app.New(cfg, slog.New(slog.DiscardHandler)); !strings.Contains(errs.HintOf(err), "--listen") {
		t.Fatalf("it listens on an address that is taken, or says %v", err)
	}
	if left := openBelow(t, cfg.DataDir); len(left) > 0 {
		t.Errorf("still open: %q", left)
	}
	cfg.Listen = "127.0.0.1:0"
	serve(t, cfg).stop()
}

// TestAFirstStartThatCannotListenLeavesNothing names the settings of the
// addresses that are taken.
func TestAFirstStartThatCannotListenLeavesNothing(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for flag, take := range map[string]func(*config.Config) *string{
		"--listen":    func(c *config.Config) *string { return &c.Listen },
		"--otlp-grpc": func(c *config.Config) *string { return &c.OTLPGRPC },
		"--otlp-http": func(c *config.Config) *string { return &c.OTLPHTTP },
	} {
		t.Run(flag, func(t *testing.T) {
			for _, first := range []bool{true, false} {
				cfg := settings(t)
				*take(&cfg) = taken.Addr().String()
				if !first {
					if err := os.Mkdir(cfg.DataDir, 0o700); err != nil {
						t.Fatal(err)
					}
				}
				_, err := app.New(cfg, slog.New(slog.DiscardHandler))
				who := "another Leadline may run"
				if runtime.GOOS == "linux" {
					who = fmt.Sprintf(", process %d: stop it", os.Getpid())
				}
				if hint := errs.HintOf(err); err == nil || !strings.Contains(hint, who) || !strings.Contains(hint, "another address with "+flag+",") {
					t.Errorf("got %v, hint %q", err, hint)
				}
				if _, err := os.Stat(cfg.DataDir); first != errors.Is(err, fs.ErrNotExist) {
					t.Errorf("a first start: %v, the data directory: %v", first, err)
				}
			}
		})
	}
}

// TestACatalogThatCannotBeOpenedIsAnError puts a folder in its place.
func TestACatalogThatCannotBeOpenedIsAnError(t *testing.T) {
	cfg := settings(t)
	if err := os.MkdirAll(filepath.Join(cfg.DataDir, "catalog.db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := app.New(cfg, slog.New(slog.DiscardHandler)); err == nil {
		t.Fatal("a folder is a catalog")
	}
	if left := openBelow(t, cfg.DataDir); len(left) > 0 {
		t.Errorf("still open: %q", left)
	}
}

// TestTheWriterIDIsStable, and one that a crash has left empty is made anew.
func TestTheWriterIDIsStable(t *testing.T) {
	cfg := settings(t)
	path := filepath.Join(cfg.DataDir, "writer")
	read := func() string {
		serve(t, cfg).stop()
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
			t.Errorf("left over: %q", left)
		}
		return string(content)
	}
	first := read()
	if again := read(); len(first) != 9 || again != first {
		t.Errorf("first %q, then %q", first, again)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if anew := read(); len(anew) != 9 {
		t.Errorf("got %q", anew)
	}
}

// TestRefusedRetention: windows cannot be longer than what is kept.
func TestRefusedRetention(t *testing.T) {
	for _, c := range []struct {
		retention  time.Duration
		want, hint string
	}{
		{27 * 24 * time.Hour, "objective up has a window of 28d, and slices are kept for 27d", "--retention to 29d"},
		{time.Hour, "below 24h", ""},
	} {
		cfg := settings(t)
		cfg.Retention = c.retention
		_, err := app.New(cfg, slog.New(slog.DiscardHandler))
		if errs.KindOf(err) != errs.Invalid || !strings.Contains(err.Error(), c.want) || !strings.Contains(errs.HintOf(err), c.hint) {
			t.Errorf("%s: got %v, hint %q", c.retention, err, errs.HintOf(err))
		}
	}
}
