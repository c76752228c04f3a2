// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

const (
	diskBytes  = 192 << 20
	fillCycles = 10
)

// TestAFullDiskRefusesAndRecovers fills the disk under load and frees it
// again: intake must refuse with 503 while it is full, go on by itself when
// space returns, and have kept whatever it acknowledged. Every other time the
// last byte is taken, and once the server is killed and started on a full disk.
func TestAFullDiskRefusesAndRecovers(t *testing.T) {
	in, l := install(t, map[string]string{"shop.yaml": shopFile}), newLedger()
	in.data = filepath.Join(mountTmpfs(t), "data")
	s := in.start()
	x := newTraffic(t, l)
	x.every *= 4
	x.aim(s.at)
	x.start(1, 4)
	for cycle := range fillCycles {
		x.accepts(t)
		filler := fill(t, filepath.Dir(in.data), cycle%2 == 1)
		x.isRefused(t)
		if cycle == fillCycles/2 {
			s.kill()
			s = in.start()
			x.aim(s.at)
			x.isRefused(t)
		}
		if status, body := s.status("/api/v1/slos"); status != 200 {
			t.Errorf("on a full disk the API answers %d: %s", status, body)
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
	}
	x.finish()
	eventually(t, "the server says that it refused", func() string {
		for _, name := range []string{"intake-accepts", "log-commits"} {
			if o := s.self()[name]; o.Bad == nil || *o.Bad == 0 {
				return name + " counts no failure"
			}
		}
		return ""
	})
	t.Logf("%d times full, %d spans, %d requests sent again", fillCycles, l.spans, x.again.Load())
	s.settled(t, l)
	s.kill()
	s = in.start()
	s.settled(t, l)
	s.stop()
}

// accepts waits until requests are acknowledged.
func (x *traffic) accepts(t *testing.T) {
	t.Helper()
	before := x.acked.Load()
	eventually(t, "requests are acknowledged", func() string {
		if x.acked.Load() == before {
			return "none is"
		}
		return ""
	})
}

// isRefused waits until requests are refused, and makes sure that none is
// acknowledged after that.
func (x *traffic) isRefused(t *testing.T) {
	t.Helper()
	before := x.again.Load()
	eventually(t, "requests are refused", func() string {
		if x.again.Load() < before+4 {
			return "they are not"
		}
		return ""
	})
	acked := x.acked.Load()
	time.Sleep(300 * time.Millisecond)
	if n := x.acked.Load() - acked; n > 0 {
		t.Errorf("%d spans were acknowledged on a full disk", n)
	}
}

// mountTmpfs mounts a small file system, which only root may do.
func mountTmpfs(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		skip(t, "only root may mount a small file system")
	}
	dir := t.TempDir()
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", fmt.Sprintf("size=%d", diskBytes), "leadline-e2e", dir).CombinedOutput()
	if err != nil {
		skip(t, fmt.Sprintf("a tmpfs cannot be mounted here: %s", bytes.TrimSpace(out)))
	}
	t.Cleanup(func() {
		// Processes that the test started have ended: their clean-up ran first.
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount %s: %v", dir, err)
		}
	})
	return dir
}

// fill takes the space of a file system: down to within the reserve, or all.
func fill(t *testing.T, dir string, all bool) string {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const step = 1 << 20
	for {
		var s syscall.Statfs_t
		if err := syscall.Statfs(dir, &s); err != nil {
			t.Fatal(err)
		}
		if free := int64(s.Bavail) * s.Bsize; !all && free < 60<<20 {
			return name
		}
		if _, err := f.Write(make([]byte, step)); errors.Is(err, syscall.ENOSPC) {
			return name
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
