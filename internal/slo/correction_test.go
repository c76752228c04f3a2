// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slo_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/testkit/textcase"
	"github.com/leadline/leadline/internal/window"
)

// TestCorrectionCases runs the text cases in testdata/corrections.txt, which
// say at their head how to read them.
func TestCorrectionCases(t *testing.T) {
	textcase.Run(t, "testdata/corrections.txt", func(t *testing.T, _ string, c textcase.Case) []string {
		w := &ledger{t: t, o: &slo.Objective{}, bad: map[slice.Minute]uint64{}}
		for _, line := range c.Given {
			w.line(line)
		}
		return w.said
	})
}

// ledger is one objective to which corrections are made.
type ledger struct {
	t    *testing.T
	o    *slo.Objective
	now  time.Time
	bad  map[slice.Minute]uint64
	said []string
}

func (w *ledger) line(line string) {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "windows":
		var all []window.Window
		for _, text := range strings.Split(rest, ", ") {
			all = append(all, w.window(text))
		}
		w.o.Window, w.o.Others = all[0], all[1:]
	case "now":
		w.now = w.time(rest)
	case "bad":
		words := strings.Fields(rest)
		w.bad[slice.MinuteOf(w.time(words[0]))] += w.number(words[1])
	case "many":
		for range w.number(rest) {
			w.o = w.o.Corrected(slo.Correction{ID: int64(len(w.o.Corrections) + 1), Kind: slo.ExcludeAll, From: w.now.Add(-time.Hour), To: w.now})
		}
	case "withdraw":
		o, ok := w.o.Without(int64(w.number(rest)))
		w.o, w.said = o, append(w.said, fmt.Sprintf("withdrawn: %v, %d left", ok, len(o.Corrections)))
	case "exclude", "exclude_bad", "forgive":
		w.correct(slo.CorrectionKind(word), rest)
	default:
		w.t.Fatalf("line %q: unknown word", line)
	}
}

// correct reads "FROM TO [N] by AUTHOR: REASON".
func (w *ledger) correct(kind slo.CorrectionKind, text string) {
	what, signed, _ := strings.Cut(" "+text, " by ")
	c := slo.Correction{ID: int64(len(w.o.Corrections) + 1), Kind: kind}
	c.Author, c.Reason, _ = strings.Cut(signed, ": ")
	c.Reason = strings.Replace(c.Reason, "LONG", strings.Repeat("ä", 500), 1)
	words := strings.Fields(what)
	if len(words) > 1 {
		c.From, c.To = w.time(words[0]), w.time(words[1])
	}
	err := w.o.CheckCorrection(&c, w.now)
	if err == nil && kind == slo.ExcludeBad {
		n := uint64(0)
		if len(words) > 2 {
			n = w.number(words[2])
		}
		err = w.o.Allot(&c, n, w.bad)
	}
	if err != nil {
		if errs.KindOf(err) == errs.Internal {
			w.t.Errorf("%v has no kind", err)
		}
		w.said = append(w.said, err.Error())
		if hint := errs.HintOf(err); hint != "" {
			w.said = append(w.said, "hint: "+hint)
		}
		return
	}
	w.o = w.o.Corrected(c)
	said := fmt.Sprintf("correction %d of %d minutes", c.ID, c.Stretch().To-c.Stretch().From)
	for _, b := range c.Bad {
		said += fmt.Sprintf(", %d bad of %s", b.Bad, b.Minute.Start().Format("15:04"))
	}
	w.said = append(w.said, said)
}

func (w *ledger) window(text string) window.Window {
	if period, found := strings.CutPrefix(text, "calendar "); found {
		return window.Calendar{Period: window.Period(period)}.Of()
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		w.t.Fatal(err)
	}
	return window.Window{Length: d}
}

// time reads "11-23T10:00" of 2026, with seconds perhaps.
func (w *ledger) time(text string) time.Time {
	if len(text) == len("11-23T10:00") {
		text += ":00"
	}
	at, err := time.Parse("2006-01-02T15:04:05", "2026-"+text)
	if err != nil {
		w.t.Fatal(err)
	}
	return at
}

func (w *ledger) number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestCorrectionsNeverLeaveOutMoreThanWasCounted makes and withdraws random
// corrections of bad events: of no minute more are left out than it counted.
func TestCorrectionsNeverLeaveOutMoreThanWasCounted(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	first := slice.Minute(29_000_000)
	for range 200 {
		o, bad := &slo.Objective{}, map[slice.Minute]uint64{}
		for m := first; m < first+60; m++ {
			bad[m] = rng.Uint64N(4)
		}
		for id := range int64(30) {
			from := first + slice.Minute(rng.IntN(60))
			c := slo.Correction{ID: id, Kind: slo.ExcludeBad, From: from.Start(), To: (from + 1 + slice.Minute(rng.IntN(30))).Start()}
			if n := rng.Uint64N(20); o.Allot(&c, n, bad) == nil {
				if n > 0 && c.Left() != n {
					t.Fatalf("%d bad events are left out, want %d", c.Left(), n)
				}
				o = o.Corrected(c)
			}
			if rng.IntN(4) == 0 {
				o, _ = o.Without(rng.Int64N(id + 1))
			}
		}
		for m, n := range o.ExcludedBad(window.Stretch{From: first, To: first + 100}) {
			if n > bad[m] {
				t.Fatalf("%d of %d bad events are left out", n, bad[m])
			}
		}
	}
}
