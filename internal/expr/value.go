// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"math"
	"time"
)

// Value is what an expression reads of an event: null, which is the zero
// Value, or what one of the functions below returns.
type Value struct {
	kind valueKind
	bits uint64 // a number or a truth
	text string
	list []string
}

type valueKind uint8

const (
	null valueKind = iota
	boolean
	integer
	double
	duration
	text
	list
	refused // longer than an expression may look at
)

// Bool returns a truth.
func Bool(b bool) Value {
	if b {
		return Value{kind: boolean, bits: 1}
	}
	return Value{kind: boolean}
}

// Int returns an integer.
func Int(n int64) Value { return Value{kind: integer, bits: uint64(n)} }

// Double returns a floating-point number.
func Double(f float64) Value { return Value{kind: double, bits: math.Float64bits(f)} }

// Text returns a string.
func Text(s string) Value {
	if len(s) > MaxAttribute {
		return Value{kind: refused, bits: uint64(len(s))}
	}
	return Value{kind: text, text: s}
}

// List returns a list of strings, which is bounded as a whole.
func List(l []string) Value {
	size := 0
	for _, s := range l {
		size += len(s) + 1
	}
	if size > MaxAttribute {
		return Value{kind: refused, bits: uint64(size)}
	}
	return Value{kind: list, list: l}
}

func durationValue(d time.Duration) Value { return Value{kind: duration, bits: uint64(d)} }

func (v *Value) float() float64 {
	if v.kind == double {
		return math.Float64frombits(v.bits)
	}
	return float64(int64(v.bits))
}

func (v *Value) isNumber() bool { return v.kind == integer || v.kind == double }
