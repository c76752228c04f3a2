// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
)

// load reads settings from flags, an environment, and a file of this text.
func load(t *testing.T, flags []string, environment map[string]string, file string) (config.Config, error) {
	t.Helper()
	var c config.Config
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c.Flags(f)
	path := f.String("config", "", "")
	if file != "" {
		flags = append(flags, "--config="+write(t, "leadline.yaml", file))
	}
	if err := f.Parse(flags); err != nil {
		t.Fatal(err)
	}
	err := config.Load(f, *path, func(name string) (string, bool) { v, ok := environment[name]; return v, ok })
	return c, err
}

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaults(t *testing.T) {
	got, err := load(t, nil, nil, "")
	want := config.Config{
		DataDir: "data", Listen: "127.0.0.1:8484", OTLPGRPC: "127.0.0.1:4317", OTLPHTTP: "127.0.0.1:4318",
		Retention: 400 * 24 * time.Hour, LogLevel: "info",
		HistogramRetention: 30 * 24 * time.Hour, HourlyHistogramRetention: 400 * 24 * time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestEverySettingIsDocumented, with its default, and nothing else is.
func TestEverySettingIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/reference/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| setting | default |")
	documented := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 3 && strings.Contains(cells[1], "`") {
			documented[strings.Trim(cells[1], " `")] = strings.Trim(cells[2], " `")
		}
	}
	var c config.Config
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	c.Flags(f)
	f.VisitAll(func(flag *pflag.Flag) {
		want := strings.Trim(flag.DefValue, "[]")
		if got, there := documented[flag.Name]; !there || got != want {
			t.Errorf("%s: documented %v with default %q, want %q", flag.Name, there, got, want)
		}
		delete(documented, flag.Name)
	})
	for name := range documented {
		t.Errorf("%s is documented and does not exist", name)
	}
}

func TestFlagWinsOverEnvironmentOverFile(t *testing.T) {
	file := "data-dir: file\nlisten: file:1\nservices: file\nretention: 24h\notlp-origins: [https://a.example, https://b.example]\n"
	environment := map[string]string{"LEADLINE_DATA_DIR": "env", "LEADLINE_LISTEN": "env:1", "LEADLINE_TOKEN_FILE": ""}
	got, err := load(t, []string{"--data-dir=flag"}, environment, file)
	if err != nil {
		t.Fatal(err)
	}
	if got.DataDir != "flag" || got.Listen != "env:1" || got.Services != "file" || got.Retention != 24*time.Hour {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"https://a.example", "https://b.example"}, got.Origins); diff != "" {
		t.Errorf("origins (-want +got):\n%s", diff)
	}
}

func TestAFlagThatRepeatsTheDefaultStillWins(t *testing.T) {
	got, err := load(t, []string{"--data-dir=data"}, map[string]string{"LEADLINE_DATA_DIR": "env"}, "data-dir: file\n")
	if err != nil || got.DataDir != "data" {
		t.Errorf("got %q, %v", got.DataDir, err)
	}
}

func TestTheEnvironmentNamesTheFile(t *testing.T) {
	got, err := load(t, nil, map[string]string{"LEADLINE_CONFIG": write(t, "other.yaml", "data-dir: other\n")}, "")
	if err != nil || got.DataDir != "other" {
		t.Errorf("got %q, %v", got.DataDir, err)
	}
}

func TestRetentionInDays(t *testing.T) {
	for _, c := range []struct {
		text string
		want time.Duration
	}{{"400d", 400 * 24 * time.Hour}, {"36h", 36 * time.Hour}, {"1h30m", 90 * time.Minute}} {
		for from, flags := range map[string][]string{"flag": {"--retention=" + c.text}, "file": nil} {
			got, err := load(t, flags, nil, map[string]string{"file": "retention: " + c.text + "\n"}[from])
			if err != nil || got.Retention != c.want {
				t.Errorf("%s from a %s: got %s, %v, want %s", c.text, from, got.Retention, err, c.want)
			}
		}
	}
}

func TestRefusedSettings(t *testing.T) {
	for _, c := range []struct {
		name        string
		environment map[string]string
		file        string
		want        string
	}{
		{"an unknown setting", nil, "data-dri: x\n", `unknown setting "data-dri"`},
		{"the first of several, by name", nil, "zebra: x\nante: y\n", `unknown setting "ante"`},
		{"what is no setting", nil, "config: x.yaml\n", `unknown setting "config"`},
		{"a duration without a unit", nil, "retention: 400\n", "the configuration file: retention"},
		{"days that are no number", nil, "retention: xd\n", "a number and a unit are needed"},
		{"too many days", nil, "retention: 70000d\n", "a number and a unit are needed"},
		{"a bad value of the environment", map[string]string{"LEADLINE_RETENTION": "long"}, "", "LEADLINE_RETENTION: retention"},
		{"a bad value of the environment over a good one of the file", map[string]string{"LEADLINE_RETENTION": "long"}, "retention: 24h\n", "LEADLINE_RETENTION: retention"},
		{"not YAML", nil, "data-dir: [\n", "configuration"},
		{"a list", nil, "- data-dir\n", "configuration"},
		{"a file that is too large", nil, "#" + strings.Repeat("x", 1<<20), "at most 1048576"},
		{"a file that is named and is not there", map[string]string{"LEADLINE_CONFIG": "/nowhere/leadline.yaml"}, "", "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := load(t, nil, c.environment, c.file)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			if kind := errs.KindOf(err); kind != errs.Invalid && kind != errs.TooLarge {
				t.Errorf("of kind %v", kind)
			}
		})
	}
}

func TestToken(t *testing.T) {
	for _, c := range []struct{ name, content, want, problem string }{
		{"a token", "0123456789abcdef\n", "0123456789abcdef", ""},
		{"too short", "0123456789abcde\n", "", "has 15 bytes, at least 16"},
		{"space around it is not counted", "  short  \n\n          ", "", "has 5 bytes"},
		{"an empty file", "", "", "has 0 bytes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := (&config.Config{TokenFile: write(t, "token", c.content)}).Token()
			if c.problem == "" {
				if err != nil || got != c.want {
					t.Errorf("got %q, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.problem) || strings.Contains(err.Error(), "0123456789") {
				t.Errorf("got %v, want %q without the token", err, c.problem)
			}
		})
	}
	if got, err := (&config.Config{}).Token(); got != "" || err != nil {
		t.Errorf("none is named: got %q, %v", got, err)
	}
	if _, err := (&config.Config{TokenFile: "/nowhere/token"}).Token(); errs.KindOf(err) != errs.Invalid {
		t.Errorf("a file that is not there: got %v", err)
	}
}
