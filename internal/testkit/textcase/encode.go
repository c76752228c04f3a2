// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package textcase

import (
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Each of these appends one field to a protobuf message.

func message(b []byte, n protowire.Number, sub []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, n, protowire.BytesType), sub)
}

func text(b []byte, n protowire.Number, s string) []byte {
	return protowire.AppendString(protowire.AppendTag(b, n, protowire.BytesType), s)
}

func varint(b []byte, n protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, n, protowire.VarintType), v)
}

// doubleValue is an AnyValue.
func doubleValue(f float64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(nil, 4, protowire.Fixed64Type), math.Float64bits(f))
}
