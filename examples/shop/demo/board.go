// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// redrawEvery is how often running times tick on a terminal.
const redrawEvery = 100 * time.Millisecond

// board is the list of what has to be done before the shop opens: a line each,
// with the time that it takes.
type board struct {
	screen *screen

	mu    sync.Mutex
	tasks []*task
}

// task is one line of the board.
type task struct {
	board *board
	name  string

	note     string // what it does, then what came of it
	from, to time.Time
	state    taskState
}

type taskState uint8

const (
	waiting taskState = iota
	working
	done
	failed
)

// newBoard lists tasks that wait to be begun, and what each waits for.
func newBoard(s *screen, names ...[2]string) *board {
	b := &board{screen: s}
	for _, n := range names {
		b.tasks = append(b.tasks, &task{board: b, name: n[0], note: n[1]})
	}
	return b
}

// run shows the board until the returned function is called, which leaves the
// lines on the screen for good.
func (b *board) run() (leave func()) {
	ctx, stop := context.WithCancel(context.Background())
	var shown sync.WaitGroup
	shown.Go(func() {
		tick := time.NewTicker(redrawEvery)
		defer tick.Stop()
		for {
			b.show(time.Now())
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
	return sync.OnceFunc(func() {
		stop()
		shown.Wait()
		b.leave()
	})
}

// show redraws the board where that can be; elsewhere each line is printed when
// its task ends.
func (b *board) show(now time.Time) {
	if b.screen.live {
		b.screen.under(now, b.lines(now)...)
	}
}

func (b *board) leave() {
	if !b.screen.live {
		return
	}
	b.screen.under(time.Time{})
	for _, l := range b.lines(time.Now()) {
		b.screen.say("%s", l)
	}
}

func (b *board) lines(now time.Time) (lines []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tasks {
		lines = append(lines, t.line(now))
	}
	return lines
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// line is the task as it stands; its board is locked.
func (t *task) line(now time.Time) string {
	ink := t.board.screen.ink
	mark, took, note := "·", "", t.note
	switch t.state {
	case waiting:
		return ink.quiet(fmt.Sprintf("  %s %-8s %6s  %s", mark, t.name, "", note))
	case working:
		mark, took = spinner[int(now.Sub(t.from)/redrawEvery)%len(spinner)], ticking(now.Sub(t.from))
	case done:
		mark, took = ink.good("✓"), ticking(t.to.Sub(t.from))
	case failed:
		mark, took = ink.bad("✗"), ticking(t.to.Sub(t.from))
	}
	return fmt.Sprintf("  %s %s %s  %s", mark, ink.bold(fmt.Sprintf("%-8s", t.name)), ink.quiet(fmt.Sprintf("%6s", took)), note)
}

// task returns the line of a name.
func (b *board) task(name string) *task {
	for _, t := range b.tasks {
		if t.name == name {
			return t
		}
	}
	panic("BUG: no task " + name + " is on the board")
}

// begin says what is being done.
func (t *task) begin(format string, args ...any) {
	t.enter(working, format, args...)
}

// tell says how far it is.
func (t *task) tell(format string, args ...any) {
	t.board.mu.Lock()
	defer t.board.mu.Unlock()
	t.note = fmt.Sprintf(format, args...)
}

// done says what came of it.
func (t *task) done(format string, args ...any) {
	t.enter(done, format, args...)
}

// failed says why nothing came of it.
func (t *task) failed(format string, args ...any) {
	t.enter(failed, format, args...)
}

func (t *task) enter(state taskState, format string, args ...any) {
	now := time.Now()
	t.board.mu.Lock()
	t.state, t.note = state, fmt.Sprintf(format, args...)
	if state == working {
		t.from = now
	}
	t.to = now
	line := t.line(now)
	t.board.mu.Unlock()
	if !t.board.screen.live && state != working {
		t.board.screen.say("%s", line)
	}
}

// ticking prints a running time, which short ones do in tenths of a second.
func ticking(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return span(d)
}
