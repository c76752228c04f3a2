// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package crashfs_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/intakelog"
)

// do runs operations that must succeed.
func do(t *testing.T, results ...error) {
	t.Helper()
	if err := errors.Join(results...); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, disk *crashfs.FS, name string) intakelog.File {
	t.Helper()
	f, err := disk.Create(name)
	do(t, err)
	return f
}

func write(t *testing.T, f intakelog.File, text string, offset int64) {
	t.Helper()
	if n, err := f.WriteAt([]byte(text), offset); err != nil || n != len(text) {
		t.Fatalf("write: %d, %v", n, err)
	}
}

// outcomes returns what a file may hold after a crash, sorted; "-" says that
// it is not there.
func outcomes(t *testing.T, disk *crashfs.FS, name string) []string {
	t.Helper()
	found := map[string]bool{}
	for seed := range uint64(2000) {
		b, err := disk.Crash(seed).ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			b, err = []byte("-"), nil
		}
		do(t, err)
		again, _ := disk.Crash(seed).ReadFile(name)
		if string(b) != "-" && string(again) != string(b) {
			t.Fatalf("seed %d gives %q and then %q", seed, b, again)
		}
		found[strings.ReplaceAll(string(b), "\x00", "0")] = true
	}
	var list []string
	for text := range found {
		list = append(list, text)
	}
	slices.Sort(list)
	return list
}

func TestWhatACrashMayLeave(t *testing.T) {
	tests := map[string]struct {
		history func(t *testing.T, disk *crashfs.FS)
		want    []string
	}{
		"everything synced": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				write(t, f, "abc", 0)
				do(t, f.Sync(), disk.SyncDir("."))
			},
			[]string{"abc"},
		},
		"the name not synced": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				write(t, f, "abc", 0)
				do(t, f.Sync())
			},
			[]string{"-", "abc"},
		},
		"the content not synced": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				do(t, disk.SyncDir("."))
				write(t, f, "abc", 0)
			},
			[]string{"", "000", "a", "ab", "abc"},
		},
		"the second write kept without the first": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				do(t, disk.SyncDir("."))
				write(t, f, "a", 0)
				write(t, f, "b", 1)
			},
			[]string{"", "0", "00", "0b", "a", "a0", "ab"},
		},
		"a cut not synced": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				write(t, f, "abc", 0)
				do(t, f.Sync(), disk.SyncDir("."), f.Truncate(1))
			},
			[]string{"a", "abc"},
		},
		"a removal not synced": {
			func(t *testing.T, disk *crashfs.FS) {
				do(t, disk.WriteFile("f", []byte("abc")), disk.Remove("f"))
			},
			[]string{"-", "abc"},
		},
		"a rename not synced": {
			func(t *testing.T, disk *crashfs.FS) {
				do(t, disk.WriteFile("f", []byte("old")), disk.WriteFile("g", []byte("new")), disk.Rename("g", "f"))
			},
			[]string{"new", "old"},
		},
		"a rename synced": {
			func(t *testing.T, disk *crashfs.FS) {
				do(t, disk.WriteFile("f", []byte("old")), disk.WriteFile("g", []byte("new")), disk.Rename("g", "f"), disk.SyncDir("."))
			},
			[]string{"new"},
		},
		"a sync after a failed one": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				do(t, disk.SyncDir("."))
				write(t, f, "x", 0)
				disk.Fail(intakelog.OpSync, 1, syscall.EIO)
				if err := f.Sync(); !errors.Is(err, syscall.EIO) {
					t.Errorf("sync: %v", err)
				}
				do(t, f.Sync())
			},
			[]string{"", "0", "x"},
		},
		"written again after a failed sync": {
			func(t *testing.T, disk *crashfs.FS) {
				f := create(t, disk, "f")
				do(t, disk.SyncDir("."))
				write(t, f, "x", 0)
				disk.Fail(intakelog.OpSync, 1, syscall.EIO)
				_ = f.Sync()
				write(t, f, "x", 0)
				do(t, f.Sync())
			},
			[]string{"x"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			disk := crashfs.New()
			tc.history(t, disk)
			if diff := cmp.Diff(tc.want, outcomes(t, disk, "f")); diff != "" {
				t.Errorf("outcomes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSectorsOfOneWrite(t *testing.T) {
	text := strings.Repeat("a", 512) + strings.Repeat("b", 512)
	for _, inOrder := range []bool{false, true} {
		disk := crashfs.New()
		if inOrder {
			disk.InOrder()
		}
		f := create(t, disk, "f")
		do(t, disk.SyncDir("."))
		write(t, f, text, 0)
		second := strings.Repeat("0", 512) + strings.Repeat("b", 512)
		if got := slices.Contains(outcomes(t, disk, "f"), second); got == inOrder {
			t.Errorf("in order %v: the second sector without the first: %v", inOrder, got)
		}
	}
}

func TestAFullDiskTakesAPart(t *testing.T) {
	disk := crashfs.New()
	disk.SetCapacity(5)
	f := create(t, disk, "f")
	write(t, f, "abc", 0)
	if n, err := f.WriteAt([]byte("defg"), 3); n != 2 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("write: %d, %v", n, err)
	}
	write(t, f, "XY", 3) // in place
	if free, _ := disk.Free(); free != 0 {
		t.Errorf("%d bytes are free", free)
	}
	do(t, f.Truncate(1))
	if free, _ := disk.Free(); free != 4 {
		t.Errorf("after the cut %d bytes are free", free)
	}
	do(t, disk.Remove("f"))
	if free, _ := disk.Free(); free != 5 {
		t.Errorf("after the removal %d bytes are free", free)
	}
}

func TestPowerOff(t *testing.T) {
	disk := crashfs.New()
	disk.PowerOff(2)
	f := create(t, disk, "f")
	write(t, f, "a", 0)
	if _, err := f.WriteAt([]byte("b"), 1); !errors.Is(err, crashfs.ErrPowerLost) {
		t.Errorf("the third operation: %v", err)
	}
	for name, err := range map[string]error{"sync": f.Sync(), "syncdir": disk.SyncDir("."), "remove": disk.Remove("f")} {
		if !errors.Is(err, crashfs.ErrPowerLost) {
			t.Errorf("%s without power: %v", name, err)
		}
	}
	disk.Kill()
	b, err := disk.ReadFile("f")
	if string(b) != "ab" || err != nil {
		t.Errorf("the next program reads %q, %v", b, err)
	}
}

func TestLocksEndWithTheProcess(t *testing.T) {
	disk := crashfs.New()
	lock, err := disk.Lock("LOCK")
	do(t, err)
	if _, err := disk.Lock("LOCK"); err == nil {
		t.Error("a second lock is granted")
	}
	do(t, lock.Close())
	_, err = disk.Lock("LOCK")
	do(t, err)
	_, err = disk.Crash(1).Lock("LOCK")
	do(t, err)
	disk.Kill()
	_, err = disk.Lock("LOCK")
	do(t, err)
}

func TestFilesAndBits(t *testing.T) {
	disk := crashfs.New()
	do(t, disk.WriteFile("a/b/c", []byte{0, 0}), disk.WriteFile("a/d", nil), disk.FlipBit("a/b/c", 9))
	if diff := cmp.Diff([]string{"a/b/c", "a/d"}, disk.Files()); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	b, err := disk.Crash(3).ReadFile("a/b/c")
	if fmt.Sprint(b) != "[0 2]" || err != nil {
		t.Errorf("after a flip of bit 9: %v, %v", b, err)
	}
	if disk.FlipBit("a/b/c", 16) == nil || disk.WriteFile("../x", nil) == nil {
		t.Error("what is outside can be changed")
	}
}
