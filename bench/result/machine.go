// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package result

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

// Machine is what a number depends on besides the code.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	MemoryGiB  int    `json:"memory_gib"`
	Kernel     string `json:"kernel"`
	FileSystem string `json:"file_system"` // of the data directory
	Go         string `json:"go"`
	// Load is the load average of the minute before the run: what the machine
	// was doing besides.
	Load string `json:"load_before"`
}

// String returns the machine on one line.
func (m Machine) String() string {
	return fmt.Sprintf("%s, %d cores, %d GiB, Linux %s, %s, %s, load %s before the run",
		m.CPU, m.Cores, m.MemoryGiB, m.Kernel, m.FileSystem, m.Go, m.Load)
}

func describe(dataDir string) (Machine, error) {
	m := Machine{CPU: cpuModel(), Cores: runtime.NumCPU(), Go: runtime.Version(), Load: loadAverage()}
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return m, fmt.Errorf("read kernel release: %w", err)
	}
	m.Kernel = unix.ByteSliceToString(name.Release[:])
	var memory unix.Sysinfo_t
	if err := unix.Sysinfo(&memory); err != nil {
		return m, fmt.Errorf("read memory size: %w", err)
	}
	m.MemoryGiB = int((memory.Totalram*uint64(memory.Unit) + 1<<29) >> 30)
	var fs unix.Statfs_t
	if err := unix.Statfs(dataDir, &fs); err != nil {
		return m, fmt.Errorf("read file system of %s: %w", dataDir, err)
	}
	m.FileSystem = fileSystem(fs.Type)
	return m, nil
}

// fileSystem names the usual ones; on tmpfs a sync costs nothing, so a durable
// acknowledgement measured there says little.
func fileSystem(magic int64) string {
	switch magic {
	case unix.EXT4_SUPER_MAGIC:
		return "ext4"
	case unix.XFS_SUPER_MAGIC:
		return "xfs"
	case unix.BTRFS_SUPER_MAGIC:
		return "btrfs"
	case unix.OVERLAYFS_SUPER_MAGIC:
		return "overlayfs"
	case unix.TMPFS_MAGIC:
		return "tmpfs (syncs are free: not a durable result)"
	}
	return fmt.Sprintf("file system %#x", magic)
}

func cpuModel() string {
	text, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown CPU"
	}
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	minute, _, _ := strings.Cut(string(text), " ")
	return minute
}

// commit names what was measured; a run outside a checkout has none.
func commit(repository string) string {
	hash, err := git(repository, "rev-parse", "--short=12", "HEAD")
	if err != nil {
		return "unknown"
	}
	changed, err := git(repository, "status", "--porcelain", "--untracked-files=no")
	if err != nil || changed == "" {
		return hash
	}
	return hash + " with uncommitted changes"
}

func git(repository string, args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", repository}, args...)...).Output()
	return strings.TrimSpace(string(out)), err
}
