// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sli

import (
	"unicode"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/wire"
)

// MaxGroupValue is how many bytes of an attribute's value a group's text
// holds; what was cut ends in "…".
const MaxGroupValue = 64

// MissingGroupValue stands in a group's text for an attribute that is not
// there. A value that begins with a bracket is escaped, so it is unambiguous.
const MissingGroupValue = "(none)"

const ellipsis = "…"

// Group appends the text of the group that an event belongs to, such as
// "customer.tier=gold,region=eu": the attributes of GroupBy in their order,
// from the span, else from its resource. Commas, equal signs, backslashes and
// a leading bracket in a value are escaped with a backslash, and what cannot
// be printed is left out. It appends nothing for an indicator without groups.
func (i *Indicator) Group(dst []byte, spanAttrs, resourceAttrs []wire.Attr) []byte {
	for n, key := range i.Rule.GroupBy {
		if n > 0 {
			dst = append(dst, ',')
		}
		dst = appendEscaped(dst, key)
		dst = append(dst, '=')
		v, found := find(spanAttrs, key)
		if !found {
			v, found = find(resourceAttrs, key)
		}
		if !found {
			dst = append(dst, MissingGroupValue...)
			continue
		}
		dst = appendGroupValue(dst, v)
	}
	return dst
}

// find returns the first scalar with the key; lists are not group values.
func find(attrs []wire.Attr, key string) (wire.Value, bool) {
	for i := range attrs {
		if attrs[i].Key == key {
			switch attrs[i].Value.Kind() {
			case wire.Empty, wire.Array, wire.KeyValueList, wire.Bytes:
				return wire.Value{}, false
			}
			return attrs[i].Value, true
		}
	}
	return wire.Value{}, false
}

func appendGroupValue(dst []byte, v wire.Value) []byte {
	if v.Kind() == wire.String {
		return appendEscaped(dst, v.Str())
	}
	return v.Text(dst) // a number or a truth holds nothing to escape
}

// appendEscaped appends at most MaxGroupValue bytes of s, counted before escaping.
func appendEscaped(dst []byte, s string) []byte {
	kept := 0
	for _, r := range s {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		n := utf8.RuneLen(r)
		if kept+n > MaxGroupValue {
			return append(dst, ellipsis...)
		}
		if r == ',' || r == '=' || r == '\\' || r == '(' && kept == 0 {
			dst = append(dst, '\\')
		}
		dst = utf8.AppendRune(dst, r)
		kept += n
	}
	return dst
}
