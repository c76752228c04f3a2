// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"syscall"
)

// restore replays the stream's segments and leaves it ready to be committed
// to. Damage is returned in the order of the segments.
func (st *stream) restore(r *reader, visit func(Record) error) ([]Damage, error) {
	segments, damage, err := st.list()
	if err != nil {
		return nil, err
	}
	var headless []*segment
	for i, seg := range segments {
		st.seq = max(st.seq, seg.seq)
		found, err := st.restoreSegment(r, seg, i == len(segments)-1, visit)
		if err != nil {
			return nil, err
		}
		damage = append(damage, found.lost...)
		if found.headless {
			headless = append(headless, seg)
		}
	}
	st.keepHeadless(headless)
	// A name that another process created but did not sync.
	if err := st.log.fs.SyncDir(st.dir); err != nil {
		return nil, fmt.Errorf("sync directory %s: %w", st.dir, err)
	}
	return damage, nil
}

// list returns the stream's segments, oldest first.
func (st *stream) list() (segments []*segment, damage []Damage, err error) {
	names, err := st.log.fs.List(st.dir)
	if err != nil {
		return nil, nil, fmt.Errorf("list %s: %w", st.dir, err)
	}
	slices.Sort(names)
	for _, name := range names {
		if !strings.HasSuffix(name, segmentSuffix) {
			continue
		}
		seg, ok := parseSegmentName(st.dir, name)
		if !ok {
			damage = append(damage, Damage{Stream: st.id, Segment: path.Join(st.dir, name), Reason: "the file's name is not a segment's, so it was not read"})
			continue
		}
		segments = append(segments, seg)
	}
	return segments, damage, nil
}

func (st *stream) restoreSegment(r *reader, seg *segment, newest bool, visit func(Record) error) (scan, error) {
	file, err := st.log.fs.Open(seg.name)
	if err != nil {
		return scan{}, fmt.Errorf("open %s: %w", seg.name, err)
	}
	found, err := r.walk(st.id, seg, file, visit)
	if err != nil {
		return scan{}, errors.Join(err, file.Close())
	}
	seg.until, seg.size = found.until, r.size
	if newest && !found.header && r.size <= segmentBytes {
		// The crash came before the first commit; nothing was in it.
		return st.discard(seg, file, found)
	}
	if newest {
		err = st.settle(r, seg, file, &found)
	} else if !found.sealed {
		found.lost = append(found.lost, Damage{Stream: st.id, Segment: seg.name, Offset: r.size, Reason: "the segment does not say that it ends here, so records may be missing"})
	}
	if err != nil {
		return scan{}, errors.Join(err, file.Close())
	}
	st.segments.Add(1)
	st.bytes.Add(seg.size)
	if newest && found.resumable() {
		st.active, st.file = seg, file
		return found, nil
	}
	st.sealed = append(st.sealed, seg)
	if err := file.Close(); err != nil {
		return scan{}, fmt.Errorf("close %s: %w", seg.name, err)
	}
	return found, nil
}

// resumable says whether the newest segment can be appended to. Without its
// header and without a record it is not ours to cut: the header was synced
// before any record, so this is no crash.
func (found *scan) resumable() bool {
	return !found.sealed && (found.header || found.end > segmentBytes)
}

// settle makes durable what was replayed of the newest segment, after cutting
// off the tail that a crash tore.
func (st *stream) settle(r *reader, seg *segment, file File, found *scan) error {
	if found.resumable() {
		if err := cutTorn(r, seg, file, found); err != nil {
			return err
		}
	}
	if err := rewrite(r, file, found.commit, seg.size); err != nil {
		return fmt.Errorf("rewrite the last commit of %s: %w", seg.name, err)
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("sync %s: %w", seg.name, err)
	}
	return nil
}

// cutTorn cuts off what follows the last valid frame, if it belongs to the
// last commit and looks like a write that did not finish. What stands before
// that commit was acknowledged, and so, perhaps, was a commit that has its
// whole length and not its checksum: that is damage, and stays.
func cutTorn(r *reader, seg *segment, file File, found *scan) error {
	tail := max(found.end, found.commit)
	first := slices.IndexFunc(found.lost, func(d Damage) bool { return d.Offset >= tail })
	if tail >= seg.size || first < 0 {
		return nil
	}
	lost := found.lost[first]
	lost.Length = seg.size - tail
	found.lost = append(found.lost[:first], lost)
	unfinished, err := found.unfinished(r, tail, seg.size)
	if err != nil || !unfinished {
		return err
	}
	found.lost[first].Torn = true
	if err := file.Truncate(tail); err != nil {
		return fmt.Errorf("cut %s back to %d: %w", seg.name, tail, err)
	}
	seg.size = tail
	return nil
}

// unwritten is how many zeros at the end of a file say that it grew and was
// not written: no record ends with so many.
const unwritten = 8

// unfinished says whether the bytes in [tail, size) are a write that stopped
// on its way: they end inside a record, or with what was never written. A
// machine that loses its power may write the end and not the beginning; nobody
// can tell that from a disk that forgot, so it is damage.
func (found *scan) unfinished(r *reader, tail, size int64) (bool, error) {
	if found.short || size-tail < frameBytes {
		return true, nil
	}
	b, err := r.bytes(size-unwritten, unwritten)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(b, func(x byte) bool { return x != 0 }), nil
}

// rewrite writes the bytes in [from, to) again as they are. After a failed
// sync the last process stopped, but the kernel may hold its last commit in
// pages that count as clean, which no sync writes. Now they are dirty. A file
// system that copies on write may have no room for it; a full disk must not
// keep us from starting.
func rewrite(r *reader, file File, from, to int64) error {
	for from < to {
		b, err := r.bytes(from, int(min(windowBytes, to-from)))
		if err != nil {
			return err
		}
		_, err = file.WriteAt(b, from)
		if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
			return nil
		}
		if err != nil {
			return err
		}
		from += int64(len(b))
	}
	return nil
}

// discard removes a segment whose creation a crash interrupted.
func (st *stream) discard(seg *segment, file File, found scan) (scan, error) {
	if err := errors.Join(file.Close(), st.log.fs.Remove(seg.name)); err != nil {
		return scan{}, fmt.Errorf("remove %s: %w", seg.name, err)
	}
	found.lost = []Damage{{Stream: st.id, Segment: seg.name, Length: seg.size, Reason: "the segment's header was not complete", Torn: true}}
	return found, nil
}

// keepHeadless makes segments that lost a frame's header, and with it perhaps
// their newest minute, live as long as the newest record of the stream, so
// that there is time to look at them.
func (st *stream) keepHeadless(headless []*segment) {
	all := st.sealed
	if st.active != nil {
		all = append(slices.Clip(all), st.active)
	}
	for _, seg := range headless {
		for _, other := range all {
			seg.until = max(seg.until, other.until)
		}
	}
}
