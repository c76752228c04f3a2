// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"github.com/leadline/leadline/internal/slice"
)

// Ring sums one series over every window of a layout.
//
// It holds the series' recent past as cells of one minute, five minutes and
// one hour, and a running sum per window. An event is added to its cell of
// every width and to each window that covers it; when time moves on, the
// minutes that have come are added to each window and the cells that have
// left it are taken off. So a sum costs nothing to read, a tick costs the same
// for 5 minutes as for 28 days, and additions commute: a ring that is being
// restored can already count.
//
// A window's start moves by whole cells (see Grain), which is why whole cells
// can be taken off and why brute force over the same edges gives the same
// integers. Cells are 32-bit; what overflows is carried beside them.
//
// A calendar window needs no cells: it takes its minutes in as they come and
// lets none go until its period ends. Then the next one begins, and the sum of
// the former is kept, to which late events are still added.
//
// A Ring is not safe for concurrent use.
type Ring struct {
	layout *Layout
	now    slice.Minute
	newest slice.Minute // minute of the newest event, 0 before the first
	oldest slice.Minute // minute of the oldest event, 0 before the first
	cells  [][]uint32   // by width: good, bad and, unless it is lean, excluded of each cell
	sums   []sum
	carry  map[place]slice.Counts
}

// place names one cell of a ring.
type place struct{ width, cell int }

// sum is the state of one window: it covers the minutes in [from, end].
type sum struct {
	from, end slice.Minute
	counts    slice.Counts
	period    *period // of a calendar window
}

// period is what a calendar window knows beside its sum: the minute in which
// the next period begins, the former one, which lies in [from, sum.from), and
// the parts that add up to the sum, since there are no cells to cut.
type period struct {
	next   slice.Minute
	from   slice.Minute
	counts slice.Counts
	width  slice.Minute // of a part
	parts  []slice.Counts
}

// NewRing returns an empty ring whose position is the given minute.
func NewRing(l *Layout, now slice.Minute) *Ring {
	r := &Ring{layout: l, now: now, cells: make([][]uint32, len(l.widths)), sums: make([]sum, len(l.spans))}
	// One block for all widths: the allocator rounds large ones up, and three
	// would waste a kilobyte.
	size := 0
	for _, w := range l.widths {
		size += w.cells * w.stride()
	}
	block := make([]uint32, size)
	for i, w := range l.widths {
		n := w.cells * w.stride()
		r.cells[i], block = block[:n:n], block[n:]
	}
	for i, p := range l.spans {
		end := r.end(p, now)
		if p.Calendar.IsZero() {
			r.sums[i] = sum{from: p.from(end), end: end}
			continue
		}
		from, next := p.Calendar.minutes(end)
		before, _ := p.Calendar.minutes(from - 1)
		r.sums[i] = sum{from: from, end: end, period: &period{next: next, from: before}}
		r.sums[i].period.cut(from)
	}
	return r
}

// from returns the first minute that the window covers when it ends in the
// given minute.
func (p placed) from(end slice.Minute) slice.Minute {
	return floor(end, slice.Minute(Grain(p.Length).Minutes())) - p.minutes
}

// of returns what the window sums of the counts.
func (p *placed) of(c slice.Counts) slice.Counts {
	if p.ValidOnly {
		c.Excluded = 0
	}
	return c
}

// end returns the last minute that the window covers at a position.
func (r *Ring) end(p placed, now slice.Minute) slice.Minute {
	if !p.AtNewest {
		return now
	}
	return min(now, max(r.newest, now-Lateness))
}

// floor returns the largest multiple of g that is not above m.
func floor(m, g slice.Minute) slice.Minute {
	r := m % g
	if r < 0 {
		r += g
	}
	return m - r
}

// Now returns the ring's position.
func (r *Ring) Now() slice.Minute { return r.now }

// Newest returns the minute of the newest event, and false before the first.
func (r *Ring) Newest() (slice.Minute, bool) { return r.newest, r.newest != 0 }

// Oldest returns the minute of the oldest event, and false before the first.
func (r *Ring) Oldest() (slice.Minute, bool) { return r.oldest, r.oldest != 0 }

// Sum returns the counts of the i-th window of the layout.
func (r *Ring) Sum(i int) slice.Counts { return r.sums[i].counts }

// Edges returns the first and the last minute that the i-th window covers.
func (r *Ring) Edges(i int) (first, last slice.Minute) { return r.sums[i].from, r.sums[i].end }

// Holds reports whether there was an event in the minutes from <= m < to, of
// which the cells of the i-th window say so: to the hour at worst, which is
// then taken for whole. A calendar window has no cells, and goes by the oldest
// event of all.
func (r *Ring) Holds(i int, from, to slice.Minute) bool {
	p := &r.layout.spans[i]
	if !p.Calendar.IsZero() {
		return r.oldest != 0 && floor(max(r.oldest, from), 60) < to && from <= r.newest
	}
	step := r.layout.widths[p.width].minutes
	for at := floor(from, step); at < min(to, r.now+Slack+1); at += step {
		if !p.of(r.cell(p.width, at)).IsZero() {
			return true
		}
	}
	return false
}

// Former returns the counts and the minutes of the period before the one of
// the i-th window; false when that is no calendar window.
func (r *Ring) Former(i int) (c slice.Counts, first, last slice.Minute, ok bool) {
	s := &r.sums[i]
	if s.period == nil {
		return c, 0, 0, false
	}
	return s.period.counts, s.period.from, s.from - 1, true
}

// Add counts events of one minute, which may lie up to Slack minutes after
// the position. It reports whether the minute could be counted; what lies
// further ahead cannot, and what is older than every window changes nothing.
func (r *Ring) Add(m slice.Minute, c slice.Counts) bool {
	if !r.AddSilence(m, c) {
		return false
	}
	if !c.IsZero() {
		r.Note(m)
	}
	return true
}

// AddSilence counts like Add what is no event: the ring sums it, and its
// oldest and newest event stay what they are.
func (r *Ring) AddSilence(m slice.Minute, c slice.Counts) bool {
	if m > r.now+Slack {
		return false
	}
	if c.IsZero() {
		return true
	}
	for width := range r.layout.widths {
		r.addCell(width, m, c)
	}
	for i := range r.sums {
		r.sums[i].add(m, r.layout.spans[i].of(c))
	}
	return true
}

// add counts what a window or its former period covers.
func (s *sum) add(m slice.Minute, c slice.Counts) {
	switch {
	case s.from <= m && m <= s.end:
		s.take(m, c)
	case s.period != nil && s.period.from <= m && m < s.from:
		s.period.counts = s.period.counts.Plus(c)
	}
}

// take adds a minute that the window covers.
func (s *sum) take(m slice.Minute, c slice.Counts) {
	s.counts = s.counts.Plus(c)
	if s.period != nil {
		s.period.addPart(s.from, m, c)
	}
}

// Note says that there was an event in a minute, which may not be counted here.
func (r *Ring) Note(m slice.Minute) {
	r.newest = max(r.newest, m)
	if r.oldest == 0 || m < r.oldest {
		r.oldest = m
	}
}

// Advance moves the position to the given minute; it never moves back. The
// windows take their new minutes in and let their old cells go before any
// cell is used again.
func (r *Ring) Advance(now slice.Minute) {
	now = max(now, r.now)
	for i, p := range r.layout.spans {
		r.extend(i, r.end(p, now))
		if p.Calendar.IsZero() {
			r.expire(i, p.from(r.sums[i].end))
		}
	}
	if now > r.now {
		r.clear(now)
	}
}

// extend adds to a window the minutes after its end, through the new end.
// Beyond Slack after the old position there is nothing to add.
func (r *Ring) extend(i int, end slice.Minute) {
	s := &r.sums[i]
	for m := s.end + 1; m <= min(end, r.now+Slack); m++ {
		r.turn(i, m)
		s.take(m, r.layout.spans[i].of(r.cell(0, m)))
	}
	s.end = max(s.end, end)
	r.turn(i, s.end)
}

// turn begins the period of a calendar window that holds the minute, if its
// own has ended.
func (r *Ring) turn(i int, m slice.Minute) {
	s := &r.sums[i]
	for s.period != nil && m >= s.period.next {
		_, next := r.layout.spans[i].Calendar.minutes(s.period.next)
		*s.period, s.from, s.counts = period{next: next, from: s.from, counts: s.counts}, s.period.next, slice.Counts{}
		s.period.cut(s.from)
	}
}

// expire takes off a window the cells before its new start.
func (r *Ring) expire(i int, from slice.Minute) {
	s, p := &r.sums[i], &r.layout.spans[i]
	width := p.width
	step := r.layout.widths[width].minutes
	for m := s.from; m < min(from, r.now+Slack+1); m += step {
		s.counts = s.counts.Minus(p.of(r.cell(width, m)))
	}
	s.from = max(s.from, from)
}

// clear moves the position and empties the cells that come into reach.
func (r *Ring) clear(now slice.Minute) {
	for width, w := range r.layout.widths {
		first := floor(r.now+Slack, w.minutes) + w.minutes
		last := floor(now+Slack, w.minutes)
		first = max(first, last-slice.Minute(w.cells-1)*w.minutes)
		for m := first; m <= last; m += w.minutes {
			at := r.place(width, m)
			clear(r.at(at))
			delete(r.carry, at)
		}
	}
	r.now = now
}

// place returns where the cell of one width that holds the minute lies when
// the ring reaches it.
func (r *Ring) place(width int, m slice.Minute) place {
	w := r.layout.widths[width]
	n := floor(m, w.minutes) / w.minutes
	return place{width, int(n - floor(n, slice.Minute(w.cells)))}
}

// reaches reports whether the ring has a cell of this width for the minute.
func (r *Ring) reaches(width int, m slice.Minute) bool {
	w := r.layout.widths[width]
	head := floor(r.now+Slack, w.minutes)
	return m < head+w.minutes && m >= head-slice.Minute(w.cells-1)*w.minutes
}

// cell returns what the cell of one width that holds the minute has counted.
func (r *Ring) cell(width int, m slice.Minute) slice.Counts {
	if !r.reaches(width, m) {
		return slice.Counts{}
	}
	at := r.place(width, m)
	c := counts(r.at(at))
	if r.carry != nil {
		c = c.Plus(r.carry[at])
	}
	return c
}

// at returns the numbers of a cell.
func (r *Ring) at(p place) []uint32 {
	n := r.layout.widths[p.width].stride()
	return r.cells[p.width][p.cell*n : (p.cell+1)*n]
}

func counts(cell []uint32) slice.Counts {
	c := slice.Counts{Good: uint64(cell[0]), Bad: uint64(cell[1])}
	if len(cell) > 2 {
		c.Excluded = uint64(cell[2])
	}
	return c
}

// addCell adds to the cell of one width that holds the minute, if the ring
// reaches that far.
func (r *Ring) addCell(width int, m slice.Minute, c slice.Counts) {
	if !r.reaches(width, m) {
		return
	}
	at := r.place(width, m)
	low := r.at(at)
	if len(low) == 2 {
		c.Excluded = 0
	}
	whole := counts(low).Plus(c)
	low[0], low[1] = uint32(whole.Good), uint32(whole.Bad)
	if len(low) > 2 {
		low[2] = uint32(whole.Excluded)
	}
	if over := whole.Minus(counts(low)); !over.IsZero() {
		if r.carry == nil {
			r.carry = make(map[place]slice.Counts)
		}
		r.carry[at] = r.carry[at].Plus(over)
	}
}
