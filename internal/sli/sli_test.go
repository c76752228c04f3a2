// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/expr"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/testkit/textcase"
	"github.com/leadline/leadline/internal/wire"
)

// TestCases reads rules, and events that the last rule before them judges:
// see testdata. An event without a service belongs to the rule's.
func TestCases(t *testing.T) {
	indicators := map[string]*sli.Indicator{}
	textcase.Run(t, "testdata/*.txt", func(t *testing.T, file string, c textcase.Case) []string {
		if strings.HasPrefix(c.Title, "rule: ") {
			i := compile(t, readRule(t, c.Given))
			indicators[file] = i
			return []string{string(i.ID), i.Describe()}
		}
		return []string{judge(t, indicators[file], textcase.ReadEvent(t, c.Given))}
	})
}

func judge(t *testing.T, i *sli.Indicator, e textcase.Event) string {
	var f operation.Facts
	f.Read(e.Span)
	op, ignored := f.Identify()
	if ignored != operation.NotIgnored {
		t.Fatalf("the span is not an operation: %s", ignored)
	}
	service := operation.ReadResource(e.Resource).Service
	if service.Name == operation.UnknownService {
		service.Name = i.Rule.Service.Name
	}
	if !i.Matches(service, op) {
		return "not the indicator's"
	}
	result := i.Judge(&f, f.Outcome(), e.Span.Attrs).String()
	if group := i.Group(nil, e.Span.Attrs, e.Resource); len(group) > 0 {
		result += ", " + string(group)
	}
	return result
}

func compile(t testing.TB, r sli.Rule) *sli.Indicator {
	t.Helper()
	i, err := sli.Compile(r)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// readRule reads a rule from lines of a word and its value.
func readRule(t *testing.T, lines []string) sli.Rule {
	var r sli.Rule
	for _, line := range lines {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "kind":
			r.Kind = sli.Kind(rest)
		case "namespace":
			r.Service.Namespace = rest
		case "service":
			r.Service.Name = rest
		case "environments":
			r.Environments = strings.Fields(rest)
		case "operation":
			r.Operation = rest
		case "under":
			d, err := time.ParseDuration(rest)
			if err != nil {
				t.Fatal(err)
			}
			r.Under = d
		case "where":
			r.Where = rest
		case "good":
			r.Good = rest
		case "status":
			code, outcome, _ := strings.Cut(rest, " ")
			if r.Statuses == nil {
				r.Statuses = map[string]sli.Outcome{}
			}
			r.Statuses[code] = map[string]sli.Outcome{"good": sli.Good, "bad": sli.Bad, "excluded": sli.Excluded}[outcome]
		case "by":
			r.GroupBy = strings.Fields(rest)
		default:
			t.Fatalf("rule line %q", line)
		}
	}
	return r
}

// full is a rule with every field that a success indicator has.
func full() sli.Rule {
	return sli.Rule{
		Service:      operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"},
		Environments: []string{"production", "prod", ""},
		Operation:    "POST /checkout",
		Kind:         sli.Success,
		Under:        time.Second,
		Statuses:     map[string]sli.Outcome{"404": sli.Bad, "4xx": sli.Excluded},
		GroupBy:      []string{"region", "customer.tier"},
	}
}

// TestCanonicalIsPinned fails when a rule that has not changed gets another
// id. Every installation would then lose its history: never adjust this test
// without raising operation.NormaliserVersion.
func TestCanonicalIsPinned(t *testing.T) {
	const want = `leadline indicator 1
normaliser 1
kind success
namespace "shop"
service "shop-api"
environments "" "prod" "production"
operation "POST /checkout"
under 1000000000
status 404 bad
status 4xx excluded
by "customer.tier" "region"
`
	if diff := cmp.Diff(want, full().Canonical()); diff != "" {
		t.Errorf("canonical text (-want +got):\n%s", diff)
	}
	custom := sli.Rule{
		Service: operation.Service{Name: "shop-api"}, Kind: sli.Custom,
		Where: `attributes["a"] == "ü\n"`, Good: "!error",
	}
	ids := map[string]sli.ID{
		"full":    compile(t, full()).ID,
		"custom":  compile(t, custom).ID,
		"minimal": compile(t, sli.Rule{Service: operation.Service{Name: "shop-api"}, Kind: sli.Availability}).ID,
	}
	pinned := map[string]sli.ID{"full": "c0064550c57d93c9", "custom": "095d649d40fb1744", "minimal": "313393ef9ca58ad6"}
	if diff := cmp.Diff(pinned, ids); diff != "" {
		t.Errorf("ids (-pinned +got):\n%s", diff)
	}
}

func TestEqualRulesHaveEqualIDs(t *testing.T) {
	base := compile(t, full()).ID
	tests := []struct {
		name   string
		change func(*sli.Rule)
		same   bool
	}{
		{"order of groups", func(r *sli.Rule) { r.GroupBy = []string{"customer.tier", "region", "region"} }, true},
		{"order of environments", func(r *sli.Rule) { r.Environments = []string{"", "prod", "production"} }, true},
		{"default environments", func(r *sli.Rule) { r.Environments = nil }, true},
		{"canonical environment", func(r *sli.Rule) { r.Service.Environment = "" }, true},
		{"namespace", func(r *sli.Rule) { r.Service.Namespace = "" }, false},
		{"service", func(r *sli.Rule) { r.Service.Name = "shop" }, false},
		{"environments", func(r *sli.Rule) { r.Environments = []string{"production"} }, false},
		{"operation", func(r *sli.Rule) { r.Operation = "GET /checkout" }, false},
		{"every operation", func(r *sli.Rule) { r.Operation = "" }, false},
		{"kind", func(r *sli.Rule) { r.Kind = sli.Latency }, false},
		{"threshold", func(r *sli.Rule) { r.Under++ }, false},
		{"statuses", func(r *sli.Rule) { r.Statuses["404"] = sli.Good }, false},
		{"groups", func(r *sli.Rule) { r.GroupBy = r.GroupBy[:1] }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := full()
			test.change(&r)
			if got := compile(t, r).ID == base; got != test.same {
				t.Errorf("same id = %t, want %t:\n%s", got, test.same, r.Canonical())
			}
		})
	}
}

func TestCompileLeavesTheRuleAlone(t *testing.T) {
	r := full()
	i := compile(t, r)
	if diff := cmp.Diff(full(), r); diff != "" {
		t.Errorf("Compile changed its argument:\n%s", diff)
	}
	r.Statuses["404"] = sli.Good
	if again := i.Rule.Canonical(); again != full().Canonical() {
		t.Errorf("the indicator follows the caller's map:\n%s", again)
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		name, field, message string
		rule                 sli.Rule
	}{
		{"no kind", "kind", "no indicator", sli.Rule{}},
		{"unknown kind", "kind", `"uptime"`, sli.Rule{Kind: "uptime"}},
		{"no service", "service", "empty", sli.Rule{Kind: sli.Availability}},
		{"no operation's name", "of", "checkout", rule(sli.Availability, func(r *sli.Rule) { r.Operation = "checkout" })},
		{"latency without a threshold", "under", "more than 0", rule(sli.Latency, nil)},
		{"negative threshold", "under", "more than 0", rule(sli.Success, func(r *sli.Rule) { r.Under = -1 })},
		{"threshold of days", "under", "at most 24h", rule(sli.Latency, func(r *sli.Rule) { r.Under = 25 * time.Hour })},
		{"availability with a threshold", "under", "no meaning", rule(sli.Availability, func(r *sli.Rule) { r.Under = 1 })},
		{"availability with good", "good", "no meaning", rule(sli.Availability, func(r *sli.Rule) { r.Good = "error" })},
		{"latency with where", "where", "no meaning", rule(sli.Latency, func(r *sli.Rule) { r.Under, r.Where = 1, "error" })},
		{"custom without good", "good", "1:1: the expression is empty", rule(sli.Custom, nil)},
		{"custom with statuses", "statuses", "no meaning", rule(sli.Custom, func(r *sli.Rule) { r.Statuses = map[string]sli.Outcome{"404": sli.Bad} })},
		{"good that is wrong", "good", "1:10: undeclared", rule(sli.Custom, func(r *sli.Rule) { r.Good = "error && latency" })},
		{"where that is wrong", "where", "1:1: the expression is of type int", rule(sli.Custom, func(r *sli.Rule) { r.Where, r.Good = "1", "error" })},
		{"status that is none", "statuses", "statuses: 4x: want a code", statuses("4x", sli.Bad)},
		{"status of six hundred", "statuses", "statuses: 600: want a code", statuses("600", sli.Bad)},
		{"class of six hundred", "statuses", "statuses: 6xx: want a code", statuses("6xx", sli.Bad)},
		{"signed status", "statuses", "statuses: +40: want a code", statuses("+40", sli.Bad)},
		{"status that is unevaluated", "statuses", "want good, bad or excluded", statuses("404", sli.Unevaluated)},
		{"group without a name", "by", "no name", rule(sli.Availability, func(r *sli.Rule) { r.GroupBy = []string{"a", ""} })},
		{"too many groups", "by", "at most 8", rule(sli.Availability, func(r *sli.Rule) { r.GroupBy = strings.Split("abcdefghi", "") })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := sli.Compile(test.rule)
			var f *sli.FieldError
			if !errors.As(err, &f) || f.Field != test.field || !strings.Contains(err.Error(), test.message) {
				t.Errorf("Compile: %v; want an error in %s with %q", err, test.field, test.message)
			}
		})
	}
}

func TestExpressionErrorsHaveAPlace(t *testing.T) {
	_, err := sli.Compile(rule(sli.Custom, func(r *sli.Rule) { r.Good = "error &&\n latency" }))
	var e *expr.Error
	if !errors.As(err, &e) || e.Line != 2 || e.Column != 2 {
		t.Errorf("Compile: %v, want an *expr.Error at 2:2", err)
	}
}

func rule(k sli.Kind, change func(*sli.Rule)) sli.Rule {
	r := sli.Rule{Kind: k, Service: operation.Service{Name: "shop-api"}}
	if change != nil {
		change(&r)
	}
	return r
}

func statuses(key string, o sli.Outcome) sli.Rule {
	return rule(sli.Availability, func(r *sli.Rule) { r.Statuses = map[string]sli.Outcome{key: o} })
}

func TestServices(t *testing.T) {
	i := compile(t, full())
	want := []operation.Service{
		{Namespace: "shop", Name: "shop-api"},
		{Namespace: "shop", Name: "shop-api", Environment: "prod"},
		{Namespace: "shop", Name: "shop-api", Environment: "production"},
	}
	if diff := cmp.Diff(want, i.Services()); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// TestOverflowCounts holds the totals of a service exact when it has more
// operations than are told apart.
func TestOverflowCounts(t *testing.T) {
	i := compile(t, rule(sli.Availability, nil))
	s := operation.Service{Name: "shop-api"}
	if !i.Matches(s, operation.Operation{Name: operation.Overflow.Name, Kind: operation.HTTP}) {
		t.Error("entry operations beyond the cap are not counted")
	}
	if i.Matches(s, operation.Operation{Name: operation.Overflow.Name, Kind: operation.Call}) {
		t.Error("calls beyond the cap are counted as the service's own operations")
	}
}

// checkout is an event that every kind has to look at.
func checkout(t *testing.T) (*operation.Facts, operation.Judgement, textcase.Event) {
	e := textcase.ReadEvent(t, []string{
		"span POST /checkout", "kind server", "takes 120ms", "http.method = POST", "http.route = /checkout",
		"http.scheme = http", "http.target = /checkout", "http.flavor = 1.1", "net.peer.ip = 10.0.0.1",
		"http.status_code = 200", "basket.items = 21", "customer.tier = gold", "region = eu",
	})
	var f operation.Facts
	f.Read(e.Span)
	return &f, f.Outcome(), e
}

func TestJudgeAllocatesNothing(t *testing.T) {
	f, j, e := checkout(t)
	group := make([]byte, 0, 256)
	i := compile(t, full())
	if n := testing.AllocsPerRun(100, func() {
		i.Judge(f, j, e.Span.Attrs)
		group = i.Group(group[:0], e.Span.Attrs, e.Resource)
	}); n != 0 {
		t.Errorf("%g allocations an event, want 0", n)
	}
}

// TestCustomAllocatesLittle bounds what CEL costs; it allocates for each
// attribute that it looks at.
func TestCustomAllocatesLittle(t *testing.T) {
	f, j, e := checkout(t)
	i := compile(t, bigBaskets())
	const most = 20
	if n := testing.AllocsPerRun(100, func() { i.Judge(f, j, e.Span.Attrs) }); n > most {
		t.Errorf("%g allocations an event, want at most %d", n, most)
	}
}

// TestLongListsAreNotEvaluated holds that a list of any length costs little.
func TestLongListsAreNotEvaluated(t *testing.T) {
	tags := strings.Repeat("a, ", expr.MaxAttribute)
	e := textcase.ReadEvent(t, []string{"span POST /checkout", "kind server", "http.method = POST", "tags = [" + tags + "a]"})
	i := compile(t, rule(sli.Custom, func(r *sli.Rule) { r.Good = `"b" in attributes["tags"]` }))
	var f operation.Facts
	f.Read(e.Span)
	if got := i.Judge(&f, f.Outcome(), e.Span.Attrs); got != sli.Unevaluated {
		t.Errorf("a list beyond the limit is %s, want it unevaluated", got)
	}
}

func bigBaskets() sli.Rule {
	return rule(sli.Custom, func(r *sli.Rule) {
		r.Where = `attributes["basket.items"] > 20`
		r.Good = `status_code < 500 && duration < duration("2s")`
	})
}

// FuzzGroup holds that a group's text says its values apart.
func FuzzGroup(f *testing.F) {
	f.Add("a,b", "c=d", "(none)", `\`)
	f.Fuzz(func(t *testing.T, a1, b1, a2, b2 string) {
		i := compile(t, rule(sli.Availability, func(r *sli.Rule) { r.GroupBy = []string{"a", "b"} }))
		group := func(a, b string) string {
			s := textcase.NewSpan(t, uint8(wire.Server), "", "a", a, "b", b)
			return string(i.Group(nil, s.Attrs, nil))
		}
		plain := func(s string) bool { return len(s) <= sli.MaxGroupValue && strings.IndexFunc(s, notASCII) < 0 }
		if !plain(a1) || !plain(b1) || !plain(a2) || !plain(b2) {
			group(a1, b1)
			return
		}
		if same := a1 == a2 && b1 == b2; (group(a1, b1) == group(a2, b2)) != same {
			t.Errorf("(%q, %q) and (%q, %q) give %s and %s", a1, b1, a2, b2, group(a1, b1), group(a2, b2))
		}
	})
}

func notASCII(r rune) bool { return r < ' ' || r > '~' }

func BenchmarkJudge(b *testing.B) {
	rules := map[string]sli.Rule{
		"availability": rule(sli.Availability, nil),
		"success":      full(),
		"custom":       bigBaskets(),
	}
	for name, r := range rules {
		b.Run(name, func(b *testing.B) {
			i := compile(b, r)
			f, j, e := checkout(&testing.T{})
			b.ReportAllocs()
			for b.Loop() {
				i.Judge(f, j, e.Span.Attrs)
			}
		})
	}
}
