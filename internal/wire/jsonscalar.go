// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// bytes reads one value as the payload of a length-delimited field.
func (t *transcoder) bytes(f *field, left int) *fault {
	if f.kind == nested {
		return t.message(f.of, left)
	}
	raw, fault := t.scalar(f, jsontext.KindString)
	if fault != nil {
		return fault
	}
	s := unquoted(raw)
	var err error
	switch f.kind {
	case text:
		t.out = append(t.out, s...)
	case hexBytes:
		t.out, err = hex.AppendDecode(t.out, s)
	default:
		t.out, err = base64Of(s).AppendDecode(t.out, s)
	}
	if err != nil {
		return t.fault(f.name + ": " + err.Error())
	}
	return nil
}

// base64Of returns the alphabet that s is written in: senders use the standard
// and the URL-safe one, with and without padding.
func base64Of(s []byte) *base64.Encoding {
	e := base64.StdEncoding
	if bytes.ContainsAny(s, "-_") {
		e = base64.URLEncoding
	}
	if !bytes.HasSuffix(s, []byte("=")) {
		e = e.WithPadding(base64.NoPadding)
	}
	return e
}

// scalar reads the next value, which must be of one of the kinds.
func (t *transcoder) scalar(f *field, kinds ...jsontext.Kind) (jsontext.Value, *fault) {
	got := t.dec.PeekKind()
	for _, k := range kinds {
		if got != k {
			continue
		}
		raw, err := t.dec.ReadValue()
		if err != nil {
			return nil, t.syntax(err)
		}
		return raw, nil
	}
	return nil, t.mismatch("a " + kindName(kinds[len(kinds)-1]) + " in " + f.name)
}

// number reads one value and appends it as the number that the field holds,
// without a tag.
func (t *transcoder) number(f *field) *fault {
	switch f.kind {
	case boolean:
		return t.boolean(f)
	case doubles:
		return t.double(f)
	case enum:
		return t.integer(f, jsontext.KindNumber)
	}
	return t.integer(f, jsontext.KindString, jsontext.KindNumber)
}

func (t *transcoder) boolean(f *field) *fault {
	raw, fault := t.scalar(f, jsontext.KindFalse, jsontext.KindTrue)
	if fault != nil {
		return fault
	}
	if raw.Kind() == jsontext.KindTrue {
		t.out = append(t.out, 1)
	} else {
		t.out = append(t.out, 0)
	}
	return nil
}

func (t *transcoder) double(f *field) *fault {
	raw, fault := t.scalar(f, jsontext.KindString, jsontext.KindNumber)
	if fault != nil {
		return fault
	}
	v, ok := parseDouble(view(unquoted(raw)))
	if !ok {
		return t.badNumber(f, raw)
	}
	t.out = binary.LittleEndian.AppendUint64(t.out, math.Float64bits(v))
	return nil
}

func parseDouble(s string) (float64, bool) {
	switch s {
	case "NaN":
		return math.NaN(), true
	case "Infinity":
		return math.Inf(1), true
	case "-Infinity":
		return math.Inf(-1), true
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && isNumber(s)
}

// integer reads an integer and appends it in the field's encoding.
func (t *transcoder) integer(f *field, kinds ...jsontext.Kind) *fault {
	raw, fault := t.scalar(f, kinds...)
	if fault != nil {
		return fault
	}
	bits, signed := f.kind.integer()
	v, ok := parseInteger(view(unquoted(raw)), bits, signed)
	if !ok {
		return t.badNumber(f, raw)
	}
	switch {
	case f.kind.wireType() == wireFixed64:
		t.out = binary.LittleEndian.AppendUint64(t.out, v)
	case f.kind.wireType() == wireFixed32:
		t.out = binary.LittleEndian.AppendUint32(t.out, uint32(v))
	case f.kind == sint32s: // zigzag: the sign goes to the lowest bit
		t.out = binary.AppendUvarint(t.out, uint64(uint32(v)<<1^uint32(int32(v)>>31)))
	default:
		t.out = binary.AppendUvarint(t.out, v)
	}
	return nil
}

// integer returns the range of an integer kind.
func (k fieldKind) integer() (bits int, signed bool) {
	switch k {
	case enum, sint32s:
		return 32, true
	case uint32s, fixed32s:
		return 32, false
	case uint64s, fixed64s:
		return 64, false
	}
	return 64, true
}

// parseInteger reads a JSON number that is an integer. Its bits are those of
// the sign-extended value.
func parseInteger(s string, bits int, signed bool) (uint64, bool) {
	if strings.Trim(s, "-0123456789") != "" {
		// 1e3 and 2.0 are integers too, as far as a double holds them exactly.
		const exact = 1 << 53
		v, ok := parseDouble(s)
		if !ok || v != math.Trunc(v) || math.Abs(v) > exact {
			return 0, false
		}
		s = strconv.FormatInt(int64(v), 10)
	}
	if signed {
		v, err := strconv.ParseInt(s, 10, bits)
		return uint64(v), err == nil
	}
	v, err := strconv.ParseUint(s, 10, bits)
	return v, err == nil
}

// isNumber reports whether s, which may come from a string, is a JSON number:
// Go's parser takes more than those, such as hex and underscores.
func isNumber(s string) bool {
	v := jsontext.Value(s)
	return v.Kind() == jsontext.KindNumber && v.IsValid() && strings.TrimSpace(s) == s
}

func (t *transcoder) badNumber(f *field, raw jsontext.Value) *fault {
	const shown = 40
	return t.fault(f.name + ": bad number " + strconv.QuoteToASCII(string(raw[:min(len(raw), shown)])))
}
