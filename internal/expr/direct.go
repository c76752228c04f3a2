// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// CEL's interpreter boxes every value it meets: 350 ns and five allocations
// for a comparison or two, more than everything else that is done with a span.
// Most expressions are comparisons of what an event has with literals, joined
// by &&, || and !. Those are compiled to closures here. A closure answers only
// what it is sure of; where CEL would know an error, or has rules that would
// have to be repeated, it is unsure and CEL is asked. So there is one
// semantics, CEL's, and a test holds both against each other.

// answer is what a question has for one event.
type answer uint8

const (
	no answer = iota
	yes
	// failed is an error that comes of a missing attribute: false in the end,
	// unless an && or || is decided by its other side.
	failed
	unsure // ask CEL
)

func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

type (
	question func(*Event) answer
	operand  func(*Event) Value
)

// direct returns the closure of a checked expression, nil when it holds
// anything that this file does not know.
func direct(e ast.Expr) question {
	switch e.Kind() {
	case ast.CallKind:
		if q := directCall(e.AsCall()); q != nil {
			return q
		}
	case ast.SelectKind:
		if s := e.AsSelect(); s.IsTestOnly() && isAttributes(s.Operand()) {
			return present(s.FieldName())
		}
	}
	if v := directOperand(e); v != nil {
		return func(e *Event) answer { return truth(v(e)) }
	}
	return nil
}

func directCall(c ast.CallExpr) question {
	args := c.Args()
	switch c.FunctionName() {
	case operators.LogicalAnd:
		return join(args, no)
	case operators.LogicalOr:
		return join(args, yes)
	case operators.LogicalNot:
		return negate(direct(args[0]))
	case operators.Equals:
		return equal(orNull(args[0]), orNull(args[1]))
	case operators.NotEquals:
		return negate(equal(orNull(args[0]), orNull(args[1])))
	case operators.Less:
		return order(args, below)
	case operators.LessEquals:
		return order(args, below|same)
	case operators.Greater:
		return order(args, above)
	case operators.GreaterEquals:
		return order(args, above|same)
	case operators.In:
		if key, ok := literal(args[0]).(types.String); ok && isAttributes(args[1]) {
			return present(string(key))
		}
	}
	return nil
}

// join is && when a no decides, || when a yes does. Sides that fail give way
// to one that decides, before them or behind.
func join(args []ast.Expr, decides answer) question {
	sides := make([]question, len(args))
	for i, arg := range args {
		sides[i] = direct(arg)
	}
	if slices.ContainsFunc(sides, func(q question) bool { return q == nil }) {
		return nil
	}
	return func(e *Event) answer {
		joined := yes + no - decides
		for _, side := range sides {
			switch a := side(e); a {
			case decides, unsure:
				return a
			case failed:
				joined = failed
			}
		}
		return joined
	}
}

func negate(q question) question {
	if q == nil {
		return nil
	}
	return func(e *Event) answer {
		a := q(e)
		switch a {
		case yes:
			return no
		case no:
			return yes
		}
		return a
	}
}

// Values are handed on by pointers to what does not keep them: they are too
// large for registers, and a question that is not known here would move them to
// the heap.

func equal(a, b operand) question {
	if a == nil || b == nil {
		return nil
	}
	return func(e *Event) answer {
		x, y := a(e), b(e)
		return areEqual(&x, &y)
	}
}

// orders are those in which an ordering holds.
type orders uint8

const (
	below orders = 1 << iota
	same
	above
)

func (o orders) hold(order int) answer { return answerOf(o&(1<<(order+1)) != 0) }

func order(args []ast.Expr, holds orders) question {
	a, b := directOperand(args[0]), directOperand(args[1])
	if a == nil || b == nil {
		return nil
	}
	return func(e *Event) answer {
		x, y := a(e), b(e)
		return areOrdered(&x, &y, holds)
	}
}

func present(key string) question {
	return func(e *Event) answer {
		if e.Attributes == nil {
			return no
		}
		return answerOf(e.Attributes.Attribute(key).kind != null)
	}
}

// truth is the answer of a value that stands where a truth is wanted.
func truth(v Value) answer {
	switch v.kind {
	case boolean:
		return answerOf(v.bits != 0)
	case null:
		return failed
	}
	return unsure
}

func areEqual(a, b *Value) answer {
	switch {
	case max(a.kind, b.kind) >= list:
		return unsure
	case a.isNumber() && b.isNumber():
		order, sure := compareNumbers(a, b)
		if !sure {
			return unsure
		}
		return answerOf(order == 0)
	case a.kind != b.kind:
		return no
	}
	return answerOf(a.bits == b.bits && a.text == b.text)
}

func areOrdered(a, b *Value, holds orders) answer {
	switch {
	case max(a.kind, b.kind) >= list:
		return unsure
	case a.kind == null || b.kind == null:
		return failed
	case a.isNumber() && b.isNumber():
		order, sure := compareNumbers(a, b)
		if !sure {
			return unsure
		}
		return holds.hold(order)
	case a.kind != b.kind || a.kind == boolean:
		return unsure
	case a.kind == duration:
		return holds.hold(cmp.Compare(int64(a.bits), int64(b.bits)))
	}
	return holds.hold(strings.Compare(a.text, b.text))
}

// compareNumbers is sure of two integers, and of numbers that a double holds
// exactly.
func compareNumbers(a, b *Value) (order int, sure bool) {
	if a.kind == integer && b.kind == integer {
		return cmp.Compare(int64(a.bits), int64(b.bits)), true
	}
	const exact = 1 << 53
	x, y := a.float(), b.float()
	return cmp.Compare(x, y), math.Abs(x) <= exact && math.Abs(y) <= exact
}

// orNull is directOperand for where a literal null may stand.
func orNull(e ast.Expr) operand {
	if literal(e) == types.NullValue {
		return func(*Event) Value { return Value{} }
	}
	return directOperand(e)
}

// directOperand returns what reads a literal, a variable or an attribute.
func directOperand(e ast.Expr) operand {
	switch e.Kind() {
	case ast.LiteralKind:
		return constant(e.AsLiteral())
	case ast.IdentKind:
		return variable(e.AsIdent())
	case ast.SelectKind:
		if s := e.AsSelect(); !s.IsTestOnly() && isAttributes(s.Operand()) {
			return attribute(s.FieldName())
		}
	case ast.CallKind:
		return operandCall(e.AsCall())
	}
	return nil
}

// operandCall knows attributes["key"] and duration("2s").
func operandCall(c ast.CallExpr) operand {
	args := c.Args()
	switch c.FunctionName() {
	case operators.Index:
		if key, ok := literal(args[1]).(types.String); ok && isAttributes(args[0]) {
			return attribute(string(key))
		}
	case "duration":
		if text, ok := literal(args[0]).(types.String); ok {
			return constant(text.ConvertToType(types.DurationType))
		}
	}
	return nil
}

// constant leaves null out, so that an answer that fails does so because of a
// missing attribute.
func constant(v ref.Val) operand {
	var c Value
	switch v := v.(type) {
	case types.Bool:
		c = Bool(bool(v))
	case types.Int:
		c = Int(int64(v))
	case types.Double:
		c = Double(float64(v))
	case types.String:
		c = Text(string(v))
	case types.Duration:
		c = durationValue(v.Duration)
	default:
		return nil
	}
	return func(*Event) Value { return c }
}

func attribute(key string) operand {
	return func(e *Event) Value {
		if e.Attributes == nil {
			return Value{}
		}
		return e.Attributes.Attribute(key)
	}
}

func variable(name string) operand {
	switch name {
	case "status_code":
		return func(e *Event) Value { return Int(int64(e.StatusCode)) }
	case "duration":
		return func(e *Event) Value { return durationValue(e.Duration) }
	case "error":
		return func(e *Event) Value { return Bool(e.Error) }
	case "name":
		return func(e *Event) Value { return Text(e.Name) }
	case "kind":
		return func(e *Event) Value { return Text(e.Kind) }
	}
	return nil
}

func isAttributes(e ast.Expr) bool { return e.Kind() == ast.IdentKind && e.AsIdent() == "attributes" }

// literal returns the value of a literal, nil for anything else.
func literal(e ast.Expr) ref.Val {
	if e.Kind() != ast.LiteralKind {
		return nil
	}
	return e.AsLiteral()
}
