// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package screen shows on a terminal what happened and what is under way.
//
// It owns the lines that can be redrawn, the colours, and how durations and
// numbers read. It knows nothing of what it shows. On anything but a terminal
// it prints the same without redrawing, and what is under way only now and then.
package screen

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/sys/unix"
)

// plainEvery is how often what is under way is said where lines cannot be
// redrawn, so that a log stays short.
const plainEvery = 30 * time.Second

// Screen is what the demo shows. What happened is printed once and scrolls; what
// is under way stands below it, and is redrawn where that is a terminal.
type Screen struct {
	out   io.Writer
	Live  bool // lines can be redrawn
	Ink   Ink
	Width int

	mu    sync.Mutex
	below []string  // what is under way
	drawn int       // how many lines of it are on the terminal
	due   time.Time // when it may be printed again, where it is not redrawn
}

// Plain shows without colours and redrawn lines.
func Plain(out io.Writer) *Screen { return &Screen{out: out, Width: 100} }

// New shows on a file: with colours and redrawn lines if it is a terminal
// that has not asked for less.
func New(f *os.File, getenv func(string) string) *Screen {
	s := Plain(f)
	size, err := unix.IoctlGetWinsize(int(f.Fd()), unix.TIOCGWINSZ)
	if err != nil || getenv("TERM") == "dumb" {
		return s
	}
	s.Live, s.Ink = true, getenv("NO_COLOR") == ""
	s.Width = cmp.Or(int(size.Col), s.Width)
	return s
}

// Say prints lines that stay.
func (s *Screen) Say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprintf(s.out, format+"\n", args...)
	s.draw()
}

// Under shows what is under way in place of what was; nothing clears it. Where
// lines cannot be redrawn they are printed, now and then.
func (s *Screen) Under(now time.Time, lines ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Live {
		s.erase()
		s.below = lines
		s.draw()
		return
	}
	if len(lines) == 0 {
		s.due = time.Time{}
		return
	}
	if s.due.IsZero() {
		s.due = now.Add(plainEvery) // what was just said need not be said again
	}
	if now.Before(s.due) {
		return
	}
	s.due = now.Add(plainEvery)
	fmt.Fprintln(s.out, strings.Join(lines, "\n"))
}

// Typed says that somebody pressed Enter, which a terminal shows as a new line
// below what is under way.
func (s *Screen) Typed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.drawn > 0 {
		s.drawn++
	}
}

func (s *Screen) erase() {
	if s.drawn > 0 {
		fmt.Fprintf(s.out, "\x1b[%dA\r\x1b[J", s.drawn)
		s.drawn = 0
	}
}

func (s *Screen) draw() {
	for _, l := range s.below {
		fmt.Fprintln(s.out, fit(l, s.Width-1))
	}
	s.drawn = len(s.below)
}

// fit cuts a line that a terminal would break, so that it can be erased again.
// Colours take no room.
func fit(line string, width int) string {
	var b strings.Builder
	room := width
	for line != "" {
		if strings.HasPrefix(line, "\x1b[") {
			if end := strings.IndexByte(line, 'm'); end > 0 {
				b.WriteString(line[:end+1])
				line = line[end+1:]
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(line)
		if room == 1 && utf8.RuneCountInString(line) > 1 && !strings.HasPrefix(line[size:], "\x1b[") {
			b.WriteString("…\x1b[0m")
			break
		}
		b.WriteRune(r)
		line, room = line[size:], room-1
	}
	return b.String()
}

// Ink colours text, or leaves it as it is. Nothing is said by colour alone.
type Ink bool

func (i Ink) paint(code, text string) string {
	if !i || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (i Ink) Bold(text string) string  { return i.paint("1", text) }
func (i Ink) Quiet(text string) string { return i.paint("2", text) }
func (i Ink) Good(text string) string  { return i.paint("32", text) }
func (i Ink) Bad(text string) string   { return i.paint("1;31", text) }
func (i Ink) Link(text string) string  { return i.paint("4;36", text) }

// Span prints a duration for people: "12s", "1m05s".
func Span(d time.Duration) string {
	if d = max(d, 0).Round(time.Second); d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
}

// Thousands prints a number for people.
func Thousands(n int64) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// Stamp is the time of day.
func (s *Screen) Stamp() string { return s.Ink.Quiet(time.Now().Format("15:04")) }
