// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"fmt"
	"slices"
	"testing"
)

func TestDjangoIsCountedExactly(t *testing.T) {
	env := prepared(t)
	readApplications(t)
	for _, w := range []telemetry{{name: "defaults"}, {"http-protobuf-stable-names", "http/protobuf", "http"}} {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, serviceFiles(t, "shelf", "shelf"))
			app, address := gunicorn(t, env, "shelf.wsgi:application", append(w.variables(s, "shelf"), "DJANGO_SETTINGS_MODULE=shelf.settings"))
			l := newLoad(address)
			if err := l.send(shelfRequests()); err != nil {
				t.Fatal(err)
			}
			app.End(t)
			mustHaveServed(t, app, l.ledger.total())
			s.mustShow(t, "shelf", l.ledger.expect(map[string]objective{
				"everything-answers": answered,
				"home-answers":       of("GET /"),
				"book-answers":       of("GET /books/{pk}"),
				"year-answers":       of("GET /archive/{year}"),
				"pay-answers":        of("POST /orders/{order}/pay"),
				"export-answers":     of("GET /export/{name}.csv"),
			}))
		})
	}
}

// shelfRequests know every shape of route that Django has: the empty one, a
// path with a converter, a regular expression, and one included in another.
func shelfRequests() []request {
	ask := func(n int, method, path, operation string, status int) []request {
		return times(n, func(i int) request {
			url := fmt.Sprintf(path, i)
			return request{method, url, event{operation: operation, status: status, agent: "browser/1.0"}}
		})
	}
	return slices.Concat(
		ask(100, "GET", "/?visit=%d", "GET /", 200),
		ask(20, "GET", "/?visit=%d&status=503", "GET /", 503),
		ask(300, "GET", "/books/%d/", "GET /books/{pk}", 200),
		ask(40, "GET", "/books/%d/?status=404", "GET /books/{pk}", 404),
		ask(30, "GET", "/books/%d/?raise=1", "GET /books/{pk}", 500),
		ask(60, "GET", "/archive/2%03d/", "GET /archive/{year}", 200),
		ask(10, "GET", "/archive/2%03d/?status=429", "GET /archive/{year}", 429),
		ask(80, "POST", "/orders/00000000-0000-4000-8000-%012d/pay", "POST /orders/{order}/pay", 200),
		ask(10, "POST", "/orders/00000000-0000-4000-8000-%012d/pay?raise=1", "POST /orders/{order}/pay", 500),
		ask(40, "GET", "/export/list-%d.csv", "GET /export/{name}.csv", 200),
		ask(50, "GET", "/wp-admin/%d.php", "GET (unrouted)", 404),
		// Django adds the missing slash only by a middleware, which is not here.
		ask(10, "GET", "/books/%d", "GET (unrouted)", 404),
	)
}
