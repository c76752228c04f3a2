// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package inflate

import "encoding/binary"

const (
	maxMatch = 258
	// copyBytes is what copying a match writes at least, and by which it may
	// write beyond its end.
	copyBytes = 32
	// A round of fast reads at most 16 bytes and writes at most two literals
	// and a match.
	roundIn  = 16
	roundOut = 2 + maxMatch + copyBytes
)

// symbols decompresses the symbols of a block: by rounds while there is room
// for whole ones, then one by one.
func (d *Decoder) symbols(s *stream) bool {
	ended, ok := d.fast(s)
	for !ended && ok {
		ended, ok = d.symbol(s)
	}
	return ok
}

// fast decompresses until the block ends or room for a round does. It is one
// long function because its state must stay in registers: calls would triple
// its time. The low byte of an entry is how many bits it takes, so that it is
// subtracted from count as it is.
func (d *Decoder) fast(s *stream) (ended, ok bool) {
	src, in, dst, out := s.src, s.in, s.dst, s.out
	bits, count := s.bits, uint8(s.count)
	lastIn, lastOut := len(src)-roundIn, len(dst)-roundOut
	ok = true
	for in <= lastIn && out <= lastOut {
		bits, in, count = refill(src, in, bits, count)
		e := d.litlen[bits&(1<<litlenBits-1)]
		if e&isLiteral != 0 {
			dst[out], out = byte(e>>16), out+1
			bits, count = bits>>(e&63), count-uint8(e)
			e = d.litlen[bits&(1<<litlenBits-1)]
			if e&isLiteral != 0 {
				dst[out], out = byte(e>>16), out+1
				bits, count = bits>>(e&63), count-uint8(e)
				e = d.litlen[bits&(1<<litlenBits-1)]
			}
		}
		// At least 34 bits are left, and a length takes 20.
		if e&(isLiteral|isSecond|isEnd) != 0 {
			if e&isSecond != 0 {
				bits >>= litlenBits
				count -= litlenBits
				e = d.second(e, bits)
			}
			if e&isLiteral != 0 {
				dst[out], out = byte(e>>16), out+1
				bits, count = bits>>(e&63), count-uint8(e)
				continue
			}
			if e&isEnd != 0 {
				bits, count = bits>>(e&63), count-uint8(e)
				ended = true
				break
			}
		}
		length := int(e>>16) + extra(e, bits)
		bits, count = bits>>(e&63), count-uint8(e)

		bits, in, count = refill(src, in, bits, count)
		f := d.dist[bits&(1<<distBits-1)]
		if f&distIsSecond != 0 {
			bits >>= distBits
			count -= distBits
			f = d.secondDist(f, bits)
		}
		distance := int(f>>16&distValue) + extra(f, bits)
		bits, count = bits>>(f&63), count-uint8(f)
		if e == 0 || f == 0 || distance > out {
			ok = false
			break
		}
		if distance >= 16 {
			// Two times sixteen bytes hold most matches. None holds what it is
			// about to write.
			to, from := dst[out:], dst[out-distance:]
			*(*[16]byte)(to) = *(*[16]byte)(from)
			*(*[16]byte)(to[16:]) = *(*[16]byte)(from[16:])
			if length > copyBytes {
				copyWords(dst, out, distance, length)
			}
		} else {
			copyBytewise(dst, out, distance, length)
		}
		out += length
	}
	s.in, s.out, s.bits, s.count = in, out, bits, uint(count)
	return ended, ok
}

// refill takes as much of src as bits has room for, at least 56 bits in all.
func refill(src []byte, in int, bits uint64, count uint8) (uint64, int, uint8) {
	bits |= binary.LittleEndian.Uint64(src[in:]) << (count & 63)
	return bits, in + int((63-count)>>3), count | 56
}

// extra returns the extra bits of the code of an entry, which stand behind it.
func extra(e uint32, bits uint64) int { return int(bits & (1<<(e&63) - 1) >> (e >> 8 & 15)) }

// second looks up a code that is longer than the table's index.
func (d *Decoder) second(e uint32, bits uint64) uint32 {
	return d.litlen[e&^isSecond>>16+uint32(bits)&(1<<(e>>8&15)-1)]
}

func (d *Decoder) secondDist(e uint32, bits uint64) uint32 {
	return d.dist[e>>16&distValue+uint32(bits)&(1<<(e>>8&15)-1)]
}

// copyWords repeats what lies distance bytes back, after the first copyBytes of
// it. It may write up to copyBytes too many.
func copyWords(dst []byte, out, distance, length int) {
	for i := out + copyBytes; i < out+length; i += copyBytes {
		to, from := dst[i:], dst[i-distance:]
		*(*[16]byte)(to) = *(*[16]byte)(from)
		*(*[16]byte)(to[16:]) = *(*[16]byte)(from[16:])
	}
}

// copyBytewise repeats what lies fewer bytes back than the match is long.
func copyBytewise(dst []byte, out, distance, length int) {
	from, to := dst[out-distance:out+length-distance], dst[out:out+length]
	for i := range to {
		to[i] = from[i]
	}
}

// symbol decompresses one symbol, where input or room may end in its midst.
func (d *Decoder) symbol(s *stream) (ended, ok bool) {
	s.fill()
	e := d.litlen[s.bits&(1<<litlenBits-1)]
	if e&isSecond != 0 {
		if s.count < litlenBits {
			return false, false
		}
		s.drop(litlenBits)
		e = d.second(e, s.bits)
	}
	n := uint(e & 63)
	switch {
	case e == 0 || n > s.count:
		return false, false
	case e&isEnd != 0:
		s.drop(n)
		return true, true
	case e&isLiteral != 0:
		s.drop(n)
		if s.out == len(s.dst) {
			return false, false
		}
		s.dst[s.out] = byte(e >> 16)
		s.out++
		return false, true
	}
	length := int(e>>16) + extra(e, s.bits)
	s.drop(n)
	return false, d.match(s, length)
}

func (d *Decoder) match(s *stream, length int) bool {
	s.fill()
	e := d.dist[s.bits&(1<<distBits-1)]
	if e&distIsSecond != 0 {
		if s.count < distBits {
			return false
		}
		s.drop(distBits)
		e = d.secondDist(e, s.bits)
	}
	n := uint(e & 63)
	if e == 0 || n > s.count {
		return false
	}
	distance := int(e>>16&distValue) + extra(e, s.bits)
	s.drop(n)
	if distance > s.out || length > len(s.dst)-s.out {
		return false
	}
	copyBytewise(s.dst, s.out, distance, length)
	s.out += length
	return true
}
