// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"errors"
	"sync"

	"github.com/leadline/leadline/internal/expr"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/wire"
)

// custom counts events by two expressions. They decide alone, also over what
// the default rules exclude as the caller's mistake; only the final exclusions
// come before them.
type custom struct {
	rule        Rule
	where, good *expr.Program // where is nil when it holds for all
	views       *sync.Pool    // of *view
}

// view is an event as expressions see it. Views are pooled, because an event
// that goes to an expression cannot stay on the stack.
type view struct {
	expr.Event
	attrs attributes
}

func compileCustom(r Rule) (counting, error) {
	wrong := errors.Join(r.forbid(r.Under != 0, "under"), r.forbid(len(r.Statuses) > 0, "statuses"))
	c := custom{rule: r, views: &sync.Pool{New: func() any { return new(view) }}}
	var err error
	if r.Where != "" {
		if c.where, err = expr.Compile(r.Where); err != nil {
			wrong = errors.Join(wrong, &FieldError{"where", err})
		}
	}
	if c.good, err = expr.Compile(r.Good); err != nil {
		wrong = errors.Join(wrong, &FieldError{"good", err})
	}
	return c, wrong
}

// judge asks where first: an event that is not the indicator's is not one of
// its excluded events either.
func (c custom) judge(f *operation.Facts, standard operation.Judgement, _ Outcome, attrs []wire.Attr) Outcome {
	v := c.views.Get().(*view)
	v.show(f, attrs)
	outcome := c.ask(standard, &v.Event)
	*v = view{}
	c.views.Put(v)
	return outcome
}

func (c custom) ask(standard operation.Judgement, seen *expr.Event) Outcome {
	if c.where != nil {
		switch holds, err := c.where.Eval(seen); {
		case err != nil:
			return Unevaluated
		case !holds:
			return Unmatched
		}
	}
	if standard.Final() {
		return Excluded
	}
	switch good, err := c.good.Eval(seen); {
	case err != nil:
		return Unevaluated
	case good:
		return Good
	}
	return Bad
}

func (c custom) describe() string {
	if c.where == nil {
		return "good if " + c.rule.Good + "; " + alwaysExcluded
	}
	return "counted if " + c.rule.Where + ", and good if " + c.rule.Good + "; " + alwaysExcluded
}

var spanKinds = [...]string{
	wire.Unspecified: "unspecified", wire.Internal: "internal", wire.Server: "server",
	wire.Client: "client", wire.Producer: "producer", wire.Consumer: "consumer",
}

// show fills the view from an event.
func (v *view) show(f *operation.Facts, attrs []wire.Attr) {
	v.attrs = attrs
	v.Event = expr.Event{
		Attributes:    &v.attrs,
		StatusCode:    f.HTTPStatus,
		Duration:      f.Duration(),
		Error:         f.Status == wire.Error,
		Name:          f.Name,
		Kind:          spanKinds[f.Kind],
		StartUnixNano: f.StartUnixNano,
		EndUnixNano:   f.EndUnixNano,
	}
}

// attributes lets an expression look attributes up. Expressions ask for one or
// two of a dozen, so a search is cheaper than a map.
type attributes []wire.Attr

// Attribute returns the value of the first attribute with the key.
func (a attributes) Attribute(key string) expr.Value {
	for i := range a {
		if a[i].Key == key {
			return exprValue(a[i].Value)
		}
	}
	return expr.Value{}
}

// exprValue returns the value as expressions take it. Bytes and nested lists
// are missing.
func exprValue(v wire.Value) expr.Value {
	switch v.Kind() {
	case wire.String:
		return expr.Text(v.Str())
	case wire.Int:
		return expr.Int(v.Int())
	case wire.Double:
		return expr.Double(v.Double())
	case wire.Bool:
		return expr.Bool(v.Bool())
	case wire.Array:
		return expr.List(texts(v))
	}
	return expr.Value{}
}

// texts returns the texts of a list. It stops just beyond the length that
// expressions refuse, because a request may hold millions of empty ones.
func texts(v wire.Value) []string {
	list, size := []string{}, 0
	v.EachString(func(s string) {
		if size <= expr.MaxAttribute {
			list, size = append(list, s), size+len(s)+1
		}
	})
	return list
}
