// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
	"github.com/leadline/leadline/internal/testkit/textcase"
	"github.com/leadline/leadline/internal/wire"
)

// TestCases reads spans as text: see testdata.
func TestCases(t *testing.T) {
	textcase.Run(t, "testdata/*.txt", func(t *testing.T, _ string, c textcase.Case) []string {
		return []string{describe(facts(t, c.Given))}
	})
}

func facts(t *testing.T, lines []string) *operation.Facts {
	var f operation.Facts
	f.Read(textcase.ReadEvent(t, lines).Span)
	return &f
}

// describe says everything that the package makes of a span.
func describe(f *operation.Facts) string {
	op, ignored := f.Identify()
	if ignored != operation.NotIgnored {
		return "ignored: " + ignored.String()
	}
	j := f.Outcome()
	return fmt.Sprintf("%s: %s: %s, %s", op.Kind, op.Name, j.Outcome, j.Reason)
}

// TestIdentityIsBounded holds pairs of spans against each other: what a client
// can vary must not change the identity, what makes another operation must.
func TestIdentityIsBounded(t *testing.T) {
	base := []string{
		"span GET /items/{id}", "kind server", "http.method = GET", "http.route = /items/{id}",
		"http.target = /items/1?x=1", "http.url = http://a/items/1", "http.user_agent = a", "http.status_code = 200",
	}
	unrouted := []string{"span GET /a", "kind server", "http.method = GET", "http.target = /a"}
	call := []string{"span GET", "kind client", "http.method = GET", "http.url = http://a.example/1"}
	task := []string{"span run/a", "kind consumer", "celery.action = run", "celery.task_name = a", "messaging.message.id = 1"}
	tests := []struct {
		name string
		a, b []string
		same bool
	}{
		{"path, query, agent, status and span name", base, []string{
			"span other", "kind server", "http.method = GET", "http.route = /items/{id}",
			"http.target = /items/2?y=2", "http.url = http://b/items/2", "http.user_agent = b", "http.status_code = 500",
		}, true},
		{"old and stable names", base, []string{"kind server", "http.request.method = GET", "http.route = /items/{id}"}, true},
		{"method", base, []string{"kind server", "http.method = POST", "http.route = /items/{id}"}, false},
		{"route", base, []string{"kind server", "http.method = GET", "http.route = /items"}, false},
		{"unrouted path", unrouted, []string{"span GET /b", "kind server", "http.method = GET", "http.target = /b"}, true},
		{"unrouted and routed", unrouted, base, false},
		{"invented methods",
			[]string{"kind server", "http.method = FOO"}, []string{"kind server", "http.method = BAR"}, true},
		{"path of a call", call, []string{"kind client", "http.method = POST", "http.url = http://a.example/2?z=1"}, true},
		{"host of a call", call, []string{"kind client", "http.method = GET", "http.url = http://b.example/1"}, false},
		{"port of a call", call, []string{"kind client", "http.method = GET", "http.url = http://a.example:81/1"}, false},
		{"message id", task, []string{"span run/a", "kind consumer", "celery.task_name = a", "messaging.message.id = 2"}, true},
		{"task", task, []string{"span run/b", "kind consumer", "celery.task_name = b"}, false},
		{"task run and put into the queue", task, []string{"span apply_async/a", "kind producer", "celery.task_name = a"}, false},
		{"service and method do not run together",
			[]string{"kind server", "rpc.system = grpc", "rpc.service = ab", "rpc.method = c"},
			[]string{"kind server", "rpc.system = grpc", "rpc.service = a", "rpc.method = bc"}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, b := facts(t, test.a), facts(t, test.b)
			if got := a.Identity() == b.Identity(); got != test.same {
				t.Errorf("same identity = %t, want %t (%s; %s)", got, test.same, describe(a), describe(b))
			}
		})
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		name       string
		start, end uint64
		want       time.Duration
	}{
		{"usual", 1000, 3500, 2500},
		{"none", 1000, 1000, 0},
		{"clocks went back", 3500, 1000, 0},
		{"longer than a duration can say", 0, 1 << 63, 1<<63 - 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := operation.Facts{StartUnixNano: test.start, EndUnixNano: test.end}
			if got := f.Duration(); got != test.want {
				t.Errorf("Duration() = %d, want %d", got, test.want)
			}
		})
	}
}

// TestCaptured reads requests that real applications sent. The title of a case
// is the name of the file with the request.
func TestCaptured(t *testing.T) {
	textcase.Run(t, "testdata/captured/*.txt", func(t *testing.T, _ string, c textcase.Case) []string {
		body, err := os.ReadFile(filepath.Join("testdata/captured", c.Title+".pb"))
		if err != nil {
			t.Fatal(err)
		}
		spans := map[string]int{}
		textcase.Spans(t, body, func(e textcase.Event) {
			var f operation.Facts
			f.Read(e.Span)
			spans[describe(&f)]++
		})
		var lines []string
		for _, d := range slices.Sorted(maps.Keys(spans)) {
			lines = append(lines, fmt.Sprintf("%dx %s", spans[d], d))
		}
		return lines
	})
}

// shopSpans calls do for every span of the generated shop.
func shopSpans(t testing.TB, stable bool, do func(*wire.Span)) {
	textcase.Spans(t, otlpgen.Traces(1, 500, otlpgen.Options{StableNames: stable}), func(e textcase.Event) { do(e.Span) })
}

func TestOldAndStableNamesAgree(t *testing.T) {
	var names [2]map[string]int
	for i, stable := range []bool{false, true} {
		names[i] = map[string]int{}
		shopSpans(t, stable, func(s *wire.Span) {
			var f operation.Facts
			f.Read(s)
			names[i][describe(&f)]++
		})
	}
	if len(names[0]) < 6 || fmt.Sprint(names[0]) != fmt.Sprint(names[1]) {
		t.Errorf("old names give\n%v\nstable names\n%v", names[0], names[1])
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	table := operation.NewCatalogue(operation.Limits{Operations: 1000, Services: 1}).Table(operation.Service{Name: "shop"})
	var f operation.Facts
	count := func(s *wire.Span) {
		f.Read(s)
		table.Intern(f.Identity(), &f)
		f.Outcome()
	}
	for _, stable := range []bool{false, true} {
		shopSpans(t, stable, func(s *wire.Span) {
			count(s) // the first of an operation makes its name
			if n := testing.AllocsPerRun(1, func() { count(s) }); n != 0 {
				t.Fatalf("%s: %g allocations, want 0", s.Name, n)
			}
		})
	}
}

func FuzzIdentify(f *testing.F) {
	f.Add(uint8(2), "GET /a", "http.method", "GET", "http.route", "/a/<int:b>")
	f.Add(uint8(3), "GET", "http.method", "GET", "http.url", "http://u@[::1]:80/x")
	f.Add(uint8(5), "run/a.b", "celery.action", "run", "celery.state", "RETRY")
	f.Add(uint8(4), "x send", "messaging.system", "kafka", "messaging.destination", "x")
	f.Add(uint8(2), "h", "faas.trigger", "http", "cloud.resource_id", ":function:")
	f.Add(uint8(2), "/a/b", "rpc.system", "grpc", "rpc.method", "/a/b")
	f.Fuzz(func(t *testing.T, kind uint8, name, k1, v1, k2, v2 string) {
		span := textcase.NewSpan(t, kind, name, k1, v1, k2, v2)
		var facts operation.Facts
		facts.Read(span)
		identity := facts.Identity()
		op, ignored := facts.Identify()
		if reason := facts.Outcome().Reason.String(); reason == "" {
			t.Fatal("no reason")
		}
		if ignored != operation.NotIgnored {
			return
		}
		if !utf8.ValidString(op.Name) || len(op.Name) > 300 || op.Kind == operation.None {
			t.Fatalf("operation %q of kind %s", op.Name, op.Kind)
		}
		if got := operation.KindOf(op.Name); got != op.Kind {
			t.Fatalf("KindOf(%q) = %s, want %s", op.Name, got, op.Kind)
		}
		if facts.Identity() != identity {
			t.Fatal("the identity changed")
		}
	})
}

func BenchmarkSpan(b *testing.B) {
	for _, stable := range []bool{false, true} {
		b.Run(map[bool]string{false: "old", true: "stable"}[stable], func(b *testing.B) {
			table := operation.NewCatalogue(operation.Limits{Operations: 1000, Services: 1}).Table(operation.Service{Name: "shop"})
			var spans []wire.Span
			shopSpans(b, stable, func(s *wire.Span) {
				kept := *s
				kept.Attrs = append([]wire.Attr(nil), s.Attrs...)
				spans = append(spans, kept)
			})
			var f operation.Facts
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.Read(&spans[i%len(spans)])
				table.Intern(f.Identity(), &f)
				f.Outcome()
			}
		})
	}
}
