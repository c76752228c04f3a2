// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package wire

// walker checks a message and everything below it against the tables, without
// keeping any of it. It counts the items that it meets.
type walker struct {
	limits *Limits
	items  int64
}

// walk checks the message in b, in which left levels of AnyValue may be nested.
// Only AnyValue nests in itself, so left bounds the recursion: a level beyond
// it is refused before its first byte is looked at.
func (w *walker) walk(id messageID, b []byte, left int) *fault {
	m := &messages[id]
	if id == msgAnyValue {
		if left--; left < 0 {
			return tooDeep(w.limits.Depth, 0)
		}
	}
	if m.item {
		w.items++
	}
	var attributes int
	var member uint64 // the member of the oneof that is set
	var items int64   // counted in it
	for i := 0; i < len(b); {
		tag, v, end := next(b, i)
		if end < 0 {
			return malformed(b, i)
		}
		i = end
		number := tag >> 3
		if tag&7 != wireBytes || number >= uint64(len(m.fields)) {
			continue
		}
		f := &m.fields[number]
		if f.of == msgKeyValue && id != msgKeyValueList {
			if attributes++; attributes > w.limits.Attributes {
				return tooManyAttributes(w.limits.Attributes, end-int(v))
			}
		}
		before := w.items
		if fault := w.payload(f, b[end-int(v):end], left); fault != nil {
			return fault.within(end - int(v))
		}
		if !f.oneof {
			continue
		}
		// The last member of a oneof wins, and what an earlier one held is gone.
		added := w.items - before
		if number != member {
			w.items -= items
			member, items = number, 0
		}
		items += added
	}
	return nil
}

// payload checks the value of a length-delimited field: a message, or numbers
// that are packed.
func (w *walker) payload(f *field, b []byte, left int) *fault {
	if f.kind == nested {
		return w.walk(f.of, b, left)
	}
	if !f.many {
		return nil
	}
	switch f.kind.wireType() {
	case wireFixed64:
		if len(b)%8 != 0 {
			return &fault{"truncated packed numbers", 0}
		}
	case wireVarint:
		for i := 0; i < len(b); {
			_, end := uvarint(b, i)
			if end < 0 {
				return varintFault(b, i)
			}
			i = end
		}
	}
	return nil
}
