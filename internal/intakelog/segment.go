// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"encoding/binary"
	"fmt"
	"math"
	"path"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/errs"
)

const (
	formatVersion = 1

	segmentMagic  = "LEADLOG\n"
	segmentBytes  = 40 // of the header
	segmentSuffix = ".seg"
)

// segment is what the log knows of one file.
type segment struct {
	name string // from the data directory on
	seq  uint64
	salt uint64
	size int64 // up to here it is good and synced
	// until is the newest minute of its records.
	until int64
}

func newSegment(dir string, seq, salt uint64) *segment {
	return &segment{
		name:  path.Join(dir, fmt.Sprintf("%016d-%016x%s", seq, salt, segmentSuffix)),
		seq:   seq,
		salt:  salt,
		until: math.MinInt64,
	}
}

// parseSegmentName is the reverse of newSegment, and accepts nothing else.
func parseSegmentName(dir, name string) (*segment, bool) {
	var seq, salt uint64
	if _, err := fmt.Sscanf(name, "%16d-%16x"+segmentSuffix, &seq, &salt); err != nil {
		return nil, false
	}
	seg := newSegment(dir, seq, salt)
	return seg, seg.name == path.Join(dir, name)
}

func appendSegmentHeader(b []byte, s Stream, seg *segment) []byte {
	b = append(b, segmentMagic...)
	b = binary.LittleEndian.AppendUint16(b, formatVersion)
	b = append(b, byte(s), 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, seg.seq)
	b = binary.LittleEndian.AppendUint64(b, seg.salt)
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

// checkSegmentHeader returns whether b is the header of seg, and an error when
// it is a good header that this version must not touch. The name is what the
// reader goes by: it survives when the first sector does not.
func checkSegmentHeader(b []byte, s Stream, seg *segment) (bool, error) {
	if len(b) < segmentBytes || string(b[:8]) != segmentMagic {
		return false, nil
	}
	if xxh3.Hash(b[:32]) != binary.LittleEndian.Uint64(b[32:]) {
		return false, nil
	}
	if v := binary.LittleEndian.Uint16(b[8:]); v != formatVersion {
		return false, errs.New(errs.Unsupported, "%s: format version %d, this program reads version %d", seg.name, v, formatVersion).
			WithHint("A newer leadline wrote this data directory: start that version again, or restore a backup made before the upgrade.")
	}
	return string(b[:segmentBytes]) == string(appendSegmentHeader(nil, s, seg)), nil
}
