// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package target

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the user and system time that the process has used. It reads
// the process's CPU clock: the sum that /proc/PID/stat shows as utime+stime,
// in nanoseconds instead of hundredths of a second.
func (p *Process) CPU() (time.Duration, error) {
	var t unix.Timespec
	if err := unix.ClockGettime(cpuClock(p.PID()), &t); err != nil {
		return 0, fmt.Errorf("read CPU clock of %s: %w", p.Name, err)
	}
	return time.Duration(t.Nano()), nil
}

// cpuClock builds the id that clock_getcpuclockid(3) returns for a process:
// the inverted process id above three bits that say "scheduler's sum, all threads".
func cpuClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// Memory is what a process holds, in bytes.
type Memory struct {
	RSS  int64 `json:"rss_bytes"`
	Peak int64 `json:"peak_bytes"`
}

// Memory returns the resident memory now and at its highest.
func (p *Process) Memory() (Memory, error) {
	path := fmt.Sprintf("/proc/%d/status", p.PID())
	f, err := os.Open(path)
	if err != nil {
		return Memory{}, fmt.Errorf("read memory of %s: %w", p.Name, err)
	}
	defer f.Close()
	var m Memory
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		switch name, value, _ := strings.Cut(lines.Text(), ":"); name {
		case "VmRSS":
			m.RSS, err = kibibytes(value)
		case "VmHWM":
			m.Peak, err = kibibytes(value)
		}
		if err != nil {
			return Memory{}, fmt.Errorf("read %s: %w", path, err)
		}
	}
	return m, lines.Err()
}

func kibibytes(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(text), " kB"), 10, 64)
	return n << 10, err
}

// DiskUse returns the bytes of the files in a folder and below whose path
// contains part. Files that vanish meanwhile count as zero.
func DiskUse(dir, part string) (int64, error) {
	var sum int64
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return ignoreVanished(err)
		}
		if entry.IsDir() || !strings.Contains(path, part) {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return ignoreVanished(err)
		}
		sum += info.Size()
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("measure %s: %w", dir, err)
	}
	return sum, nil
}

func ignoreVanished(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}
