// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package python_test

import (
	"fmt"
	"slices"
	"testing"
)

// The ways in which zero-code applications send: both exporters, and both
// generations of names.
var ways = []telemetry{
	{"defaults", "", ""},
	{"http-protobuf", "http/protobuf", ""},
	{"stable-names", "", "http"},
	{"http-protobuf-stable-names", "http/protobuf", "http"},
}

// version is what the deployment says that it runs.
const version = "2.3.1"

func TestHTTPBinIsCountedExactly(t *testing.T) {
	env := prepared(t)
	readApplications(t)
	var services []string
	for _, w := range ways {
		services = append(services, "httpbin-"+w.name)
	}
	s := serve(t, serviceFiles(t, "httpbin", services...))
	for i, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			app, address := gunicorn(t, env, "httpbin:app", append(w.variables(s, services[i]), "OTEL_RESOURCE_ATTRIBUTES=service.version="+version))
			l := newLoad(address)
			if err := l.send(httpbinRequests()); err != nil {
				t.Fatal(err)
			}
			app.End(t)
			mustHaveServed(t, app, l.ledger.total())
			want := l.ledger.expect(httpbinObjectives())
			s.mustShow(t, services[i], want)
			s.mustShowGroup(t, services[i], "status-answers", "service.version="+version, want.Objectives["status-answers"])
		})
	}
}

// httpbinRequests are one user's browser and one user's app, at random.
func httpbinRequests() []request {
	return slices.Concat(
		statuses(900, 200), statuses(120, 404), statuses(100, 429), statuses(80, 500), statuses(60, 503), statuses(40, 302),
		times(600, func(i int) request { return get("/get", event{operation: "GET /get", status: 200}, i) }),
		times(200, func(i int) request {
			return get(fmt.Sprintf("/stream/%d", 1+i%20), event{operation: "GET /stream/{n}", status: 200}, i)
		}),
		times(120, func(i int) request {
			return get("/delay/0", event{operation: "GET /delay/{delay}", status: 200}, i)
		}),
		times(16, func(i int) request {
			return get("/delay/3.2", event{operation: "GET /delay/{delay}", status: 200, slow: true}, i)
		}),
		// What has no route is one operation per method, whatever its path.
		times(160, func(i int) request {
			return get(fmt.Sprintf("/no/such/page/%d?q=%d", i, i), event{operation: "GET (unrouted)", status: 404}, i)
		}),
		times(20, func(i int) request {
			r := get(fmt.Sprintf("/delete-me/%d", i), event{operation: "DELETE (unrouted)", status: 404}, i)
			r.method = "DELETE"
			return r
		}),
		// A route that has other methods only.
		times(20, func(i int) request {
			r := get("/get", event{operation: "PUT (unrouted)", status: 405}, i)
			r.method = "PUT"
			return r
		}),
	)
}

func statuses(n, code int) []request {
	return times(n, func(i int) request {
		return get(fmt.Sprintf("/status/%d", code), event{operation: "GET /status/{codes}", status: code}, i)
	})
}

const appAgent = "app/2.1"

// get is a request by the app or, two of three times, by a browser.
func get(path string, want event, i int) request {
	want.agent = "browser/1.0"
	if i%3 == 0 {
		want.agent = appAgent
	}
	return request{"GET", path, want}
}

// httpbinObjectives are those of services/httpbin.yaml.
func httpbinObjectives() map[string]objective {
	return map[string]objective{
		"everything-answers":   answered,
		"status-answers":       of("GET /status/{codes}"),
		"get-answers":          of("GET /get"),
		"stream-answers":       of("GET /stream/{n}"),
		"delay-is-short":       inTime("GET /delay/{delay}"),
		"status-good-and-fast": inTime("GET /status/{codes}"),
		"delay-good-and-fast":  inTime("GET /delay/{delay}"),
		"gone-is-our-fault":    goneIsOurFault,
		"app-is-served":        appIsServed,
	}
}

func goneIsOurFault(e event) outcome {
	switch {
	case e.operation == "GET /status/{codes}" && e.status == 404:
		return bad
	case e.operation == "GET /status/{codes}" && e.status == 429:
		return good
	}
	return of("GET /status/{codes}")(e)
}

func appIsServed(e event) outcome {
	switch {
	case e.operation != "GET /status/{codes}" || e.agent != appAgent:
		return nil
	case e.status == 503:
		return bad
	}
	return good
}
