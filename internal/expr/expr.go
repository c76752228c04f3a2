// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package expr compiles and runs the expressions of custom indicators, in CEL
// (https://cel.dev). It knows what an expression may look at and how much it
// may cost; what the answer means is the caller's.
//
// An expression is a question about one event:
//
//	attributes   map of the span's attributes; a missing one is null
//	status_code  int, the HTTP status, 0 when there was none
//	duration     duration of the span
//	error        bool, whether the span's status is an error
//	name, kind   string, the span's name and its kind in lower case
//	start, end   timestamp
//
// # Missing attributes
//
// A missing attribute is null: attributes["x"] == null asks for it, and
// "x" in attributes and has(attributes.x) do too. Where null meets an operator
// that cannot take it (null > 20) CEL knows an error, and SQL knows "unknown".
// We follow SQL: an evaluation that fails after it read a missing attribute is
// false. Every other failure is an error of Eval.
//
// # Cost
//
// Everything is bounded when an expression is loaded, so that nothing needs
// to be measured while events arrive: the length of its text, the number of
// its nodes and their depth, and the estimated cost for attributes of the
// longest length. There are no macros but has, hence no loops. An attribute
// longer than MaxAttribute cannot be evaluated.
//
// Most expressions only compare what an event has with literals. Those run as
// closures (direct.go) and never meet the interpreter.
package expr

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
)

// The limits of an expression.
const (
	MaxLength    = 1000    // code points of its text
	MaxAttribute = 4096    // bytes of one attribute's value
	maxNodes     = 200     // of the syntax tree
	maxDepth     = 25      // of nested calls and brackets
	maxRegex     = 500     // instructions of one regular expression
	maxCost      = 100_000 // in CEL's units; a comparison of short strings is one
)

// Error is what is wrong with the text of an expression, and where.
type Error struct {
	Line, Column int // from 1, in the text
	Message      string
}

func (e *Error) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Message) }

// Event is what an expression can see of one event.
type Event struct {
	Attributes Attributes
	StatusCode int
	Duration   time.Duration
	Error      bool
	Name, Kind string
	// Start and End are nanoseconds since the epoch.
	StartUnixNano, EndUnixNano uint64
}

// Attributes looks attributes up when an expression asks for one. An attribute
// that is missing, or whose value is of no kind that Value has, is null.
type Attributes interface {
	Attribute(key string) Value
}

// Program is a compiled expression. It is safe for concurrent use.
type Program struct {
	direct  question // nil when only CEL can answer
	program cel.Program
}

// environment is built once, because it takes a millisecond and never changes.
var environment = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.Variable("attributes", cel.MapType(cel.StringType, cel.DynType)),
		cel.Variable("status_code", cel.IntType),
		cel.Variable("duration", cel.DurationType),
		cel.Variable("error", cel.BoolType),
		cel.Variable("name", cel.StringType),
		cel.Variable("kind", cel.StringType),
		cel.Variable("start", cel.TimestampType),
		cel.Variable("end", cel.TimestampType),
		cel.ClearMacros(),
		cel.Macros(cel.HasMacro),
		cel.CrossTypeNumericComparisons(true),
		cel.ParserRecursionLimit(maxDepth),
		cel.ParserExpressionSizeLimit(MaxLength),
		cel.ExpressionNodeLimit(maxNodes),
		cel.ExpressionNestingDepthLimit(maxDepth),
		cel.RegexProgramSizeLimit(maxRegex),
		cel.ASTValidators(
			cel.ValidateRegexLiterals(), cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(),
		),
	)
})

// Compile checks the text and returns the expression, which answers true or
// false. What is wrong with the text is an *Error, or several joined.
func Compile(text string) (*Program, error) {
	env, err := environment()
	if err != nil {
		return nil, fmt.Errorf("make the expression language: %w", err)
	}
	if strings.TrimSpace(text) == "" {
		return nil, &Error{1, 1, "the expression is empty"}
	}
	ast, issues := env.Parse(text)
	if issues.Err() != nil {
		return nil, errorsOf(issues)[0] // the others follow from it
	}
	if ast, issues = env.Check(ast); issues.Err() != nil {
		return nil, errors.Join(errorsOf(issues)...)
	}
	if t := ast.OutputType(); !t.IsExactType(cel.BoolType) && !t.IsExactType(cel.DynType) {
		return nil, &Error{1, 1, fmt.Sprintf("the expression is of type %s, want bool", t)}
	}
	estimate, err := env.EstimateCost(ast, sizes{})
	if err != nil {
		return nil, fmt.Errorf("estimate the cost of an expression: %w", err)
	}
	if estimate.Max > maxCost {
		return nil, &Error{1, 1, fmt.Sprintf("the expression may cost %d, more than %d: make it shorter, or match shorter patterns", estimate.Max, maxCost)}
	}
	program, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, &Error{1, 1, err.Error()}
	}
	return &Program{direct(ast.NativeRep().Expr()), program}, nil
}

// errorsOf returns what is wrong in the order of the text, at least one.
func errorsOf(issues *cel.Issues) (all []error) {
	found := slices.SortedStableFunc(slices.Values(issues.Errors()), func(a, b *cel.Error) int {
		return cmp.Or(a.Location.Line()-b.Location.Line(), a.Location.Column()-b.Location.Column())
	})
	for _, e := range found {
		all = append(all, &Error{max(e.Location.Line(), 1), max(e.Location.Column()+1, 1), message(e.Message)})
	}
	if len(all) == 0 {
		all = append(all, &Error{1, 1, issues.Err().Error()})
	}
	return all
}

// message is CEL's message without what a reader cannot use.
func message(m string) string {
	m = strings.TrimSuffix(m, " (in container '')")
	if m == "invalid matches argument" {
		return "not a regular expression in the syntax of RE2"
	}
	if strings.HasPrefix(m, "undeclared reference") && !strings.Contains(m, "did you mean") {
		m += "; known are attributes, status_code, duration, error, name, kind, start and end"
	}
	return m
}

// sizes tells the cost estimate how long what comes from an event may be.
type sizes struct{}

func (sizes) EstimateSize(n cost.AstNode) *cost.SizeEstimate {
	if len(n.Path()) == 0 {
		return nil
	}
	return &cost.SizeEstimate{Min: 0, Max: MaxAttribute}
}

func (sizes) EstimateCallCost(string, string, *cost.AstNode, []cost.AstNode) *cost.CallEstimate {
	return nil
}

var errNotBool = errors.New("the answer is not true or false")

// Eval answers the question for one event.
func (p *Program) Eval(e *Event) (bool, error) {
	if p.direct != nil {
		if a := p.direct(e); a != unsure {
			return a == yes, nil
		}
	}
	return p.interpret(e)
}

// interpret asks CEL.
func (p *Program) interpret(e *Event) (bool, error) {
	a := activation{event: e}
	a.attributes.of = e.Attributes
	out, _, err := p.program.Eval(&a)
	if err == nil {
		if answer, ok := out.(types.Bool); ok {
			return bool(answer), nil
		}
		err = errNotBool
	}
	if a.attributes.missing {
		return false, nil
	}
	return false, err
}
