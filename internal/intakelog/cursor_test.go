// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/intakelog"
)

func openCursors(t *testing.T, fs intakelog.FS) *intakelog.Cursors {
	t.Helper()
	c, damage, err := intakelog.OpenCursors(fs, "cursors")
	if err != nil {
		t.Fatal(err)
	}
	wantNoDamage(t, damage)
	return c
}

func wantCursor(t *testing.T, c *intakelog.Cursors, name string, want int64) {
	t.Helper()
	if got, ok := c.LoadCursor(name); !ok || got != want {
		t.Errorf("cursor %s: %d, %v, want %d", name, got, ok, want)
	}
}

func TestCursorsSurviveAStopAtEveryStep(t *testing.T) {
	for step := 0; ; step++ {
		base := crashfs.New()
		if err := base.SyncDir("."); err != nil {
			t.Fatal(err)
		}
		c := openCursors(t, base)
		if err := c.SaveCursor("other", 7); err != nil {
			t.Fatal(err)
		}
		base.PowerOff(step)
		saved := int64(0)
		for v := range int64(5) {
			if c.SaveCursor("tsdb", v+1) != nil {
				break
			}
			saved = v + 1
		}
		for seed := range uint64(10) {
			after := openCursors(t, base.Crash(seed))
			wantCursor(t, after, "other", 7)
			// The save that was cut short may have come through.
			if got, _ := after.LoadCursor("tsdb"); got != saved && got != saved+1 {
				t.Fatalf("stopped at step %d: cursor is %d, %d was saved", step, got, saved)
			}
		}
		base.Kill()
		after := openCursors(t, base)
		seen, _ := after.LoadCursor("tsdb")
		for seed := range uint64(10) {
			if got, _ := openCursors(t, base.Crash(seed)).LoadCursor("tsdb"); got != seen {
				t.Fatalf("stopped at step %d: cursor %d was read, and is %d after a crash", step, seen, got)
			}
		}
		if err := after.SaveCursor("tsdb", 99); err != nil {
			t.Fatalf("stopped at step %d: the next save: %v", step, err)
		}
		wantCursor(t, openCursors(t, base.Crash(1)), "tsdb", 99)
		if saved == 5 {
			return
		}
	}
}

func TestCursorErrors(t *testing.T) {
	for _, op := range []intakelog.Op{intakelog.OpCreate, intakelog.OpWrite, intakelog.OpSync, intakelog.OpClose, intakelog.OpRename, intakelog.OpSyncDir} {
		t.Run(op.String(), func(t *testing.T) {
			disk := crashfs.New()
			c := openCursors(t, disk)
			if err := c.SaveCursor("tsdb", 1); err != nil {
				t.Fatal(err)
			}
			disk.Fail(op, 1, syscall.EIO)
			if err := c.SaveCursor("tsdb", 2); err == nil {
				t.Fatal("the failed save returns nil")
			}
			wantCursor(t, c, "tsdb", 1)
			err := c.SaveCursor("tsdb", 3)
			if synced := op != intakelog.OpSync && op != intakelog.OpSyncDir; synced != (err == nil) {
				t.Errorf("the next save: %v", err)
			}
			after := openCursors(t, disk.Crash(1))
			if err == nil {
				wantCursor(t, after, "tsdb", 3)
			}
		})
	}
}

func TestCursorNames(t *testing.T) {
	disk := crashfs.New()
	c := openCursors(t, disk)
	for _, name := range []string{"", "sum", "a b", "a\nb", "Ä", "../x", strings.Repeat("a", 129)} {
		if err := c.SaveCursor(name, 1); errs.KindOf(err) != errs.Invalid {
			t.Errorf("save cursor %q: %v", name, err)
		}
	}
	body := "leadline cursors 1\n"
	for i := range 1024 {
		body += fmt.Sprintf("c%d 1\n", i)
	}
	if err := disk.WriteFile("cursors", cursorFile(body)); err != nil {
		t.Fatal(err)
	}
	c = openCursors(t, disk)
	if err := c.SaveCursor("c1023", 2); err != nil {
		t.Errorf("one of 1024 cursors: %v", err)
	}
	if err := c.SaveCursor("one.too-many", 1); errs.KindOf(err) != errs.TooLarge {
		t.Errorf("the 1025th cursor: %v", err)
	}
}

func TestADamagedCursorFileCountsAsEmpty(t *testing.T) {
	disk := crashfs.New()
	c := openCursors(t, disk)
	if err := c.SaveCursor("tsdb", 29393284); err != nil {
		t.Fatal(err)
	}
	for bit := range size(t, disk, "cursors") * 8 {
		flipped := disk.Crash(0)
		if err := flipped.FlipBit("cursors", bit); err != nil {
			t.Fatal(err)
		}
		c, damage, err := intakelog.OpenCursors(flipped, "cursors")
		if err != nil || len(damage) != 1 || damage[0].Segment != "cursors" {
			t.Fatalf("bit %d: damage %v, error %v", bit, damage, err)
		}
		if v, ok := c.LoadCursor("tsdb"); ok {
			t.Fatalf("bit %d: cursor %d", bit, v)
		}
	}
}

func TestANewerCursorFileIsRefused(t *testing.T) {
	disk := crashfs.New()
	if err := disk.WriteFile("cursors", cursorFile("leadline cursors 2\n")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := intakelog.OpenCursors(disk, "cursors"); errs.KindOf(err) != errs.Unsupported || errs.HintOf(err) == "" {
		t.Errorf("open: %v", err)
	}
}

func cursorFile(body string) []byte {
	return fmt.Appendf(nil, "%ssum %016x\n", body, xxh3.Hash([]byte(body)))
}

func FuzzCursors(f *testing.F) {
	f.Add("leadline cursors 1\ntsdb 5\nremote.a -3\n")
	f.Add("leadline cursors 1\n")
	f.Add("leadline cursors 1\ntsdb 99999999999999999999\n")
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, body string) {
		for _, file := range [][]byte{[]byte(body), cursorFile(body)} {
			disk := crashfs.New()
			if err := disk.WriteFile("cursors", file); err != nil {
				t.Fatal(err)
			}
			c, _, err := intakelog.OpenCursors(disk, "cursors")
			if err != nil {
				continue
			}
			old, _ := c.LoadCursor("tsdb")
			want := map[string]int64{"new": math.MinInt64, "tsdb": old}
			for name, v := range want {
				if err := c.SaveCursor(name, v); err != nil {
					t.Skip("full")
				}
			}
			again := openCursors(t, disk.Crash(1))
			got := maps.Clone(want)
			for name := range got {
				got[name], _ = again.LoadCursor(name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("cursors (-want +got):\n%s", diff)
			}
		}
	})
}
