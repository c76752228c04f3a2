// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package slice_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/leadline/leadline/internal/slice"
)

func TestMinutes(t *testing.T) {
	for _, c := range []struct {
		name string
		at   time.Time
		want slice.Minute
	}{
		{"the epoch", time.Unix(0, 0), 0},
		{"the last nanosecond of a minute", time.Unix(60, -1), 0},
		{"the first of the next", time.Unix(60, 0), 1},
		{"before the epoch", time.Unix(0, -1), -1},
		{"a whole minute before the epoch", time.Unix(-60, 0), -1},
		{"another zone", time.Date(1970, 1, 1, 1, 1, 0, 0, time.FixedZone("", 3600)), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := slice.MinuteOf(c.at)
			if got != c.want {
				t.Fatalf("got %d, want %d", got, c.want)
			}
			if c.at.Before(got.Start()) || !c.at.Before(got.Stamp()) {
				t.Errorf("%s is not in [%s, %s)", c.at, got.Start(), got.Stamp())
			}
			if after := slice.MinuteOf(got.Stamp()); after != got+1 || got.UnixMilli() != got.Stamp().UnixMilli() {
				t.Errorf("stamp %s, %d ms: begins minute %d, want %d", got.Stamp(), got.UnixMilli(), after, got+1)
			}
		})
	}
}

func TestCountsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Uint64Range(0, 1<<60)
		a := slice.Counts{Good: n.Draw(t, "good"), Bad: n.Draw(t, "bad"), Excluded: n.Draw(t, "excluded")}
		b := slice.Counts{Good: n.Draw(t, "good"), Bad: n.Draw(t, "bad"), Excluded: n.Draw(t, "excluded")}
		if got := a.Plus(b).Minus(b); got != a {
			t.Errorf("%+v + %+v - %+v is %+v", a, b, b, got)
		}
		if got := a.Plus(b).Total(); got != a.Total()+b.Total() {
			t.Errorf("the total of the sum is %d", got)
		}
	})
}

func TestTableInterns(t *testing.T) {
	table := slice.NewTable(2)
	a, ok := table.Intern(slice.Key{Indicator: "a"})
	again, _ := table.Intern(slice.Key{Indicator: "a"})
	b, _ := table.Intern(slice.Key{Indicator: "b", Tally: slice.Silent})
	if !ok || a != again || a == b || a.Ref != 0 || b.Ref != 1 {
		t.Errorf("got %+v, %+v, %+v", a, again, b)
	}
	if _, ok := table.Intern(slice.Key{Indicator: "c"}); ok || table.Len() != 2 || len(table.All()) != 2 {
		t.Errorf("a full table took a third key: %d series", table.Len())
	}
	if again, ok := table.Intern(slice.Key{Indicator: "b", Tally: slice.Silent}); !ok || again != b {
		t.Error("a full table forgot a key that it has")
	}
	reserved := table.Reserve(slice.Key{Indicator: "c"})
	if again, ok := table.Intern(slice.Key{Indicator: "c"}); !ok || again != reserved || reserved.Ref != 2 {
		t.Errorf("a reserved key has %+v, then %+v", reserved, again)
	}
}

// TestReleasedNumbers: the number of a released baseline goes to another
// baseline only, since who keeps state by number keeps none of baselines.
func TestReleasedNumbers(t *testing.T) {
	table := slice.NewTable(3)
	old, _ := table.Intern(slice.Key{Operation: "a", Version: "1"})
	table.Intern(slice.Key{Operation: "a", Version: "2"})
	before := table.All()
	table.Release(old)
	if table.Holds(old) || table.Len() != 1 {
		t.Errorf("holds %v, %d series", table.Holds(old), table.Len())
	}
	if objective := table.Reserve(slice.Key{Indicator: "i"}); objective.Ref != 2 {
		t.Errorf("an indicator has number %d", objective.Ref)
	}
	next, ok := table.Intern(slice.Key{Operation: "a", Version: "3"})
	if !ok || next.Ref != old.Ref || table.Len() != 3 || table.All()[old.Ref] != next || before[old.Ref] != old {
		t.Errorf("%v has number %d, want %d, of %d series", next.Key, next.Ref, old.Ref, table.Len())
	}
	if _, ok := table.Intern(slice.Key{Operation: "a", Version: "1"}); ok {
		t.Error("a full table takes what it released")
	}
}
