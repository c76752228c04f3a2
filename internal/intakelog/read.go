// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"errors"
	"fmt"
)

// Read passes the committed records of s that touch a minute from the given
// one on to visit, in the order of their commits, until visit returns false. A
// record's payload is valid only during the call. Commits go on meanwhile;
// segments that hold such records must not be dropped. Damaged records are
// passed over: Open has named them, or the next one will.
func (l *Log) Read(s Stream, from int64, visit func(Record) bool) error {
	r, err := newReader()
	if err != nil {
		return err
	}
	defer r.zstd.Close()
	r.passed = func(_ Stream, _ Kind, until int64) bool { return until < from }
	for _, seg := range l.streams[s].readable(from) {
		if err := l.readSegment(r, s, seg, from, visit); errors.Is(err, errEnough) {
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// errEnough ends a walk whose visitor has seen enough.
var errEnough = errors.New("enough")

// readable returns copies of the segments that hold records from a minute on.
func (st *stream) readable(from int64) (segments []segment) {
	st.mu.Lock()
	defer st.mu.Unlock()
	for _, seg := range st.sealed {
		if seg.until >= from {
			segments = append(segments, *seg)
		}
	}
	if st.active != nil {
		segments = append(segments, *st.active)
	}
	return segments
}

func (l *Log) readSegment(r *reader, s Stream, seg segment, from int64, visit func(Record) bool) error {
	file, err := l.fs.Open(seg.name)
	if err != nil {
		return fmt.Errorf("open %s: %w", seg.name, err)
	}
	defer file.Close()
	_, err = r.walk(s, &seg, committed{file, seg.size}, func(rec Record) error {
		if rec.Until >= from && !visit(rec) {
			return errEnough
		}
		return nil
	})
	return err
}

// committed is a segment's file without what is being written behind its good
// end.
type committed struct {
	File
	size int64
}

func (c committed) Size() (int64, error) { return c.size, nil }
