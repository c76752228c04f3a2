// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/cli"
)

// TestInitSaysTheNextCommands glances at applications as people write them.
func TestInitSaysTheNextCommands(t *testing.T) {
	t.Setenv("PATH", "")
	for _, c := range []struct {
		name, file, text string
		want             []string
	}{
		{"Flask", "hello.py", "from flask import Flask\napp = Flask(__name__)\n",
			[]string{"looks like Flask in hello.py", "opentelemetry-instrument flask --app hello run\n", "opentelemetry-exporter-otlp opentelemetry-instrumentation-flask\n", "docs/guide/flask.md"}},
		{"FastAPI in a package", "shop/main.py", "import fastapi\nfrom fastapi import FastAPI\napi: FastAPI = FastAPI(title='x')\n",
			[]string{"looks like FastAPI in shop/main.py", "opentelemetry-instrument uvicorn shop.main:api\n"}},
		{"Django", "manage.py", `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shelf.settings")`,
			[]string{"DJANGO_SETTINGS_MODULE=shelf.settings opentelemetry-instrument python manage.py runserver --noreload\n"}},
		{"Celery forks", "tasks.py", "app = Celery('tasks')\n",
			[]string{"opentelemetry-instrument celery -A tasks worker\n", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\n"}},
		{"Lambda", "orders.py", "def handler(event, context):\n    pass\n", []string{"looks like AWS Lambda in orders.py", "docs/guide/lambda.md"}},
		{"another application", "serve.py", "print(1)\n", []string{"2. your application, with", "opentelemetry-instrument python app.py\n", "opentelemetry-bootstrap -a install", "docs/guide/README.md"}},
		{"what others wrote", "venv/flask.py", "app = Flask(1)\n", []string{"There is no Python in this folder", "opentelemetry-instrument python app.py\n"}},
		{"no Python", "README.md", "# hello\n", []string{"There is no Python in this folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			write(t, "it's mine/"+c.file, c.text)
			var out bytes.Buffer
			if err := cli.Start("it's mine", "", &out); err != nil {
				t.Fatal(err)
			}
			said := out.String()
			for _, want := range append(c.want, `cd 'it'\''s mine' && leadline serve`, `OTEL_SERVICE_NAME='it'\''s mine'`, "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:43") {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in\n%s", want, said)
				}
			}
		})
	}
}

func TestInitSaysTheAddressesOfTheSettings(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "leadline.yaml", "services: services\nlisten: 127.0.0.1:9484\notlp-grpc: 0.0.0.0:5317\n")
	var out bytes.Buffer
	if err := cli.Start(".", "shop", &out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"http://127.0.0.1:9484", "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:5317\n", "  1. leadline serve\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
