// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/api"
	"github.com/leadline/leadline/internal/backfill"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/slo"
)

// described are the types of answers and bodies, by the name of their schema.
// What they hold is found from them.
var described = map[string]any{
	"SLOs": report.SLOs{}, "Detail": report.Detail{}, "Operations": report.Operations{}, "Services": report.Services{}, "ServicePage": report.ServicePage{}, "Proposals": report.Proposals{}, "IntakeView": report.IntakeView{}, "Arrivals": report.Arrivals{},
	"Health": report.Health{}, "Problem": api.Problem{}, "Session": api.Session{}, "BackfillReport": backfill.Report{}, "BackfillRequest": backfill.Generation{},
	"Alerts": report.Alerts{}, "Receivers": report.Receivers{}, "Silences": report.Silences{}, "OneSilence": report.OneSilence{}, "NewSilence": report.NewSilence{},
	"Timeline":   report.Timeline{},
	"TestResult": report.TestResult{}, "Trends": report.Trends{},
	"Corrections": report.Corrections{}, "CorrectionMade": report.CorrectionMade{}, "CorrectionRequest": report.CorrectionRequest{}, "WithdrawalRequest": report.WithdrawalRequest{},
}

type schema struct {
	Type        any
	Ref         string `json:"$ref"`
	Description string
	Properties  map[string]*schema
	Required    []string
	Items       *schema
	AllOf       []*schema
	OneOf       []*schema
	Enum        []string
}

type document struct {
	OpenAPI string
	Paths   map[string]map[string]struct {
		Summary     string
		OperationID string
		Security    []map[string][]string
		Responses   map[string]any
	}
	Components struct{ Schemas map[string]*schema }
}

func read(t *testing.T) (d document) {
	t.Helper()
	got := ask(newWorld().server(t, token), "GET", "/api/openapi.json", "")
	if err := json.Unmarshal(got.Body.Bytes(), &d); err != nil {
		t.Fatal(err)
	}
	if d.OpenAPI != "3.1.0" {
		t.Errorf("version %s", d.OpenAPI)
	}
	return d
}

// TestEveryRouteIsDescribed, and nothing else is.
func TestEveryRouteIsDescribed(t *testing.T) {
	d := read(t)
	described := map[string]bool{}
	ids := map[string]string{}
	for path, methods := range d.Paths {
		for method, op := range methods {
			pattern := strings.ToUpper(method) + " " + path
			described[pattern] = op.Security != nil
			if op.Summary == "" || op.OperationID == "" || ids[op.OperationID] != "" {
				t.Errorf("%s: summary %q, id %q, which %s has too", pattern, op.Summary, op.OperationID, ids[op.OperationID])
			}
			ids[op.OperationID] = pattern
			if _, refuses := op.Responses["401"]; refuses == (op.Security != nil) && op.OperationID != "signIn" {
				t.Errorf("%s: describes 401: %v", pattern, refuses)
			}
		}
	}
	for _, r := range newWorld().server(t, "").Routes() {
		open, known := described[r.Pattern]
		if !known {
			t.Errorf("%s is not described", r.Pattern)
		} else if open != r.Open {
			t.Errorf("%s is open: %v; the description says %v", r.Pattern, r.Open, open)
		}
		delete(described, r.Pattern)
	}
	for pattern := range described {
		t.Errorf("%s is described and does not exist", pattern)
	}
}

// TestEveryFieldIsDescribed compares the schemas with the types, both ways:
// names, kinds, which may be null and which may be missing.
func TestEveryFieldIsDescribed(t *testing.T) {
	c := &comparison{t: t, schemas: read(t).Components.Schemas, seen: map[string]reflect.Type{}}
	for name, v := range described {
		c.named(name, reflect.TypeOf(v))
	}
	for name := range c.schemas {
		if c.seen[name] == nil && name != "SLO" {
			t.Errorf("schema %s is nothing's", name)
		}
	}
}

func TestEnumsAreWhole(t *testing.T) {
	schemas := read(t).Components.Schemas
	var states, kinds []string
	for _, s := range slo.States {
		states = append(states, string(s))
	}
	for k := errs.Internal; !strings.HasPrefix(k.String(), "kind("); k++ {
		kinds = append(kinds, k.String())
	}
	for at, want := range map[string][]string{
		"SLO.state": states, "Trust.verdict": texts(slo.Trusts[:]), "Fault.kind": kinds, "Alert.state": texts(report.AlertStates[:]), "Alert.verdict": texts(report.Verdicts[:]),
		"Rule.verdict": texts(report.Verdicts[:]), "Condition.verdict": texts(report.Verdicts[:]), "Verdict.verdict": texts(report.Verdicts[:]),
		"Event.kind": texts(report.EventKinds[:]), "Event.severity": texts(report.EventSeverities[:]), "Comparison.judgement": texts(report.Judgements[:]),
		"Exhaustion.state": texts(report.ExhaustionStates[:]), "Silence.state": texts(report.SilenceStates[:]),
	} {
		name, field, _ := strings.Cut(at, ".")
		if got := schemas[name].Properties[field].Enum; !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", at, got, want)
		}
	}
}

func texts[T ~string](all []T) (out []string) {
	for _, x := range all {
		out = append(out, string(x))
	}
	return out
}

// TestAnswersAreAsDescribed holds answers with and without numbers against
// the schemas: nothing is null, missing or there that is not described so.
func TestAnswersAreAsDescribed(t *testing.T) {
	schemas := read(t).Components.Schemas
	for name, w := range map[string]*world{"full": full(t), "burning": burning(t), "empty": newWorld(), "starting": unrestored(t)} {
		for path, of := range map[string]string{
			"/api/v1/slos": "SLOs", "/api/v1/slos/shop-api/up": "Detail", "/api/v1/operations": "Operations", "/api/v1/corrections": "Corrections", "/api/v1/intake": "IntakeView", "/api/v1/intake/arrivals": "Arrivals",
			"/api/v1/services": "Services", "/api/v1/services/shop-api?operation=GET+%2F": "ServicePage",
			"/api/v1/slos/shop-api/up/events": "Timeline",
			"/api/v1/trends":                  "Trends", "/api/v1/alerts": "Alerts", "/api/v1/receivers": "Receivers", "/api/v1/silences": "Silences",
			"/healthz": "Health", "/readyz": "Health", "/api/v1/nothing": "Problem",
		} {
			var v any
			answer := ask(w.server(t, ""), "GET", path, "")
			if err := json.Unmarshal(answer.Body.Bytes(), &v); err != nil {
				t.Fatal(err)
			}
			if answer.Code == 404 {
				of = "Problem"
			}
			check(t, schemas, name+" "+path, &schema{Ref: of}, v)
		}
	}
}

// unrestored is a world whose objective waits for its history.
func unrestored(t *testing.T) *world {
	w := full(t)
	o := *w.engine.Snapshot().Evaluations[0].Objective
	o.Window.Length /= 2
	w.engine.Install([]*slo.Objective{&o})
	w.engine.Evaluate()
	return w
}

func check(t *testing.T, schemas map[string]*schema, at string, s *schema, v any) {
	t.Helper()
	s = s.orNull(v == nil)
	if s.Ref != "" {
		s = schemas[base(s.Ref)]
	}
	fields, isObject := v.(map[string]any)
	list, isList := v.([]any)
	may := fmt.Sprint(s.Type)
	switch {
	case v == nil && !strings.Contains(may, "null"):
		t.Errorf("%s is null", at)
	case isList:
		for i, x := range list {
			check(t, schemas, fmt.Sprintf("%s[%d]", at, i), s.Items, x)
		}
	case isObject:
		known := map[string]*schema{}
		for _, part := range append([]*schema{s}, s.AllOf...) {
			if part.Ref != "" {
				part = schemas[base(part.Ref)]
			}
			for name, p := range part.Properties {
				known[name] = p
			}
			for _, name := range part.Required {
				if _, there := fields[name]; !there {
					t.Errorf("%s.%s is missing", at, name)
				}
			}
		}
		for name, x := range fields {
			if len(known) > 0 && known[name] == nil {
				t.Errorf("%s.%s is not described", at, name)
			} else if known[name] != nil {
				check(t, schemas, at+"."+name, known[name], x)
			}
		}
	}
}

// orNull returns the one of a schema and null that a value should be as.
func (s *schema) orNull(isNull bool) *schema {
	if len(s.OneOf) != 2 || s.OneOf[1].Type != "null" {
		return s
	}
	if isNull {
		return s.OneOf[1]
	}
	return s.OneOf[0]
}

type comparison struct {
	t       *testing.T
	schemas map[string]*schema
	seen    map[string]reflect.Type
}

// named compares the schema of a name with a struct.
func (c *comparison) named(name string, typ reflect.Type) {
	s := c.schemas[name]
	if s == nil {
		c.t.Errorf("%s: no schema %s", typ, name)
		return
	}
	if have := c.seen[name]; have != nil {
		if have != typ {
			c.t.Errorf("schema %s is of %s and of %s", name, have, typ)
		}
		return
	}
	c.seen[name] = typ
	if s.Description == "" {
		c.t.Errorf("schema %s says nothing", name)
	}
	properties, required := map[string]*schema{}, []string{}
	for _, part := range append([]*schema{s}, s.AllOf...) {
		if part.Ref != "" {
			part = c.schemas[base(part.Ref)]
		}
		for field, p := range part.Properties {
			properties[field] = p
		}
		required = append(required, part.Required...)
	}
	for _, f := range reflect.VisibleFields(typ) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		field, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		at := name + "." + field
		p := properties[field]
		if p == nil {
			c.t.Errorf("%s is not described", at)
			continue
		}
		delete(properties, field)
		if slices.Contains(required, field) == (options == "omitempty") {
			c.t.Errorf("%s: described as required: %v", at, slices.Contains(required, field))
		}
		c.compare(at, p, f.Type)
	}
	for field := range properties {
		c.t.Errorf("%s.%s is described and does not exist", name, field)
	}
}

func base(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

// compare compares a schema with the type of a value.
func (c *comparison) compare(at string, s *schema, typ reflect.Type) {
	want := []string{}
	if typ.Kind() == reflect.Pointer {
		typ, want = typ.Elem(), []string{"null"}
	}
	if kind := kindOf(typ); kind != "" {
		want = append(want, kind)
	} else {
		if len(want) > 0 && s.orNull(true) != s {
			s, want = s.orNull(false), nil
		}
		if s.Ref == "" || len(want) > 0 {
			c.t.Errorf("%s: %s is described as %v", at, typ, s.Type)
			return
		}
		c.named(base(s.Ref), typ)
		return
	}
	got := []string{}
	switch x := s.Type.(type) {
	case string:
		got = append(got, x)
	case []any:
		for _, one := range x {
			got = append(got, fmt.Sprint(one))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("%s: described as %v, want %v", at, got, want)
	}
	if typ.Kind() == reflect.Slice {
		if s.Items == nil {
			c.t.Errorf("%s: a list of nothing", at)
			return
		}
		c.compare(at+"[]", s.Items, typ.Elem())
	}
}

// kindOf returns the type of JSON that a Go type becomes; "" for a struct.
func kindOf(typ reflect.Type) string {
	text := reflect.TypeFor[encoding.TextMarshaler]()
	switch {
	case typ == reflect.TypeFor[time.Time](), typ.Implements(text), reflect.PointerTo(typ).Implements(text), typ == reflect.TypeFor[backfill.Length]():
		return "string"
	}
	switch typ.Kind() {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		return "array"
	case reflect.Map:
		return "object"
	case reflect.Struct:
		return ""
	}
	return "integer"
}
