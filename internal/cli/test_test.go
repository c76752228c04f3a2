// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/cli"
)

const upService = "apiVersion: leadline/v1\nkind: Service\nmetadata: {name: shop}\nspec:\n  objectives:\n    - {name: up, availability: {}, target: 99%, window: 28d}\n"

func testFile(head, state string) string {
	return "apiVersion: leadline/v1\nkind: Test\n" + head + "tests:\n  - {name: a, objective: up, load: 1 good, expect: [{at: 1m, state: " + state + "}]}\n"
}

func TestTest(t *testing.T) {
	dir := t.TempDir()
	at := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	write(t, at("team", "shop.yaml"), upService)
	write(t, at("team", "beside.test.yaml"), testFile("", "ok"))
	write(t, at("team", "deep", "named.test.yml"), testFile("services: [../shop.yaml]\n", "ok"))
	write(t, at("else", "apart.test.yaml"), testFile("", "ok"))
	write(t, at("else", "missing.test.yaml"), testFile("services: [gone.yaml]\n", "ok"))
	write(t, at("bad", "fails.test.yaml"), testFile("services: [../team/shop.yaml]\n", "breaching"))
	write(t, at("bad", "broken.test.yaml"), testFile("", "fine"))
	write(t, at("bad", "wrong.test.yaml"), testFile("services: [wrong.yaml]\n", "ok"))
	write(t, at("bad", "wrong.yaml"), "kind: Service\n")
	report := at("report.xml")
	for _, c := range []struct {
		name string
		args []string
		code int
		want []string // in what is printed
	}{
		{"a folder", []string{at("team")}, 0, []string{"2 tests in 2 files: 2 passed, 0 failed"}},
		{"service files elsewhere", []string{at("else", "apart.test.yaml"), "--services", at("team")}, 0, []string{"1 test in 1 file: 1 passed, 0 failed"}},
		{"no service file", []string{at("else", "apart.test.yaml")}, 3, []string{"holds no service file", "1 file could not run"}},
		{"a service file that is not there", []string{at("else", "missing.test.yaml")}, 3, []string{"missing.test.yaml:3:12:", "gone.yaml"}},
		{"failures", []string{at("bad"), "--junit", report}, 3, []string{
			"fails.test.yaml:5:69: up at 1m: state\n    want  breaching\n    got   ok\n",
			"broken.test.yaml:4:69: state is \"fine\"", "wrong.yaml:1:1: apiVersion", "1 test in 3 files: 0 passed, 1 failed; 2 files could not run",
		}},
		{"nothing to run", []string{at("team", "deep", "named.test.yml"), at("empty")}, 1, []string{"empty"}},
		{"a report that cannot be written", []string{at("team"), "--junit", at("no", "folder.xml")}, 1, []string{"write test report"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := cli.Main(append([]string{"test"}, c.args...), &out, &out); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is not in\n%s", want, out.String())
				}
			}
		})
	}
	xml, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(xml), `tests="3" failures="1" errors="2"`) {
		t.Errorf("report: %v\n%s", err, xml)
	}
}

// TestValidatePassesTestFilesOver: they lie beside service files.
func TestValidatePassesTestFilesOver(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "shop.yaml"), upService)
	write(t, filepath.Join(dir, "shop.test.yaml"), testFile("", "ok"))
	var out bytes.Buffer
	if code := cli.Main([]string{"validate", dir}, &out, &out); code != 0 || !strings.Contains(out.String(), "1 objective in 1 file") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	write(t, filepath.Join(dir, "misnamed.yaml"), testFile("", "ok"))
	if code := cli.Main([]string{"validate", dir}, &out, &out); code != 3 || !strings.Contains(out.String(), "kind is Test; it holds unit tests and defines nothing; run it with leadline test") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
