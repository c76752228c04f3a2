// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

// segments returns the stream's files.
func segments(fs *crashfs.FS, s intakelog.Stream) []string {
	return slices.DeleteFunc(fs.Files(), func(name string) bool { return path.Dir(name) != "log/"+s.String() })
}

func size(t *testing.T, fs *crashfs.FS, name string) int64 {
	t.Helper()
	b, err := fs.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return int64(len(b))
}

func TestEveryTruncationOfTheLastCommit(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "first"), record(1, "second"))
	whole := l.Stats().Intake.Bytes
	commit(t, l, intakelog.Intake, record(2, strings.Repeat("last", 20)))
	end := l.Stats().Intake.Bytes
	name := segments(fs, intakelog.Intake)[0]
	b, err := fs.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for cut := whole; cut <= end; cut++ {
		for _, tail := range []string{"", "zeros"} {
			disk := crashfs.New()
			cutOff := slices.Clone(b[:cut])
			if tail == "zeros" {
				cutOff = append(cutOff, make([]byte, end-cut)...)
			}
			if err := disk.WriteFile(name, cutOff); err != nil {
				t.Fatal(err)
			}
			checkTruncation(t, disk, name, cut, whole, end)
		}
	}
}

func checkTruncation(t *testing.T, disk *crashfs.FS, name string, cut, whole, end int64) {
	t.Helper()
	found := size(t, disk, name)
	l, got, damage := open(t, disk, small)
	want := []string{"first", "second"}
	var wantDamage []intakelog.Damage
	if cut == end {
		want = append(want, strings.Repeat("last", 20))
	} else if found > whole {
		// A few zeros may be what a record ends with.
		torn := found < end || end-cut >= 8
		wantDamage = []intakelog.Damage{{Stream: intakelog.Intake, Segment: name, Offset: whole, Length: found - whole, Torn: torn}}
	}
	for i := range damage {
		damage[i].Reason = ""
	}
	if diff := cmp.Diff(wantDamage, damage); diff != "" {
		t.Errorf("cut at %d: damage (-want +got):\n%s", cut, diff)
	}
	wantPayloads(t, got, intakelog.Intake, want...)
	commit(t, l, intakelog.Intake, record(3, "later"))
	_, got, damage = open(t, disk.Crash(1), small)
	if len(wantDamage) == 0 || wantDamage[0].Torn {
		wantNoDamage(t, damage)
	} else if len(damage) != 1 || damage[0].Torn || damage[0].Offset != whole {
		t.Errorf("cut at %d: opened again, damage %v", cut, damage)
	}
	wantPayloads(t, got, intakelog.Intake, append(want, "later")...)
}

// flipped builds a log of many records in several segments of both streams.
func flipped(t *testing.T, stop func(*intakelog.Log) error) *crashfs.FS {
	fs := crashfs.New()
	rng := rand.New(rand.NewPCG(1, 2))
	l, _, _ := open(t, fs, intakelog.Config{SegmentBytes: 2048, ReserveBytes: 1})
	for i := range 50 {
		s := intakelog.Stream(i % 2)
		var records []intakelog.Record
		for j := range 1 + rng.IntN(3) {
			records = append(records, record(int64(i), fmt.Sprintf("%d/%d %s", i, j, strings.Repeat("payload ", rng.IntN(50)))))
		}
		commit(t, l, s, records...)
	}
	if err := stop(l); err != nil {
		t.Fatal(err)
	}
	return fs
}

func TestBitFlipsLoseOnlyTheDamagedRecord(t *testing.T) {
	for name, stop := range map[string]func(*intakelog.Log) error{
		"closed": (*intakelog.Log).Close,
		"killed": func(*intakelog.Log) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			fs := flipped(t, stop)
			_, want, _ := open(t, fs.Crash(0), small)
			files := segments(fs, intakelog.Intake)
			files = append(files, segments(fs, intakelog.Minutes)...)
			if len(files) < 6 {
				t.Fatalf("only %d segments", len(files))
			}
			rng := rand.New(rand.NewPCG(3, 4))
			for range 5000 {
				disk := fs.Crash(0)
				file := files[rng.IntN(len(files))]
				bit := rng.Int64N(size(t, disk, file) * 8)
				if err := disk.FlipBit(file, bit); err != nil {
					t.Fatal(err)
				}
				_, got, damage := open(t, disk, small)
				checkFlip(t, want, got, damage, file, bit, name == "killed")
			}
		})
	}
}

func checkFlip(t *testing.T, want, got []stored, damage []intakelog.Damage, file string, bit int64, mayBeTorn bool) {
	t.Helper()
	if len(damage) != 1 || damage[0].Segment != file || bit/8 < damage[0].Offset || bit/8 >= damage[0].Offset+damage[0].Length {
		// A seal that is gone is a range and the end that it stood for.
		if len(damage) != 2 || damage[0].Segment != file || damage[1].Segment != file || damage[1].Length != 0 {
			t.Fatalf("bit %d of %s: damage %v", bit, file, damage)
		}
	}
	missing := 0
	for len(got) > 0 && len(want) > 0 {
		if got[0] == want[0] {
			got = got[1:]
		} else {
			missing++
		}
		want = want[1:]
	}
	if len(got) > 0 || missing+len(want) > 1 {
		t.Fatalf("bit %d of %s: %d wrong records, %d are lost", bit, file, len(got), missing+len(want))
	}
	// Of a closed log only the seal may look torn.
	if damage[0].Torn && !mayBeTorn && missing+len(want) > 0 {
		t.Fatalf("bit %d of %s: %v: the log was closed", bit, file, damage[0])
	}
}

func TestDamageIsNamed(t *testing.T) {
	const header, frame = 40, 40
	one, two, three := "one", "two", "three"
	second := int64(header + frame + len(one))
	third := second + frame + int64(len(two))
	end := third + frame + int64(len(three))
	type damage struct {
		offset, length int64
		torn           bool
	}
	tests := map[string]struct {
		sealed bool
		change func(b []byte) []byte
		want   []string
		damage []damage
	}{
		"segment header": {
			change: func(b []byte) []byte { clear(b[:header]); return b },
			want:   []string{one, two, three},
			damage: []damage{{0, header, false}},
		},
		"payload": {
			change: func(b []byte) []byte { b[second+frame] ^= 1; return b },
			want:   []string{one, three},
			damage: []damage{{second, frame + 3, false}},
		},
		"record header": {
			change: func(b []byte) []byte { b[second+8] ^= 1; return b },
			want:   []string{one, three},
			damage: []damage{{second, frame + 3, false}},
		},
		"length of 4 GiB": {
			change: func(b []byte) []byte { copy(b[second+8:], "\xff\xff\xff\xff"); return b },
			want:   []string{one, three},
			damage: []damage{{second, frame + 3, false}},
		},
		"the last but one commit, and the last is torn": {
			change: func(b []byte) []byte { b[second+frame] ^= 1; return b[:end-1] },
			want:   []string{one},
			damage: []damage{{second, frame + 3, false}, {third, frame + 4, true}},
		},
		"the payloads of the last two commits": {
			change: func(b []byte) []byte { b[second+frame] ^= 1; b[third+frame] ^= 1; return b },
			want:   []string{one},
			damage: []damage{{second, frame + 3, false}, {third, frame + 5, false}},
		},
		"the last payload": {
			change: func(b []byte) []byte { b[third+frame] ^= 1; return b },
			want:   []string{one, two},
			damage: []damage{{third, frame + 5, false}},
		},
		"the last header": {
			change: func(b []byte) []byte { b[third+9] ^= 1; return b },
			want:   []string{one, two},
			damage: []damage{{third, frame + 5, false}},
		},
		"the last commit was never written": {
			change: func(b []byte) []byte { clear(b[third:]); return b },
			want:   []string{one, two},
			damage: []damage{{third, frame + 5, true}},
		},
		"a record copied over another": {
			change: func(b []byte) []byte { copy(b[second:], b[header:second]); return b },
			want:   []string{one, three},
			damage: []damage{{second, frame + 3, false}},
		},
		"garbage after the end": {
			change: func(b []byte) []byte { return append(b, make([]byte, 100)...) },
			want:   []string{one, two, three},
			damage: []damage{{end, 100, true}},
		},
		"sealed: the seal": {
			sealed: true,
			change: func(b []byte) []byte { b[end] ^= 1; return b },
			want:   []string{one, two, three},
			damage: []damage{{end, frame, false}},
		},
		"sealed: the last payload": {
			sealed: true,
			change: func(b []byte) []byte { b[third+frame] ^= 1; return b },
			want:   []string{one, two},
			damage: []damage{{third, frame + 5, false}},
		},
		"sealed: garbage after the end": {
			sealed: true,
			change: func(b []byte) []byte { return append(b, make([]byte, 100)...) },
			want:   []string{one, two, three},
			damage: []damage{{end + frame, 100, false}},
		},
		"everything but the size": {
			change: func(b []byte) []byte { clear(b); return b },
			damage: []damage{{0, header, false}, {header, end - header, false}},
		},
		"a header that was never finished": {
			change: func(b []byte) []byte { return b[:header-1] },
			damage: []damage{{0, header - 1, true}},
		},
		"an empty file": {
			change: func(b []byte) []byte { return nil },
			damage: []damage{{0, 0, true}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			fs := crashfs.New()
			l, _, _ := open(t, fs, small)
			for i, payload := range []string{one, two, three} {
				commit(t, l, intakelog.Intake, record(int64(i), payload))
			}
			if tc.sealed {
				closeLog(t, l)
			}
			file := segments(fs, intakelog.Intake)[0]
			b, err := fs.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			disk := crashfs.New()
			if err := disk.WriteFile(file, tc.change(b)); err != nil {
				t.Fatal(err)
			}
			_, got, found := open(t, disk, small)
			wantPayloads(t, got, intakelog.Intake, tc.want...)
			var list []damage
			for _, d := range found {
				list = append(list, damage{d.Offset, d.Length, d.Torn})
				if d.Stream != intakelog.Intake || !strings.HasPrefix(d.Error(), file+": ") || !strings.Contains(d.Error(), fmt.Sprintf("%d bytes at offset %d ", d.Length, d.Offset)) {
					t.Errorf("damage says %q", d.Error())
				}
			}
			if diff := cmp.Diff(tc.damage, list, cmp.AllowUnexported(damage{})); diff != "" {
				t.Errorf("damage (-want +got):\n%s", diff)
			}
			disk.Kill()
			_, got, _ = open(t, disk, small)
			wantPayloads(t, got, intakelog.Intake, tc.want...)
		})
	}
}

func TestASegmentBeforeTheNewestMustBeSealed(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "one"))
	whole := l.Stats().Intake.Bytes
	commit(t, l, intakelog.Intake, record(1, "two"))
	if err := l.Rotate(intakelog.Intake); err != nil {
		t.Fatal(err)
	}
	commit(t, l, intakelog.Intake, record(2, "three"))
	file := segments(fs, intakelog.Intake)[0]
	b, err := fs.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	disk := fs.Crash(1)
	if err := disk.WriteFile(file, b[:whole]); err != nil {
		t.Fatal(err)
	}
	_, got, damage := open(t, disk, small)
	wantPayloads(t, got, intakelog.Intake, "one", "three")
	if len(damage) != 1 || damage[0].Torn || damage[0].Segment != file || damage[0].Offset != whole {
		t.Errorf("damage: %v", damage)
	}
}

func TestPayloadsCannotForgeRecords(t *testing.T) {
	other := crashfs.New()
	l, _, _ := open(t, other, small)
	commit(t, l, intakelog.Intake, record(1, "forged"))
	forged, err := other.ReadFile(segments(other, intakelog.Intake)[0])
	if err != nil {
		t.Fatal(err)
	}
	fs := crashfs.New()
	l, _, _ = open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, strings.Repeat(string(forged), 20)), record(2, "honest"))
	file := segments(fs, intakelog.Intake)[0]
	disk := fs.Crash(1)
	if err := disk.FlipBit(file, 45*8); err != nil {
		t.Fatal(err)
	}
	_, got, damage := open(t, disk, small)
	wantPayloads(t, got, intakelog.Intake, "honest")
	if len(damage) != 1 {
		t.Errorf("damage: %v", damage)
	}
}

func TestDamagedSegmentsStayForALook(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	for _, minute := range []int64{1, 2} {
		commit(t, l, intakelog.Intake, record(minute, "a"), record(minute, "b"))
		if err := l.Rotate(intakelog.Intake); err != nil {
			t.Fatal(err)
		}
	}
	disk := fs.Crash(1)
	if err := disk.FlipBit(segments(disk, intakelog.Intake)[0], 41*8); err != nil {
		t.Fatal(err)
	}
	l, _, _ = open(t, disk, small)
	for _, step := range []struct {
		through, want int64
	}{{1, 2}, {2, 0}} {
		if err := l.Drop(intakelog.Intake, step.through); err != nil {
			t.Fatal(err)
		}
		if got := l.Stats().Intake.Segments; got != step.want {
			t.Errorf("after the drop through %d there are %d segments, want %d", step.through, got, step.want)
		}
	}
}

func TestANewerFormatIsRefused(t *testing.T) {
	file := "log/intake/0000000000000001-00000000000000aa.seg"
	b := segmentHeader(0, 1, 0xaa, 2)
	disk := crashfs.New()
	if err := disk.WriteFile(file, append(b, make([]byte, 1000)...)); err != nil {
		t.Fatal(err)
	}
	_, _, _, err := tryOpen(disk, small)
	if errs.KindOf(err) != errs.Unsupported || errs.HintOf(err) == "" || !strings.Contains(err.Error(), file) {
		t.Errorf("open: %v, hint %q", err, errs.HintOf(err))
	}
	if got := size(t, disk, file); got != 1040 {
		t.Errorf("the file has %d bytes now: it must not be touched", got)
	}
}

func TestStrangeFiles(t *testing.T) {
	disk := crashfs.New()
	for _, name := range []string{"log/intake/notes.txt", "log/intake/renamed.seg", "log/intake/1-aa.seg"} {
		if err := disk.WriteFile(name, []byte("something")); err != nil {
			t.Fatal(err)
		}
	}
	_, got, damage := open(t, disk, small)
	if len(got) != 0 || len(damage) != 2 {
		t.Errorf("got %v, damage %v", got, damage)
	}
}

// TestStopAtEveryStep ends the process, and then the machine, at every
// operation of a short history.
func TestStopAtEveryStep(t *testing.T) {
	history := func(l *intakelog.Log) (acknowledged []string) {
		for _, payload := range []string{"one", "two", "three"} {
			if l.Commit(intakelog.Intake, []intakelog.Record{record(1, payload)}) != nil {
				return acknowledged
			}
			acknowledged = append(acknowledged, payload)
			if payload == "two" && l.Rotate(intakelog.Intake) != nil {
				return acknowledged
			}
		}
		_ = l.Close()
		return acknowledged
	}
	for step := 0; ; step++ {
		disk := crashfs.New()
		disk.InOrder()
		disk.PowerOff(step)
		var acknowledged []string
		l, _, _, err := tryOpen(disk, small)
		if err == nil {
			acknowledged = history(l)
		}
		if disk.Ops() <= step {
			if len(acknowledged) != 3 {
				t.Fatalf("without a fault %v was acknowledged", acknowledged)
			}
			return
		}
		for seed := range uint64(10) {
			machine := disk.Crash(seed)
			checkStopped(t, machine, step, acknowledged)
		}
		disk.Kill()
		checkStopped(t, disk, step, acknowledged)
	}
}

func checkStopped(t *testing.T, disk *crashfs.FS, step int, acknowledged []string) {
	t.Helper()
	l, got, damage := open(t, disk, small)
	before := payloads(got, intakelog.Intake)
	if len(before) < len(acknowledged) || !slices.Equal(before[:len(acknowledged)], acknowledged) || len(before) > len(acknowledged)+1 {
		t.Fatalf("stopped at step %d: %v is there, %v was acknowledged", step, before, acknowledged)
	}
	commit(t, l, intakelog.Intake, record(2, "later"))
	for seed := range uint64(10) {
		_, got, later := open(t, disk.Crash(seed), small)
		wantPayloads(t, got, intakelog.Intake, append(slices.Clone(before), "later")...)
		damage = append(damage, later...)
	}
	for _, d := range damage {
		if !d.Torn {
			t.Errorf("stopped at step %d: %v", step, d)
		}
	}
}

func TestNothingIsAcknowledgedAfterAFailedSync(t *testing.T) {
	for _, op := range []intakelog.Op{intakelog.OpSync, intakelog.OpSyncDir} {
		for nth := 1; nth < 40; nth++ {
			disk := crashfs.New()
			l, _, _ := open(t, disk, small)
			disk.Fail(op, nth, syscall.EIO)
			var acknowledged []string
			failed := false
			for i := range 60 {
				payload := fmt.Sprint(i, strings.Repeat("x", 400))
				err := l.Commit(intakelog.Intake, []intakelog.Record{record(1, payload)})
				if err == nil {
					acknowledged = append(acknowledged, payload)
				}
				if failed && (err == nil || l.Rotate(intakelog.Intake) == nil || l.Drop(intakelog.Intake, 1) == nil) {
					t.Fatalf("%v %d: the log went on after it", op, nth)
				}
				if failed = failed || err != nil; failed != (l.Failed() != nil) {
					t.Fatalf("%v %d: commit says %v, Failed says %v", op, nth, err, l.Failed())
				}
				if err != nil && (!errors.Is(err, syscall.EIO) || errs.KindOf(err) != errs.Unavailable || errs.HintOf(err) == "") {
					t.Fatalf("%v %d: %v", op, nth, err)
				}
			}
			// A close must not pretend either.
			if err := l.Close(); failed && err == nil {
				t.Errorf("%v %d: close after the failure returns nil", op, nth)
			}
			_, got, _ := open(t, disk.Crash(uint64(nth)), small)
			if got := payloads(got, intakelog.Intake); !slices.Equal(got[:min(len(got), len(acknowledged))], acknowledged) {
				t.Errorf("%v %d: %d were acknowledged, %d are there", op, nth, len(acknowledged), len(got))
			}
		}
	}
}

func TestAWriteErrorPasses(t *testing.T) {
	for nth := 1; nth < 40; nth++ {
		disk := crashfs.New()
		l, _, _ := open(t, disk, small)
		disk.Fail(intakelog.OpWrite, nth, syscall.EIO)
		var want []string
		refused := 0
		for i := range 60 {
			payload := fmt.Sprint(i, strings.Repeat("x", 400))
			if err := l.Commit(intakelog.Intake, []intakelog.Record{record(1, payload)}); err != nil {
				refused++
				continue
			}
			want = append(want, payload)
		}
		if refused > 1 || l.Failed() != nil {
			t.Errorf("write %d: %d commits were refused, failed %v", nth, refused, l.Failed())
		}
		_, got, damage := open(t, disk.Crash(uint64(nth)), small)
		wantNoDamage(t, damage)
		wantPayloads(t, got, intakelog.Intake, want...)
	}
}

func TestAFullDiskIsBoring(t *testing.T) {
	const reserve = 10_000
	disk := crashfs.New()
	cfg := intakelog.Config{SegmentBytes: 4096, ReserveBytes: reserve}
	l, _, _ := open(t, disk, cfg)
	rng := rand.New(rand.NewPCG(5, 6))
	var want []string
	for cycle := range 50 {
		limit := int64(40_000)
		disk.SetCapacity(limit + reserve)
		if cycle%2 == 1 {
			// Somebody else fills the disk between our look and our write.
			disk.Fail(intakelog.OpWrite, 1+rng.IntN(30), syscall.ENOSPC)
		}
		refused := 0
		for i := range 200 {
			payload := fmt.Sprintf("%d/%d %s", cycle, i, strings.Repeat("x", rng.IntN(600)))
			err := l.Commit(intakelog.Intake, []intakelog.Record{record(int64(cycle), payload)})
			if err == nil {
				want = append(want, payload)
				continue
			}
			refused++
			if errs.KindOf(err) != errs.Unavailable || errs.RetryAfter(err) == 0 || !errors.Is(err, syscall.ENOSPC) {
				t.Fatalf("commit on a full disk: %v", err)
			}
		}
		if free, _ := disk.Free(); refused == 0 || free < reserve-4096 {
			t.Fatalf("cycle %d: %d refused, %d free", cycle, refused, free)
		}
		if cycle%5 == 4 {
			// Start while the disk is full.
			disk = disk.Crash(uint64(cycle))
			disk.SetCapacity(disk.Used())
			var got []stored
			var damage []intakelog.Damage
			l, got, damage = open(t, disk, cfg)
			wantNoDamage(t, damage)
			wantPayloads(t, got, intakelog.Intake, want...)
		}
		disk.SetCapacity(1 << 40)
		if err := errors.Join(l.Rotate(intakelog.Intake), l.Drop(intakelog.Intake, int64(cycle))); err != nil {
			t.Fatal(err)
		}
		want = nil
		if got := l.Stats().Intake; got.Bytes != 0 || got.Segments != 0 {
			t.Fatalf("after all was dropped: %+v", got)
		}
	}
}
