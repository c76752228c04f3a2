// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package target

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Watch tells how much of the machine was used by others: neither by the
// watched servers nor by this process. Waiting for a core behind somebody else
// looks like a slow server, so every report says how much there was of it.
type Watch struct {
	servers []*Process
	start   time.Time
	busy    time.Duration // of all cores
	own     time.Duration // of the servers and of this process
}

// NewWatch begins to watch.
func NewWatch(servers ...*Process) (*Watch, error) {
	w := &Watch{servers: servers, start: time.Now()}
	var err error
	w.busy, w.own, err = w.read()
	return w, err
}

// Others returns the share of the machine, 0 to 1, that others have used since.
func (w *Watch) Others() (float64, error) {
	busy, own, err := w.read()
	if err != nil {
		return 0, err
	}
	total := time.Since(w.start) * time.Duration(runtime.NumCPU())
	others := (busy - w.busy) - (own - w.own)
	return max(0, others.Seconds()/total.Seconds()), nil
}

func (w *Watch) read() (busy, own time.Duration, err error) {
	if busy, err = machineBusy(); err != nil {
		return 0, 0, err
	}
	var self unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_PROCESS_CPUTIME_ID, &self); err != nil {
		return 0, 0, fmt.Errorf("read own CPU clock: %w", err)
	}
	own = time.Duration(self.Nano())
	for _, s := range w.servers {
		used, err := s.CPU()
		if err != nil {
			return 0, 0, err
		}
		own += used
	}
	return busy, own, nil
}

// ticksPerSecond is what every Linux shows in /proc, whatever its own tick.
const ticksPerSecond = 100

// machineBusy returns the time that all cores together have not been idle. The
// first line of /proc/stat is: cpu user nice system idle iowait irq softirq
// steal guest guest_nice; the last two are part of user and nice already.
func machineBusy() (time.Duration, error) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, fmt.Errorf("read load of the machine: %w", err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	columns := strings.Fields(line)
	if len(columns) < 9 || columns[0] != "cpu" {
		return 0, fmt.Errorf("read /proc/stat: unknown first line %q", line)
	}
	var ticks int64
	for _, i := range []int{1, 2, 3, 6, 7, 8} {
		n, err := strconv.ParseInt(columns[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc/stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / ticksPerSecond), nil
}
