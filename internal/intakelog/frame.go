// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"encoding/binary"

	"github.com/zeebo/xxh3"
)

// A frame is a header of frameBytes and the payload as it is stored. See
// docs/format/intake-log.md for the picture.
//
// The checksum is xxh3 with 64 bits and a seed. crc32c is as fast and finds
// every small error for certain, but it has 32 bits and is linear: 64 MiB of
// chosen bytes hold two million headers, so one in two thousand damaged
// regions could be made to yield a record. Here it takes a guess of 64 bits
// that never leave the disk.
const (
	frameBytes = 40
	frameMagic = "\xa7LR\x5c"

	kindSeal Kind = 0

	flagZstd = 1 << 0
	// flagFirst marks the first record of a commit: whatever stands before it
	// was synced before it was written.
	flagFirst  = 1 << 1
	knownFlags = flagZstd | flagFirst
)

// frame is a record's header.
type frame struct {
	kind   Kind
	flags  uint8
	length uint32 // of the payload as stored
	raw    uint32 // of the payload as committed
	until  int64
	sum    uint64 // of the payload as stored
}

// seed ties a checksum to the segment and to the place in it.
func seed(salt uint64, offset int64) uint64 { return salt + uint64(offset) }

// appendFrame appends a frame that will stand at offset.
func appendFrame(b []byte, salt uint64, offset int64, f frame, stored []byte) []byte {
	start := len(b)
	b = append(b, frameMagic...)
	b = append(b, byte(f.kind), f.flags, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(stored)))
	b = binary.LittleEndian.AppendUint32(b, f.raw)
	b = binary.LittleEndian.AppendUint64(b, uint64(f.until))
	b = binary.LittleEndian.AppendUint64(b, xxh3.HashSeed(stored, seed(salt, offset)))
	b = binary.LittleEndian.AppendUint64(b, xxh3.HashSeed(b[start:], seed(salt, offset)))
	return append(b, stored...)
}

// parseFrame reads the header at the start of b, which stands at offset.
func parseFrame(b []byte, salt uint64, offset int64) (frame, bool) {
	if len(b) < frameBytes || string(b[:4]) != frameMagic {
		return frame{}, false
	}
	sum := binary.LittleEndian.Uint64(b[32:])
	if xxh3.HashSeed(b[:32], seed(salt, offset)) != sum {
		return frame{}, false
	}
	return frame{
		kind:   Kind(b[4]),
		flags:  b[5],
		length: binary.LittleEndian.Uint32(b[8:]),
		raw:    binary.LittleEndian.Uint32(b[12:]),
		until:  int64(binary.LittleEndian.Uint64(b[16:])),
		sum:    binary.LittleEndian.Uint64(b[24:]),
	}, true
}
