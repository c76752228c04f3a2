// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package inflate

import "math/bits"

// The alphabets of DEFLATE (RFC 1951) and the sizes of their tables: what the
// worst complete code needs, with something to spare. A code that needs more
// is incomplete in a way that no compressor writes, and is refused.
const (
	maxLitlen = 288
	maxDist   = 32
	maxCode   = 15 // bits

	litlenBits    = 11
	distBits      = 8
	litlenEntries = 1<<litlenBits + 512
	distEntries   = 1<<distBits + 256

	endOfBlock = 256
)

// Flags of entries. Those of the literals and lengths leave twelve bits for
// the value, those of the distances fifteen.
const (
	isLiteral = 1 << 31
	isSecond  = 1 << 30 // the value is where the second table begins
	isEnd     = 1 << 29
	special   = isSecond | isEnd

	distIsSecond = 1 << 31
	distValue    = 1<<15 - 1
)

// entry returns the table entry of a symbol without its code's length.
type entry func(symbol int) (value uint32, extra int)

// A length symbol stands for a range of lengths; extra bits choose in it.
func litlenEntry(symbol int) (value uint32, extra int) {
	switch {
	case symbol < endOfBlock:
		return isLiteral | uint32(symbol)<<16, 0
	case symbol == endOfBlock:
		return isEnd, 0
	case symbol == 285:
		return 258 << 16, 0
	case symbol > 285:
		return 0, 0 // of no meaning
	}
	n := symbol - 257
	if n < 8 {
		return uint32(3+n) << 16, 0
	}
	extra = n/4 - 1
	return uint32(3+(4+n%4)<<extra) << 16, extra
}

func distEntry(symbol int) (value uint32, extra int) {
	switch {
	case symbol < 4:
		return uint32(1+symbol) << 16, 0
	case symbol >= 30:
		return 0, 0 // of no meaning
	}
	extra = symbol/2 - 1
	return uint32(1+(2+symbol%2)<<extra) << 16, extra
}

// build fills a table that is indexed by width bits from the lengths of the
// codes of all symbols. False means that no such code exists, or that the
// table has no room for it.
func build(table []uint32, width int, lengths []uint8, of entry, second uint32) bool {
	codes, ok := firstCodes(lengths)
	if !ok {
		return false
	}
	first := table[:1<<width]
	clear(first)
	next := len(first)
	var deepest [1 << litlenBits]uint8
	longest(&deepest, lengths, codes, width)
	for symbol, length := range lengths {
		n := int(length)
		if n == 0 {
			continue
		}
		code := reverse(codes[n], n)
		codes[n]++
		value, extra := of(symbol)
		if value == 0 {
			continue
		}
		if n <= width {
			fill(first, code, n, value|uint32(n)<<8|uint32(n+extra))
			continue
		}
		prefix := code & (1<<width - 1)
		depth := int(deepest[prefix]) - width
		if first[prefix] == 0 {
			if next+1<<depth > len(table) {
				return false
			}
			clear(table[next : next+1<<depth])
			first[prefix] = second | uint32(next)<<16 | uint32(depth)<<8 | uint32(width)
			next += 1 << depth
		}
		at := int(first[prefix]&^second) >> 16
		n -= width
		fill(table[at:at+1<<depth], code>>width, n, value|uint32(n)<<8|uint32(n+extra))
	}
	return true
}

// firstCodes returns the first code of each length; false when there are more
// codes than fit.
func firstCodes(lengths []uint8) (codes [maxCode + 1]uint32, ok bool) {
	var count [maxCode + 1]uint32
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	code := uint32(0)
	for n := 1; n <= maxCode; n++ {
		code = (code + count[n-1]) << 1
		codes[n] = code
		if code+count[n] > 1<<n {
			return codes, false
		}
	}
	return codes, true
}

// longest finds, for every index that codes longer than it share, the length
// of the longest.
func longest(deepest *[1 << litlenBits]uint8, lengths []uint8, codes [maxCode + 1]uint32, width int) {
	for _, n := range lengths {
		if int(n) > width {
			prefix := reverse(codes[n], int(n)) & (1<<width - 1)
			deepest[prefix] = max(deepest[prefix], n)
		}
		codes[n]++
	}
}

// reverse returns the n bits of a code as they come: the first one lowest.
func reverse(code uint32, n int) uint32 { return bits.Reverse32(code) >> (32 - n) }

// fill sets every entry whose lowest n bits are the code.
func fill(table []uint32, code uint32, n int, e uint32) {
	for i := int(code); i < len(table); i += 1 << n {
		table[i] = e
	}
}

// fixed sets the tables of blocks that bring none.
func (d *Decoder) fixed() bool {
	l := d.lengths[:maxLitlen+maxDist]
	for i := range l {
		switch {
		case i < 144:
			l[i] = 8
		case i < 256:
			l[i] = 9
		case i < 280:
			l[i] = 7
		case i < maxLitlen:
			l[i] = 8
		default:
			l[i] = 5
		}
	}
	return d.tables(maxLitlen, maxDist)
}

// tables builds both tables from d.lengths.
func (d *Decoder) tables(litlens, dists int) bool {
	return build(d.litlen[:], litlenBits, d.lengths[:litlens], litlenEntry, isSecond) &&
		build(d.dist[:], distBits, d.lengths[litlens:litlens+dists], distEntry, distIsSecond)
}

// order is in which order a block gives the lengths of the codes of lengths.
var order = [19]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// dynamic reads the tables at the start of a block.
func (d *Decoder) dynamic(s *stream) bool {
	head, ok := s.take(14)
	if !ok {
		return false
	}
	litlens, dists, codes := 257+int(head&31), 1+int(head>>5&31), 4+int(head>>10)
	if litlens > 286 || dists > 30 {
		return false
	}
	var lengths [19]uint8
	for _, symbol := range order[:codes] {
		n, ok := s.take(3)
		if !ok {
			return false
		}
		lengths[symbol] = uint8(n)
	}
	const width = 7 // no code of a length is longer
	var table [1 << width]uint32
	plain := func(symbol int) (uint32, int) { return uint32(symbol+1) << 16, 0 }
	return build(table[:], width, lengths[:], plain, 0) &&
		s.lengths(d.lengths[:litlens+dists], &table) && d.tables(litlens, dists)
}

// lengths reads the lengths of codes, which are compressed themselves.
func (s *stream) lengths(l []uint8, table *[128]uint32) bool {
	for i := 0; i < len(l); {
		s.fill()
		e := table[s.bits&127]
		if e == 0 || uint(e&63) > s.count {
			return false
		}
		s.drop(uint(e & 63))
		symbol := uint8(e>>16 - 1)
		if symbol < 16 {
			l[i] = symbol
			i++
			continue
		}
		value, n, ok := s.repeat(symbol, l[:i])
		if !ok || n > len(l)-i {
			return false
		}
		for ; n > 0; n-- {
			l[i] = value
			i++
		}
	}
	return true
}

// repeat reads how often which length repeats.
func (s *stream) repeat(symbol uint8, before []uint8) (value uint8, n int, ok bool) {
	extra, least := uint(2), 3
	switch symbol {
	case 16:
		if len(before) == 0 {
			return 0, 0, false
		}
		value = before[len(before)-1]
	case 17:
		extra = 3
	case 18:
		extra, least = 7, 11
	}
	more, ok := s.take(extra)
	return value, least + int(more), ok
}
