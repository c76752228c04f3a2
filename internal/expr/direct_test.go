// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/expr"
)

func TestUsualExpressionsAreDirect(t *testing.T) {
	for _, text := range []string{
		`attributes["basket.items"] > 20`,
		`status_code < 500 && duration < duration("2s")`,
		`!error || attributes.tier != "free"`,
		`attributes["a"] == null || !("b" in attributes) && has(attributes.c)`,
		`kind == "server" && name != "x"`,
	} {
		p, err := expr.Compile(text)
		if err != nil {
			t.Fatal(err)
		}
		if !p.IsDirect() {
			t.Errorf("%s goes to the interpreter", text)
		}
		e := event()
		if n := testing.AllocsPerRun(100, func() { _, _ = p.Eval(e) }); n > 0 {
			t.Errorf("%s: %g allocations an evaluation", text, n)
		}
	}
}

// sameAsCEL fails when the closures answer anything else than CEL. It returns
// false when the text is no expression or has no closures.
func sameAsCEL(t *testing.T, text string, e *expr.Event) bool {
	t.Helper()
	p, err := expr.Compile(text)
	if err != nil || !p.IsDirect() {
		return false
	}
	want, wantErr := p.Interpret(e)
	got, gotErr := p.Eval(e)
	if got != want || fmt.Sprint(gotErr) != fmt.Sprint(wantErr) {
		t.Fatalf("%s for %+v: %t, %v; CEL says %t, %v", text, e, got, gotErr, want, wantErr)
	}
	return true
}

func TestDirectIsCEL(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	for range 8_000 {
		if sameAsCEL(t, randomQuestion(r, 3), randomEvent(r)) {
			compared++
		}
	}
	if compared < 2_000 {
		t.Errorf("only %d of the random expressions were compared", compared)
	}
}

func FuzzDirectIsCEL(f *testing.F) {
	r := rand.New(rand.NewPCG(3, 4))
	for seed := range uint64(50) {
		f.Add(randomQuestion(r, 3), seed)
	}
	f.Fuzz(func(t *testing.T, text string, seed uint64) {
		sameAsCEL(t, text, randomEvent(rand.New(rand.NewPCG(seed, 0))))
	})
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }

var keys = []string{"a", "b", "c"}

func randomQuestion(r *rand.Rand, depth int) string {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(8) {
		case 0:
			return "has(attributes." + pick(r, keys...) + ")"
		case 1:
			return strconv.Quote(pick(r, keys...)) + " in attributes"
		case 2:
			return pick(r, "error", "true", "false")
		case 3:
			return randomOperand(r)
		}
		return randomOperand(r) + pick(r, " == ", " != ", " < ", " <= ", " > ", " >= ") + randomOperand(r)
	}
	switch r.IntN(5) {
	case 0:
		return "!(" + randomQuestion(r, depth-1) + ")"
	case 1:
		return "(" + randomQuestion(r, depth-1) + pick(r, " == ", " != ", " < ") + randomOperand(r) + ")"
	case 2, 3:
		return "(" + randomQuestion(r, depth-1) + " && " + randomQuestion(r, depth-1) + ")"
	}
	return "(" + randomQuestion(r, depth-1) + " || " + randomQuestion(r, depth-1) + ")"
}

func randomOperand(r *rand.Rand) string {
	if r.IntN(2) == 0 {
		return pick(r, "attributes.a", `attributes["b"]`, "attributes.c")
	}
	return pick(r,
		"status_code", "duration", "error", "name", "kind", "start", "null", "0", "-1", "1", "21", "500", "9223372036854775807",
		"0.0", "-0.0", "0.5", "21.0", "9.3e18", "1u", `""`, `"a"`, `"server"`, `"\u00e9"`, `b"a"`, "true", "[]", `["a"]`,
		`duration("0s")`, `duration("2s")`, `timestamp("1970-01-01T00:16:40Z")`, "int(status_code)")
}

func randomValue(r *rand.Rand) expr.Value {
	switch r.IntN(8) {
	case 0, 1:
		return expr.Int(pick[int64](r, 0, -1, 1, 21, 500, math.MinInt64, math.MaxInt64, 1<<53+1))
	case 2:
		return expr.Double(pick(r, 0, math.Copysign(0, -1), 0.5, 21, math.NaN(), math.Inf(1), math.Inf(-1), 1<<53, 9.3e18))
	case 3, 4:
		return expr.Text(pick(r, "", "a", "b", "server", "é", "\xff", strings.Repeat("x", expr.MaxAttribute+1)))
	case 5:
		return expr.Bool(r.IntN(2) == 0)
	case 6:
		return expr.List(pick(r, nil, []string{"a"}, []string{strings.Repeat("x", expr.MaxAttribute)}))
	}
	return expr.Value{}
}

func randomEvent(r *rand.Rand) *expr.Event {
	a := attributes{}
	for _, key := range keys {
		a[key] = randomValue(r)
	}
	e := &expr.Event{
		Attributes:    a,
		StatusCode:    pick(r, 0, 21, 200, 404, 500),
		Duration:      pick(r, 0, time.Millisecond, 2*time.Second),
		Error:         r.IntN(2) == 0,
		Name:          pick(r, "", "a", strings.Repeat("x", expr.MaxAttribute+1)),
		Kind:          pick(r, "server", "client"),
		StartUnixNano: 1000e9,
		EndUnixNano:   1001e9,
	}
	if r.IntN(10) == 0 {
		e.Attributes = nil
	}
	return e
}
