// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/proposal"
)

// firstSettings are a configuration file to begin with.
const firstSettings = `# Settings of leadline serve, which reads this file where it is started.
# leadline serve --help lists them all.
services: %s   # the folder of service files, watched while the server runs
data-dir: data       # what was measured
`

// nextSteps says the commands that come next: where, for which application,
// and what it will be called.
func nextSteps(folder, name string) string {
	var b strings.Builder
	a, at := findApplication(folder), config.Reach("", os.LookupEnv)
	into := ""
	if clean := filepath.Clean(folder); clean != "." {
		into = "cd " + shellWord(clean) + " && "
	}
	what, command := "your application", cmp.Or(a.command, "opentelemetry-instrument python app.py")
	if a.framework != "" {
		what = fmt.Sprintf("your application, which looks like %s in %s", a.framework, a.file)
	}
	fmt.Fprintf(&b, "\nNext, each in a terminal of its own:\n  1. %sleadline serve\n  2. %s, with who it is and where its telemetry goes:\n", into, what)
	fmt.Fprintf(&b, "       export OTEL_SERVICE_NAME=%s\n", shellWord(name))
	if a.forks {
		fmt.Fprintf(&b, "       export OTEL_EXPORTER_OTLP_ENDPOINT=http://%s OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n", at.OTLPHTTP)
	} else {
		fmt.Fprintf(&b, "       export OTEL_EXPORTER_OTLP_ENDPOINT=http://%s\n", at.OTLPGRPC)
	}
	fmt.Fprintf(&b, "       %s%s\n  3. a request to it, and within half a minute: leadline status, or http://%s\n", into, command, at.UI)
	if _, err := exec.LookPath("opentelemetry-instrument"); err != nil {
		fmt.Fprintf(&b, "\nopentelemetry-instrument is not on the PATH. Where your application is installed:\n  pip install opentelemetry-distro opentelemetry-exporter-otlp %s\n", cmp.Or(a.packages, "&& opentelemetry-bootstrap -a install"))
	}
	if !a.python {
		fmt.Fprintf(&b, "\nThere is no Python in this folder. If your application is elsewhere, it need not move: only the name must be right.\n")
	}
	fmt.Fprintf(&b, "\nThe guide: docs/guide/%s.md\n", cmp.Or(a.guide, "README"))
	return b.String()
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9._/:@%+-]+$`)

// shellWord writes a text so that a shell takes it as one word.
func shellWord(text string) string {
	if plainWord.MatchString(text) {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// start writes what a first server needs, where none runs.
func (e *env) start(f *initFlags) error {
	name, err := likelyName(f)
	if err != nil {
		return err
	}
	folder := f.folder()
	file := proposal.FileName(operation.Service{Name: name})
	path := filepath.Join(folder, file)
	text := proposal.Starter(name)
	if _, err := checkDraft(path, text); err != nil {
		return err
	}
	if found, err := readPath(folder); err == nil && len(found) > 0 {
		return errs.New(errs.Unavailable, "no server answers at %s, and %s holds service files already", e.server, folder).
			WithHint("start one with leadline serve, or name another with --server, to draft more of what it has measured")
	}
	if err := create(path, text); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s  1 objective of %s, to begin with: no server runs, so nothing was measured\n", path, name)
	if err := e.writeSettings(f, folder); err != nil {
		return err
	}
	fmt.Fprint(e.err, nextSteps(f.dir, name))
	return nil
}

// writeSettings writes a configuration file where there is none.
func (e *env) writeSettings(f *initFlags, folder string) error {
	path := filepath.Join(f.dir, "leadline.yaml")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	relative, err := filepath.Rel(f.dir, folder)
	if err != nil {
		relative = folder
	}
	if err := create(path, fmt.Sprintf(firstSettings, proposal.Quote(filepath.ToSlash(relative)))); err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s  settings of the server\n", path)
	return nil
}

// likelyName is what the service is probably called: as asked for, as
// OpenTelemetry is told, or as the folder.
func likelyName(f *initFlags) (string, error) {
	name := cmp.Or(f.service, os.Getenv("OTEL_SERVICE_NAME"))
	if name != "" {
		return name, nil
	}
	path, err := filepath.Abs(f.dir)
	if err != nil {
		return "", fmt.Errorf("name the service after its folder: %w", err)
	}
	name = filepath.Base(path)
	if name == string(filepath.Separator) || name == "." {
		return "", errs.New(errs.Invalid, "the folder has no name to call the service by").WithHint("name it with --service")
	}
	return name, nil
}
