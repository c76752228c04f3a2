// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

// stored is a record that a test committed or saw replayed.
type stored struct {
	Stream  intakelog.Stream
	Kind    intakelog.Kind
	Until   int64
	Payload string
}

// small keeps tests from needing the reserve of a real one.
var small = intakelog.Config{SegmentBytes: 4096, ReserveBytes: 1}

// open opens the log and returns what it replayed.
func open(t testing.TB, fs intakelog.FS, cfg intakelog.Config) (*intakelog.Log, []stored, []intakelog.Damage) {
	t.Helper()
	l, got, damage, err := tryOpen(fs, cfg)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return l, got, damage
}

func tryOpen(fs intakelog.FS, cfg intakelog.Config) (*intakelog.Log, []stored, []intakelog.Damage, error) {
	var got []stored
	l, damage, err := intakelog.Open(fs, cfg, func(s intakelog.Stream, r intakelog.Record) error {
		got = append(got, stored{s, r.Kind, r.Until, string(r.Payload)})
		return nil
	})
	return l, got, damage, err
}

func record(until int64, payload string) intakelog.Record {
	return intakelog.Record{Kind: intakelog.Batch, Until: until, Payload: []byte(payload)}
}

func commit(t testing.TB, l *intakelog.Log, s intakelog.Stream, records ...intakelog.Record) {
	t.Helper()
	if err := l.Commit(s, records); err != nil {
		t.Fatalf("commit: %v", err)
	}
}

func closeLog(t testing.TB, l *intakelog.Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}

// payloads returns what was replayed of one stream.
func payloads(got []stored, s intakelog.Stream) []string {
	var list []string
	for _, r := range got {
		if r.Stream == s {
			list = append(list, r.Payload)
		}
	}
	return list
}

func wantPayloads(t *testing.T, got []stored, s intakelog.Stream, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, payloads(got, s)); diff != "" {
		t.Errorf("%s replayed (-want +got):\n%s", s, diff)
	}
}

func wantNoDamage(t *testing.T, damage []intakelog.Damage) {
	t.Helper()
	for _, d := range damage {
		t.Errorf("damage: %v", d)
	}
}

// TestPassedPayloadsAreCheckedButNotRead damages a record that nobody needs.
func TestPassedPayloadsAreCheckedButNotRead(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	long := strings.Repeat("minute ", 1000)
	for m := range int64(4) {
		commit(t, l, intakelog.Minutes, intakelog.Record{Kind: intakelog.Minute, Until: m, Payload: []byte(long)})
	}
	closeLog(t, l)
	cfg := small
	cfg.Passed = func(s intakelog.Stream, k intakelog.Kind, until int64) bool {
		return s == intakelog.Minutes && k == intakelog.Minute && until < 2
	}
	l, got, damage := open(t, fs, cfg)
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Minutes, "", "", long, long)
	closeLog(t, l)
	const header, frame = 40, 40
	if err := fs.FlipBit(segments(fs, intakelog.Minutes)[0], 8*(header+frame+3)); err != nil {
		t.Fatal(err)
	}
	l, got, damage = open(t, fs, cfg)
	defer closeLog(t, l)
	if len(damage) != 1 {
		t.Errorf("damage %v, want that of the first record", damage)
	}
	wantPayloads(t, got, intakelog.Minutes, "", long, long)
}

func TestReplayReturnsMinutesThenIntakeInOrder(t *testing.T) {
	for name, stop := range map[string]func(*intakelog.Log) error{
		"closed": (*intakelog.Log).Close,
		"killed": func(*intakelog.Log) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			fs := crashfs.New()
			l, _, _ := open(t, fs, small)
			long := strings.Repeat("minute ", 1000)
			commit(t, l, intakelog.Intake, record(1, "a"), record(2, ""))
			commit(t, l, intakelog.Minutes, intakelog.Record{Kind: intakelog.Minute, Until: 7, Payload: []byte(long)})
			commit(t, l, intakelog.Intake, intakelog.Record{Kind: 99, Until: -5, Payload: []byte("unknown kind")})
			if err := stop(l); err != nil {
				t.Fatal(err)
			}
			_, got, damage := open(t, fs.Crash(1), small)
			wantNoDamage(t, damage)
			want := []stored{
				{intakelog.Minutes, intakelog.Minute, 7, long},
				{intakelog.Intake, intakelog.Batch, 1, "a"},
				{intakelog.Intake, intakelog.Batch, 2, ""},
				{intakelog.Intake, 99, -5, "unknown kind"},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("replayed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMinutesAreCompressedWhereItPays(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, intakelog.Config{ReserveBytes: 1})
	text := bytes.Repeat([]byte("indicator 17 good 12 bad 0\n"), 4000)
	commit(t, l, intakelog.Minutes, intakelog.Record{Kind: intakelog.Minute, Payload: text})
	if got, most := l.Stats().Minutes.Bytes, int64(len(text)/20); got > most {
		t.Errorf("%d bytes of minutes take %d, want at most %d", len(text), got, most)
	}
	commit(t, l, intakelog.Intake, intakelog.Record{Kind: intakelog.Batch, Payload: text})
	if got := l.Stats().Intake.Bytes; got < int64(len(text)) {
		t.Errorf("%d bytes of intake take %d: they must not wait for a compressor", len(text), got)
	}
}

func TestDropDeletesSegmentsWhoseRecordsHaveAllPassed(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	for minute := range int64(5) {
		commit(t, l, intakelog.Intake, record(minute, fmt.Sprint("early ", minute)), record(10-minute, fmt.Sprint("late ", minute)))
		if minute == 4 {
			break // the last segment stays active
		}
		if err := l.Rotate(intakelog.Intake); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Drop(intakelog.Intake, 8); err != nil {
		t.Fatal(err)
	}
	if got := l.Stats().Intake.Segments; got != 3 {
		t.Errorf("%d segments are left, want 3", got)
	}
	_, got, damage := open(t, fs.Crash(1), small)
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Intake, "early 0", "late 0", "early 1", "late 1", "early 4", "late 4")
}

func TestASegmentIsFollowedByAnotherAtItsSize(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	var want []string
	for i := range 20 {
		want = append(want, strings.Repeat(fmt.Sprint(i%10), 1000))
		commit(t, l, intakelog.Intake, record(int64(i), want[i]))
	}
	if got := l.Stats().Intake.Segments; got != 5 {
		t.Errorf("20 KB in segments of 4 KiB make %d, want 5", got)
	}
	_, got, damage := open(t, fs.Crash(1), small)
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Intake, want...)
}

func TestCommitRefusesWhatItCannotKeep(t *testing.T) {
	for name, tc := range map[string]struct {
		record intakelog.Record
		kind   errs.Kind
	}{
		"too large": {intakelog.Record{Kind: intakelog.Batch, Payload: make([]byte, intakelog.MaxRecordBytes+1)}, errs.TooLarge},
		"kind zero": {intakelog.Record{Payload: []byte("x")}, errs.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			l, _, _ := open(t, crashfs.New(), small)
			err := l.Commit(intakelog.Intake, []intakelog.Record{record(1, "good"), tc.record})
			if errs.KindOf(err) != tc.kind {
				t.Errorf("commit: %v (%v), want %v", err, errs.KindOf(err), tc.kind)
			}
			if got := l.Stats().Intake; got.Bytes != 0 || got.Refused != 1 {
				t.Errorf("after a refusal: %+v", got)
			}
		})
	}
}

func TestOneDataDirectoryOneProcess(t *testing.T) {
	dir := t.TempDir() + "/data"
	l, _, _ := open(t, intakelog.OS(dir), intakelog.Config{})
	_, _, _, err := tryOpen(intakelog.OS(dir), intakelog.Config{})
	if errs.KindOf(err) != errs.Conflict || errs.HintOf(err) == "" || !strings.Contains(err.Error(), dir) {
		t.Errorf("second open: %v, hint %q", err, errs.HintOf(err))
	}
	closeLog(t, l)
	l, _, _ = open(t, intakelog.OS(dir), intakelog.Config{})
	closeLog(t, l)
}

func TestOnRealFiles(t *testing.T) {
	fs := intakelog.OS(t.TempDir() + "/new/data")
	l, _, _ := open(t, fs, intakelog.Config{ReserveBytes: 1})
	commit(t, l, intakelog.Intake, record(1, "one"))
	if err := l.Rotate(intakelog.Intake); err != nil {
		t.Fatal(err)
	}
	commit(t, l, intakelog.Intake, record(2, "two"))
	if err := l.Drop(intakelog.Intake, 1); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	l, got, damage := open(t, fs, intakelog.Config{ReserveBytes: 1})
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Intake, "two")
	closeLog(t, l)
}

func TestAnErrorOfReplayEndsOpen(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "one"))
	closeLog(t, l)
	cause := errs.New(errs.Unsupported, "kind 1 of a later version")
	_, _, err := intakelog.Open(fs, small, func(intakelog.Stream, intakelog.Record) error { return cause })
	if errs.KindOf(err) != errs.Unsupported || !strings.Contains(err.Error(), "offset 40") {
		t.Errorf("open: %v", err)
	}
	// The lock must be free again.
	l, _, _ = open(t, fs, small)
	closeLog(t, l)
}

func TestAClosedLogDoesNothing(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "one"))
	closeLog(t, l)
	closeLog(t, l)
	ops := fs.Ops()
	for name, err := range map[string]error{
		"commit": l.Commit(intakelog.Intake, []intakelog.Record{record(1, "two")}),
		"rotate": l.Rotate(intakelog.Intake),
		"drop":   l.Drop(intakelog.Intake, 1),
	} {
		if errs.KindOf(err) != errs.Unavailable {
			t.Errorf("%s after close: %v", name, err)
		}
	}
	if fs.Ops() != ops {
		t.Errorf("a closed log changed its files")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []intakelog.Config{
		{Dir: "/var/lib/leadline"}, {Dir: "a/b"}, {Dir: ".."}, {Dir: "."}, {Dir: "log/"},
		{SegmentBytes: -1}, {ReserveBytes: -1},
	} {
		if _, _, _, err := tryOpen(crashfs.New(), cfg); errs.KindOf(err) != errs.Invalid {
			t.Errorf("open with %+v: %v", cfg, err)
		}
	}
}

// unreadable is a disk that cannot read what it stores.
type unreadable struct{ intakelog.FS }

type unreadableFile struct{ intakelog.File }

func (u unreadable) Open(name string) (intakelog.File, error) {
	f, err := u.FS.Open(name)
	return unreadableFile{f}, err
}

func (unreadableFile) ReadAt([]byte, int64) (int, error) { return 0, syscall.EIO }

// A record that cannot be read now may be readable after a repair: nothing may
// be cut off as torn.
func TestAReadErrorEndsOpenAndChangesNothing(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "one"))
	fs.Kill()
	_, _, _, err := tryOpen(unreadable{fs}, small)
	if !errors.Is(err, syscall.EIO) || errs.HintOf(err) == "" || !strings.Contains(err.Error(), ".seg") {
		t.Errorf("open: %v, hint %q", err, errs.HintOf(err))
	}
	_, got, damage := open(t, fs, small)
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Intake, "one")
}

// A commit of 5 MiB is written in several pieces, and is still one commit.
func TestALargeCommitIsWholeOrAbsent(t *testing.T) {
	var records []intakelog.Record
	var want []string
	for i := range 5 {
		want = append(want, strings.Repeat(fmt.Sprint(i), 1<<20))
		records = append(records, record(1, want[i]))
	}
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	commit(t, l, intakelog.Intake, record(1, "before"))
	fs.Fail(intakelog.OpWrite, 3, syscall.ENOSPC)
	if err := l.Commit(intakelog.Intake, records); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("commit: %v", err)
	}
	_, got, damage := open(t, fs.Crash(1), small)
	wantNoDamage(t, damage)
	wantPayloads(t, got, intakelog.Intake, "before")
	commit(t, l, intakelog.Intake, records...)
	_, got, damage = open(t, fs.Crash(1), small)
	wantNoDamage(t, damage)
	if !slices.Equal(payloads(got, intakelog.Intake), append([]string{"before"}, want...)) {
		t.Error("the second try is not there as it was committed")
	}
}

func TestCommitsOfTwoStreamsAndStatsAtOnce(t *testing.T) {
	fs := crashfs.New()
	l, _, _ := open(t, fs, small)
	var wait sync.WaitGroup
	for _, s := range []intakelog.Stream{intakelog.Intake, intakelog.Minutes} {
		wait.Go(func() {
			for i := range 200 {
				if err := l.Commit(s, []intakelog.Record{record(int64(i), fmt.Sprint(s, i))}); err != nil {
					t.Error(err)
				}
				_ = l.Stats()
			}
		})
		wait.Go(func() {
			for i := range 50 {
				if err := errors.Join(l.Rotate(s), l.Drop(s, -1), l.Failed()); err != nil {
					t.Error(i, err)
				}
			}
		})
	}
	wait.Wait()
	_, got, damage := open(t, fs.Crash(1), small)
	wantNoDamage(t, damage)
	if len(got) != 400 {
		t.Errorf("%d records are there, want 400", len(got))
	}
}
