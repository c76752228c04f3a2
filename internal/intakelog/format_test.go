// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/intakelog"
)

// The encoders here are written from docs/format/intake-log.md, not from the
// package: they keep the two in step.

func segmentHeader(stream byte, seq, salt uint64, version uint16) []byte {
	b := []byte("LEADLOG\n")
	b = binary.LittleEndian.AppendUint16(b, version)
	b = append(b, stream, 0, 0, 0, 0, 0)
	b = binary.LittleEndian.AppendUint64(b, seq)
	b = binary.LittleEndian.AppendUint64(b, salt)
	return binary.LittleEndian.AppendUint64(b, xxh3.Hash(b))
}

func frame(salt uint64, offset int, kind, flags byte, raw uint32, until int64, stored []byte) []byte {
	b := []byte{0xa7, 'L', 'R', 0x5c, kind, flags, 0, 0}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(stored)))
	b = binary.LittleEndian.AppendUint32(b, raw)
	b = binary.LittleEndian.AppendUint64(b, uint64(until))
	b = binary.LittleEndian.AppendUint64(b, xxh3.HashSeed(stored, salt+uint64(offset)))
	b = binary.LittleEndian.AppendUint64(b, xxh3.HashSeed(b, salt+uint64(offset)))
	return append(b, stored...)
}

func TestTheBytesAreAsDocumented(t *testing.T) {
	disk := crashfs.New()
	l, _, _ := open(t, disk, small)
	commit(t, l, intakelog.Intake, record(29393281, "first"), intakelog.Record{Kind: intakelog.Facts, Until: -1})
	closeLog(t, l)
	name := segments(disk, intakelog.Intake)[0]
	var seq, salt uint64
	if _, err := fmt.Sscanf(name, "log/intake/%16d-%16x.seg", &seq, &salt); err != nil {
		t.Fatal(err)
	}
	want := segmentHeader(0, 1, salt, 1)
	want = append(want, frame(salt, len(want), 1, 2, 5, 29393281, []byte("first"))...)
	want = append(want, frame(salt, len(want), 4, 0, 0, -1, nil)...)
	want = append(want, frame(salt, len(want), 0, 2, 0, -1<<63, nil)...)
	got, err := disk.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segment (-documented +written):\n%s", diff)
	}
}

// FuzzSegment lets a segment hold anything, raw and behind right checksums.
func FuzzSegment(f *testing.F) {
	f.Add([]byte{}, byte(1), byte(0), uint32(0), int64(0), []byte("payload"))
	f.Add(segmentHeader(0, 1, 0xaa, 1), byte(2), byte(3), uint32(4), int64(9), []byte("\x28\xb5\x2f\xfd\x04\x00\x21\x00\x00abcd\xf0"))
	f.Add([]byte("\xa7LR\x5c\xa7LR\x5c"), byte(0), byte(2), uint32(1<<31), int64(-1), []byte("\xa7LR\x5c"))
	f.Fuzz(func(t *testing.T, head []byte, kind, flags byte, raw uint32, until int64, stored []byte) {
		const name, salt = "log/intake/0000000000000001-00000000000000aa.seg", 0xaa
		b := append(segmentHeader(0, 1, salt, 1), head...)
		if len(head) > 40 {
			b = bytes.Clone(head) // what lies behind head is the fuzzer's
		}
		b = append(b, frame(salt, len(b), kind, flags, raw, until, stored)...)
		disk := crashfs.New()
		if err := disk.WriteFile(name, b); err != nil {
			t.Fatal(err)
		}
		l, got, damage, err := tryOpen(disk, small)
		if err != nil {
			if flags&^3 == 0 {
				t.Fatalf("open: %v", err)
			}
			return
		}
		plain := kind != 0 && flags&1 == 0
		if plain && (len(got) != 1 || got[0].Payload != string(stored) || got[0].Until != until) {
			t.Fatalf("the record is not replayed: %v, damage %v", got, damage)
		}
		if !plain && len(got) > 0 && len(got[0].Payload) != int(raw) {
			t.Fatalf("a payload of %d bytes, %d were promised", len(got[0].Payload), raw)
		}
		commit(t, l, intakelog.Intake, record(1, "later"))
		_, again, _ := open(t, disk.Crash(1), small)
		if want := append(payloads(got, intakelog.Intake), "later"); !cmp.Equal(want, payloads(again, intakelog.Intake)) {
			t.Fatalf("after a commit: %q, want %q", payloads(again, intakelog.Intake), want)
		}
	})
}

var update = flag.Bool("update-fixture", false, "write testdata/v1 again; only before format 1 was released")

// TestVersion1 reads a data directory that the first release wrote.
func TestVersion1(t *testing.T) {
	if *update {
		writeFixture(t)
	}
	disk := crashfs.New()
	err := filepath.WalkDir("testdata/v1", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return disk.WriteFile(strings.TrimPrefix(filepath.ToSlash(name), "testdata/v1/"), b)
	})
	if err != nil {
		t.Fatal(err)
	}
	_, got, damage := open(t, disk, small)
	wantNoDamage(t, damage)
	if diff := cmp.Diff(fixture(), got); diff != "" {
		t.Errorf("replayed (-want +got):\n%s", diff)
	}
	c, damage, err := intakelog.OpenCursors(disk, "cursors")
	if err != nil {
		t.Fatal(err)
	}
	wantNoDamage(t, damage)
	if v, ok := c.LoadCursor("tsdb"); v != 29393284 || !ok {
		t.Errorf("cursor %d, %v", v, ok)
	}
}

// fixture is what testdata/v1 holds, in the order of replay.
func fixture() []stored {
	return []stored{
		{intakelog.Minutes, intakelog.Minute, 29393280, strings.Repeat("indicator a good 10 bad 0 excluded 1\n", 40)},
		{intakelog.Minutes, intakelog.Snapshot, 29393280, "short"},
		{intakelog.Intake, intakelog.Batch, 29393281, "counts and ids"},
		{intakelog.Intake, intakelog.Facts, 29393282, ""},
		{intakelog.Intake, intakelog.Baselines, 29393283, "baselines"},
		{intakelog.Intake, intakelog.Definition, 29393283, "definition"},
		{intakelog.Intake, 200, -1, "\x00\xff a kind that nobody has named yet"},
	}
}

func writeFixture(t *testing.T) {
	t.Helper()
	files := intakelog.OS("testdata/v1")
	l, _, _ := open(t, files, intakelog.Config{ReserveBytes: 1})
	for i, r := range fixture() {
		commit(t, l, r.Stream, intakelog.Record{Kind: r.Kind, Until: r.Until, Payload: []byte(r.Payload)})
		if i == 4 {
			if err := l.Rotate(intakelog.Intake); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, _, err := intakelog.OpenCursors(files, "cursors")
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]int64{"tsdb": 29393284, "remote.thanos": -1} {
		if err := c.SaveCursor(name, v); err != nil {
			t.Fatal(err)
		}
	}
	// Not closed: the fixture has an unsealed segment, as after a kill.
}
