// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// self is this test as a Process, for the readers of its cost.
func self(t *testing.T) *Process {
	t.Helper()
	found, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	return &Process{Name: "self", cmd: &exec.Cmd{Process: found}}
}

// TestCPUIsWhatProcStatShows guards the arithmetic of the clock id: a wrong
// one reads another process, or one thread.
func TestCPUIsWhatProcStatShows(t *testing.T) {
	p := self(t)
	sum := 0
	for stat(t) < 300*time.Millisecond {
		sum += len(fmt.Sprint(sum))
	}
	before := stat(t)
	got, err := p.CPU()
	if err != nil {
		t.Fatal(err)
	}
	// The file counts whole ticks of 10 ms, rounded down, and was read first.
	if got < before || got > stat(t)+2*tick {
		t.Errorf("got %s of CPU, /proc/self/stat says %s", got, before)
	}
}

const tick = 10 * time.Millisecond

// stat returns utime+stime of this process.
func stat(t *testing.T) time.Duration {
	t.Helper()
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), ") ")
	columns := strings.Fields(after)
	var ticks int
	for _, column := range columns[11:13] {
		n, err := strconv.Atoi(column)
		if err != nil {
			t.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

func TestMemoryIsResidentAndBelowItsPeak(t *testing.T) {
	m, err := self(t).Memory()
	if err != nil {
		t.Fatal(err)
	}
	if m.RSS < 1<<20 || m.Peak < m.RSS {
		t.Errorf("got %+v", m)
	}
}
