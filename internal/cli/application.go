// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
)

// application is a Python application that init has found, so that it can say
// the very commands. It is a guess from a glance at the code, and said as one.
type application struct {
	framework string // as people write it; empty: none was found
	file      string
	command   string
	packages  string // that OpenTelemetry needs for it
	guide     string
	forks     bool // its processes fork, where telemetry should go over HTTP
	python    bool // there is Python at all
}

// The limits of the glance.
const (
	maxPythonFiles = 200
	maxPythonBytes = 64 << 10
)

var (
	madeBy   = regexp.MustCompile(`(?m)^(\w+)(?:\s*:[^=\n]+)?\s*=\s*(Flask|FastAPI|Celery)\(`)
	handler  = regexp.MustCompile(`(?m)^def (\w*handler)\(event, (?:context|_)`)
	settings = regexp.MustCompile(`DJANGO_SETTINGS_MODULE["'],\s*["']([\w.]+)["']`)
)

// findApplication looks into the Python files of a folder and of those in it.
func findApplication(folder string) (found application) {
	tree, files := os.DirFS(folder), 0
	for _, pattern := range []string{"*.py", "*/*.py"} {
		// The pattern is right, so there is no error.
		names, _ := fs.Glob(tree, pattern)
		for _, name := range names {
			if files++; files > maxPythonFiles || !ours(name) {
				continue
			}
			found.python = true
			if a := glance(name, beginning(tree, name)); better(a.framework, found.framework) {
				found = a
			}
		}
		if found.framework != "" {
			break
		}
	}
	return found
}

// ours leaves out what others wrote, and what is no application.
func ours(name string) bool {
	folder, _, _ := strings.Cut(name, "/")
	return !strings.HasPrefix(name, ".") && !slices.Contains([]string{"venv", "env", "node_modules", "tests", "test", "build", "site-packages"}, folder)
}

func beginning(tree fs.FS, name string) string {
	f, err := tree.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxPythonBytes))
	if err != nil {
		return ""
	}
	return string(text)
}

// better says which of two guesses is believed: manage.py leaves no doubt, and
// a web application that also makes a Celery application is asked by people.
func better(a, b string) bool {
	order := []string{"", "AWS Lambda", "Celery", "Flask", "FastAPI", "Django"}
	return slices.Index(order, a) > slices.Index(order, b)
}

func glance(name, text string) application {
	module := strings.ReplaceAll(strings.TrimSuffix(name, ".py"), "/", ".")
	module = strings.TrimSuffix(module, ".__init__")
	a := application{file: name, python: true}
	made, variable := "", ""
	if m := madeBy.FindStringSubmatch(text); m != nil {
		variable, made = m[1], m[2]
	}
	switch {
	case path.Base(name) == "manage.py" && settings.MatchString(text):
		a.framework, a.guide, a.packages = "Django", "django", "opentelemetry-instrumentation-django"
		a.command = "DJANGO_SETTINGS_MODULE=" + settings.FindStringSubmatch(text)[1] + " opentelemetry-instrument python " + name + " runserver --noreload"
	case made == "FastAPI":
		a.framework, a.guide, a.packages = made, "fastapi", "opentelemetry-instrumentation-fastapi"
		a.command = "opentelemetry-instrument uvicorn " + module + ":" + variable
	case made == "Flask":
		a.framework, a.guide, a.packages = made, "flask", "opentelemetry-instrumentation-flask"
		a.command = "opentelemetry-instrument flask --app " + module + " run"
	case made == "Celery":
		a.framework, a.guide, a.packages, a.forks = made, "celery", "opentelemetry-instrumentation-celery", true
		a.command = "opentelemetry-instrument celery -A " + module + " worker"
	case handler.MatchString(text):
		a.framework, a.guide, a.packages = "AWS Lambda", "lambda", "opentelemetry-instrumentation-aws-lambda"
		a.command = "opentelemetry-instrument, see the guide"
	}
	return a
}
