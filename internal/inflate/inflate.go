// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package inflate decompresses gzip bodies that lie in memory as a whole.
//
// It is a shortcut and no more: it takes what nearly every exporter sends, one
// gzip member with a plain header whose size is known, and says of anything
// else, broken streams too, that it cannot. The caller then asks a decoder
// that reads streams, which knows every case and every error. The shortcut
// cannot be wrong unnoticed: the bytes it returns have the length and the
// CRC-32 that the member names.
//
// Why it is worth its lines: a decoder of streams keeps a window, copies out
// of it, and asks for its input byte by byte. With all of the input and room
// for all of the output, the output is the window, 56 bits of input are taken
// at once, and matches are copied by words. That more than halves the time,
// which is most of what a compressed request costs.
//
// # Tables
//
// A Huffman table is indexed by the next bits of the input. An entry holds the
// value (from bit 16), the length of the code (from bit 8), and the length of
// code and extra bits together (from bit 0). Codes that are longer than the
// index lead to a second table behind the first. The zero entry belongs to no
// code.
package inflate

import (
	"encoding/binary"
	"hash/crc32"
)

// The frame of a gzip member (RFC 1952): a header without optional fields, and
// CRC-32 and size after the data.
const (
	headerBytes  = 10
	trailerBytes = 8
)

// Decoder holds the tables of one decompression after the other. The zero
// Decoder is ready; it is not safe for concurrent use.
type Decoder struct {
	litlen  [litlenEntries]uint32
	dist    [distEntries]uint32
	lengths [maxLitlen + maxDist]uint8
}

// Gunzip decompresses src into dst and returns the bytes written. False means
// that src is not of the one form that it takes, is broken, or does not fit;
// dst holds anything then.
func (d *Decoder) Gunzip(dst, src []byte) ([]byte, bool) {
	if len(src) < headerBytes+trailerBytes || src[0] != 0x1f || src[1] != 0x8b || src[2] != 8 || src[3] != 0 {
		return nil, false
	}
	end := len(src) - trailerBytes
	s := stream{src: src[headerBytes:end], dst: dst}
	for last := false; !last; {
		var ok bool
		if last, ok = d.block(&s); !ok {
			return nil, false
		}
	}
	out := dst[:s.out]
	if s.left() != 0 || binary.LittleEndian.Uint32(src[end+4:]) != uint32(len(out)) {
		return nil, false
	}
	return out, binary.LittleEndian.Uint32(src[end:]) == crc32.ChecksumIEEE(out)
}

// stream is where a decompression stands. Bits that were taken from src but
// not used are in bits, the next one lowest; more than count may be there.
type stream struct {
	src   []byte
	in    int
	bits  uint64
	count uint
	dst   []byte
	out   int
}

// fill takes input until 56 bits are there or none is left.
func (s *stream) fill() {
	for s.count < 56 && s.in < len(s.src) {
		s.bits |= uint64(s.src[s.in]) << s.count
		s.in++
		s.count += 8
	}
}

// take uses n bits, at most 16; false when the input has no more.
func (s *stream) take(n uint) (uint, bool) {
	s.fill()
	if n > s.count {
		return 0, false
	}
	v := uint(s.bits) & (1<<n - 1)
	s.drop(n)
	return v, true
}

func (s *stream) drop(n uint) {
	s.bits >>= n
	s.count -= n
}

// left returns how many whole bytes of input were not used.
func (s *stream) left() int { return len(s.src) - s.in + int(s.count>>3) }

// block decompresses one block and reports whether it was the last.
func (d *Decoder) block(s *stream) (last, ok bool) {
	head, ok := s.take(3)
	if !ok {
		return false, false
	}
	switch head >> 1 {
	case 0:
		ok = s.stored()
	case 1:
		ok = d.fixed() && d.symbols(s)
	case 2:
		ok = d.dynamic(s) && d.symbols(s)
	default:
		ok = false
	}
	return head&1 != 0, ok
}

// stored copies a block that is not compressed. It begins at a whole byte.
func (s *stream) stored() bool {
	s.drop(s.count & 7)
	s.in -= int(s.count >> 3)
	s.bits, s.count = 0, 0
	if len(s.src)-s.in < 4 {
		return false
	}
	size, check := binary.LittleEndian.Uint16(s.src[s.in:]), binary.LittleEndian.Uint16(s.src[s.in+2:])
	s.in += 4
	if size != ^check || int(size) > len(s.src)-s.in || int(size) > len(s.dst)-s.out {
		return false
	}
	s.out += copy(s.dst[s.out:], s.src[s.in:s.in+int(size)])
	s.in += int(size)
	return true
}
