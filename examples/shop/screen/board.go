// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package screen

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	// redrawEvery is how often running times tick on a terminal.
	redrawEvery = 100 * time.Millisecond
	// remindEvery is how often a task that takes long is shown elsewhere.
	remindEvery = 10 * time.Second
)

// Board is the list of what has to be done before the shop opens: a line each,
// with the time that it takes.
type Board struct {
	screen *Screen

	mu    sync.Mutex
	tasks []*Task
}

// Task is one line of the board.
type Task struct {
	board *Board
	name  string

	note     string // what it does, then what came of it
	from, to time.Time
	due      time.Time // when it is to be shown again, where nothing is redrawn
	state    taskState
}

type taskState uint8

const (
	waiting taskState = iota
	working
	done
	failed
)

// NewBoard lists tasks that wait to be begun, and what each waits for.
func NewBoard(s *Screen, names ...[2]string) *Board {
	b := &Board{screen: s}
	for _, n := range names {
		b.tasks = append(b.tasks, &Task{board: b, name: n[0], note: n[1]})
	}
	return b
}

// Run shows the board until the returned function is called, which leaves the
// lines on the screen for good.
func (b *Board) Run() (leave func()) {
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
// its task ends, and now and then before that.
func (b *Board) show(now time.Time) {
	if b.screen.Live {
		b.screen.Under(now, b.lines(now)...)
		return
	}
	for _, l := range b.late(now) {
		b.screen.Say("%s", l)
	}
}

// late are the tasks that have been at work for long since they were shown.
func (b *Board) late(now time.Time) (lines []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tasks {
		if t.state == working && !now.Before(t.due) {
			t.due = now.Add(remindEvery)
			lines = append(lines, t.line(now))
		}
	}
	return lines
}

func (b *Board) leave() {
	if !b.screen.Live {
		return
	}
	b.screen.Under(time.Time{})
	for _, l := range b.lines(time.Now()) {
		b.screen.Say("%s", l)
	}
}

func (b *Board) lines(now time.Time) (lines []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.tasks {
		lines = append(lines, t.line(now))
	}
	return lines
}

var spinner = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

// line is the task as it stands; its board is locked.
func (t *Task) line(now time.Time) string {
	ink := t.board.screen.Ink
	mark, took, note := "·", "", t.note
	switch t.state {
	case waiting:
		return ink.Quiet(fmt.Sprintf("  %s %-8s %6s  %s", mark, t.name, "", note))
	case working:
		mark, took = spinner[int(now.Sub(t.from)/redrawEvery)%len(spinner)], ticking(now.Sub(t.from))
	case done:
		mark, took = ink.Good("✓"), ticking(t.to.Sub(t.from))
	case failed:
		mark, took = ink.Bad("✗"), ticking(t.to.Sub(t.from))
	}
	return fmt.Sprintf("  %s %s %s  %s", mark, ink.Bold(fmt.Sprintf("%-8s", t.name)), ink.Quiet(fmt.Sprintf("%6s", took)), note)
}

// Task returns the line of a name.
func (b *Board) Task(name string) *Task {
	for _, t := range b.tasks {
		if t.name == name {
			return t
		}
	}
	panic("BUG: no task " + name + " is on the board")
}

// Begin says what is being done.
func (t *Task) Begin(format string, args ...any) {
	t.enter(working, format, args...)
}

// Tell says how far it is.
func (t *Task) Tell(format string, args ...any) {
	t.board.mu.Lock()
	defer t.board.mu.Unlock()
	t.note = fmt.Sprintf(format, args...)
}

// Done says what came of it.
func (t *Task) Done(format string, args ...any) {
	t.enter(done, format, args...)
}

// Failed says why nothing came of it.
func (t *Task) Failed(format string, args ...any) {
	t.enter(failed, format, args...)
}

func (t *Task) enter(state taskState, format string, args ...any) {
	now := time.Now()
	t.board.mu.Lock()
	t.state, t.note = state, fmt.Sprintf(format, args...)
	if state == working {
		t.from, t.due = now, now.Add(remindEvery)
	}
	t.to = now
	line := t.line(now)
	t.board.mu.Unlock()
	if !t.board.screen.Live && state != working {
		t.board.screen.Say("%s", line)
	}
}

// ticking prints a running time, which short ones do in tenths of a second.
func ticking(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return Span(d)
}
