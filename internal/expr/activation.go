// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"fmt"
	"reflect"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
)

// activation gives an expression its variables, each when it asks.
type activation struct {
	event      *Event
	attributes attributes
}

// Parent returns nil: there is no other scope.
func (a *activation) Parent() cel.Activation { return nil }

// ResolveName returns the value of a variable.
func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case "attributes":
		return &a.attributes, true
	case "status_code":
		return types.Int(a.event.StatusCode), true
	case "duration":
		return types.Duration{Duration: a.event.Duration}, true
	case "error":
		return types.Bool(a.event.Error), true
	case "name":
		v, _ := boxed(Text(a.event.Name))
		return v, true
	case "kind":
		return types.String(a.event.Kind), true
	case "start":
		return timestamp(a.event.StartUnixNano), true
	case "end":
		return timestamp(a.event.EndUnixNano), true
	}
	return nil, false
}

func timestamp(unixNano uint64) types.Timestamp {
	return types.Timestamp{Time: time.Unix(0, int64(unixNano)).UTC()}
}

// attributes is the map of a span's attributes as CEL sees it. It is not a
// traits.Mapper, because for a map the key that is missing is an error, while
// an Indexer may return null for it and still say in IsSet that it is missing.
type attributes struct {
	of      Attributes
	missing bool // whether an attribute was asked for that is not there
}

var (
	_ traits.Indexer     = (*attributes)(nil)
	_ traits.FieldTester = (*attributes)(nil)
	_ traits.Container   = (*attributes)(nil)
)

var attributesType = types.NewObjectType("leadline.Attributes", traits.ContainerType|traits.IndexerType|traits.FieldTesterType)

// Get returns the attribute, or null.
func (a *attributes) Get(key ref.Val) ref.Val {
	v, found := a.lookup(key)
	if !found {
		a.missing = true
		return types.NullValue
	}
	return v
}

// IsSet is has(attributes.key).
func (a *attributes) IsSet(key ref.Val) ref.Val {
	_, found := a.lookup(key)
	return types.Bool(found)
}

// Contains is "key" in attributes.
func (a *attributes) Contains(key ref.Val) ref.Val { return a.IsSet(key) }

func (a *attributes) lookup(key ref.Val) (ref.Val, bool) {
	k, ok := key.(types.String)
	if !ok || a.of == nil {
		return nil, false
	}
	return boxed(a.of.Attribute(string(k)))
}

// boxed returns the value as CEL takes it, and false for null.
func boxed(v Value) (ref.Val, bool) {
	switch v.kind {
	case boolean:
		return types.Bool(v.bits != 0), true
	case integer:
		return types.Int(v.bits), true
	case double:
		return types.Double(v.float()), true
	case text:
		return types.String(v.text), true
	case list:
		return types.NewStringList(types.DefaultTypeAdapter, v.list), true
	case refused:
		return types.NewErr("a value of %d bytes is longer than %d", v.bits, MaxAttribute), true
	}
	return nil, false
}

// Type implements ref.Val.
func (a *attributes) Type() ref.Type { return attributesType }

// Value implements ref.Val.
func (a *attributes) Value() any { return a }

// Equal implements ref.Val: the attributes as a whole equal nothing.
func (a *attributes) Equal(ref.Val) ref.Val { return types.False }

// ConvertToNative implements ref.Val.
func (a *attributes) ConvertToNative(t reflect.Type) (any, error) {
	return nil, fmt.Errorf("convert attributes to %s: not possible", t)
}

// ConvertToType implements ref.Val.
func (a *attributes) ConvertToType(t ref.Type) ref.Val {
	return types.NewErr("convert attributes to %s: not possible", t.TypeName())
}
