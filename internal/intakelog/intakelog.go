// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package intakelog keeps records until they have been projected elsewhere: a
// record that Commit returned nil for is there after a crash of the process
// or the machine, once, in order, byte for byte.
//
// It owns the files, the framing, the checksums, the commit, the replay, the
// account of damage and the deletion. It does not know what a payload means,
// and it has no queue: one committer per stream gathers groups and calls
// Commit. Everything else that Leadline stores can be rebuilt from here.
//
// Two streams live side by side, Intake and Minutes, each a directory of
// segments. A segment is written by appending only. It is either active (the
// newest, perhaps), or sealed: its last frame says that it ends there. The
// invariants, each with the failure that it answers:
//
//   - Acknowledged means synced. Open syncs what it read, too: after a kill
//     the page cache may hold records that no disk has, and a duplicate of
//     one of them must not be acknowledged on that basis.
//   - After a failed sync nothing is acknowledged any more in this process.
//     The kernel may have marked the pages clean, so another sync would
//     succeed without having written them.
//   - A refused commit leaves nothing behind: the file is cut back to its last
//     good end and the cut is synced, since the caller will commit the same
//     events again, perhaps into another segment. When the cut cannot be made
//     the log stops, as after a failed sync.
//   - A segment is sealed and synced before the next is created, so only the
//     newest segment can end in a torn write. Everywhere else a missing byte
//     is damage, and is said.
//   - Each segment has a random salt, which stands in its name as well as in
//     its header. Every checksum is seeded with salt and offset: a destroyed
//     segment header loses nothing, and bytes that a user chose, or a block
//     that the disk wrote to another place, are never taken for a record.
//   - A length is not believed before the checksum over its header is right.
//
// The bytes are described in docs/format/intake-log.md.
package intakelog

import (
	"fmt"
	"path"

	"github.com/leadline/leadline/internal/errs"
)

// Stream is one of the two families of segments.
type Stream uint8

const (
	// Intake holds counts, event ids, facts and baselines until the slices
	// that they touch have closed.
	Intake Stream = iota
	// Minutes holds closed minutes and snapshots until every projection has
	// passed them. Its payloads are compressed where that pays.
	Minutes
)

var streamNames = [...]string{"intake", "minutes"}

// String returns the stream's name, which is also its directory's.
func (s Stream) String() string { return streamNames[s] }

// Kind says what a payload is. The log passes kinds through; the constants
// stand here so that two packages do not choose the same number.
type Kind uint8

// The kinds of record. Zero is the log's own: it marks a segment's end.
const (
	Batch      Kind = 1 // counts and event ids of one group of requests
	Minute     Kind = 2 // one closed minute
	Snapshot   Kind = 3 // window sums, hourly
	Facts      Kind = 4 // what indicators remember that join several events
	Baselines  Kind = 5 // streams' cumulative values
	Definition Kind = 6 // what an id that other records use stands for
)

// Record is one payload of the log.
type Record struct {
	Kind Kind
	// Until is the newest minute that the record touches. Drop deletes a
	// segment once no record in it touches a later one.
	Until   int64
	Payload []byte
}

// MaxRecordBytes bounds a record's payload.
const MaxRecordBytes = 64 << 20

// Damage is a range of bytes that was lost, or was never completed.
type Damage struct {
	Stream  Stream
	Segment string // the file, from the data directory on
	Offset  int64
	Length  int64
	Reason  string
	// Torn says that the range is the unfinished write of a process or
	// machine that stopped: nothing valid follows it, it lacks its end, and
	// nobody was told that it is kept. It has been cut off, and is no reason to
	// worry.
	Torn bool
}

// Error says in a sentence what was lost and where.
func (d Damage) Error() string {
	if d.Torn {
		return fmt.Sprintf("%s: an unfinished write of %d bytes at offset %d was cut off: %s", d.Segment, d.Length, d.Offset, d.Reason)
	}
	return fmt.Sprintf("%s: %d bytes at offset %d are damaged: %s", d.Segment, d.Length, d.Offset, d.Reason)
}

// Config says where the log lives and how much room it takes.
type Config struct {
	// Dir is the log's directory, one name inside the file system that Open
	// is given (which is the data directory). The default is "log".
	Dir string
	// SegmentBytes is the size from which a segment is followed by another;
	// the default is 64 MiB. A commit is never split, so the last one may
	// stand beyond it.
	SegmentBytes int64
	// ReserveBytes is the space that Commit leaves free, so that alerts can
	// still be stored and sent when intake has to stop. The default is
	// 64 MiB.
	ReserveBytes int64
	// Passed, unless it is nil, says of a record by its stream, kind and Until
	// that replay does not need its payload. It is checked for damage all the
	// same, but not decompressed: two days of minutes unpack to gigabytes.
	Passed func(s Stream, k Kind, until int64) bool
}

const (
	defaultDir          = "log"
	defaultSegmentBytes = 64 << 20
	defaultReserveBytes = 64 << 20
)

func (c Config) withDefaults() Config {
	if c.Dir == "" {
		c.Dir = defaultDir
	}
	if c.SegmentBytes == 0 {
		c.SegmentBytes = defaultSegmentBytes
	}
	if c.ReserveBytes == 0 {
		c.ReserveBytes = defaultReserveBytes
	}
	return c
}

// Validate reports the first setting that cannot work.
func (c Config) Validate() error {
	if c.Dir != "" && (c.Dir != path.Base(c.Dir) || c.Dir == "." || c.Dir == ".." || c.Dir == "/") {
		return errs.New(errs.Invalid, "log directory %q: not a single name inside the data directory", c.Dir)
	}
	if c.SegmentBytes < 0 || c.ReserveBytes < 0 {
		return errs.New(errs.Invalid, "log sizes %d and %d: must not be negative", c.SegmentBytes, c.ReserveBytes)
	}
	return nil
}

// Stats is what the log holds now.
type Stats struct {
	Intake, Minutes StreamStats
}

// StreamStats is what one stream holds, and what was asked of it since Open.
type StreamStats struct {
	Segments int64
	Bytes    int64
	Commits  int64 // acknowledged
	Refused  int64 // answered with an error
}
