// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package backfill

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

func newSource(g Generation, service operation.Service, name string) *source {
	return &source{
		service: service, operation: operation.Operation{Name: name, Kind: operation.KindOf(name)},
		seed: g.Seed ^ xxh3.HashString(service.String()+"\x00"+name), rate: g.Rate, failing: usualFailing, slow: usualSlow,
		found: make(map[slice.Minute]*Incident),
	}
}

// The shares of bad events on a healthy day where no target is stricter.
const (
	usualFailing = 0.01
	usualSlow    = 0.1
)

// random returns the random numbers of one thing, here a minute or a period,
// so that what is drawn for one does not move what is drawn for another.
func (s *source) random(what uint64, at slice.Minute) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed^what<<56, uint64(at)))
}

// What random numbers are drawn for.
const (
	forEvents = iota
	forIncident
)

// The rhythm: a trough at night, a peak in the afternoon, quieter weekends,
// and noise.
const (
	peakHour     = 14
	dailySwing   = 0.65 // of the mean, up and down
	weekendShare = 0.6  // of a weekday
	secondsADay  = 24 * 3600
)

// Peak is how many times the mean rate the busiest minute of a week has.
const Peak = 7 / (5 + 2*weekendShare) * (1 + dailySwing)

// expected returns how many events the minute should have.
func (s *source) expected(m slice.Minute) float64 {
	at := m.Start()
	angle := 2 * math.Pi * (float64(at.Unix()%secondsADay)/secondsADay - peakHour/24.0)
	week := 7 / (5 + 2*weekendShare)
	if d := at.Weekday(); d == time.Saturday || d == time.Sunday {
		week *= weekendShare
	}
	return s.rate * week * (1 + dailySwing*math.Cos(angle))
}

// poisson draws a number of independent events whose mean is known: by
// Knuth's product of uniforms for few, by the normal approximation, whose
// error nobody sees in a picture, for many.
func poisson(r *rand.Rand, mean float64) int {
	if mean > 40 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*r.NormFloat64())))
	}
	limit, n := math.Exp(-mean), 0
	for p := r.Float64(); p > limit; p *= r.Float64() {
		n++
	}
	return n
}

// spread is the standard deviation of the logarithm of durations: the slowest
// of a hundred takes four times as long as the median.
const spread = 0.6

// median returns the duration that half of the events stay below, so that the
// share of those above the threshold is that of bad events on a healthy day.
func (s *source) median() time.Duration {
	if s.under == 0 {
		return 40 * time.Millisecond
	}
	z := math.Sqrt2 * math.Erfinv(1-2*s.slow)
	return max(time.Microsecond, time.Duration(float64(s.under)*math.Exp(-spread*z)))
}

// event is one made-up event.
type event struct {
	duration time.Duration
	bad      bool
	group    int  // which value its attributes have
	named    bool // whether it has the attributes that expressions ask for
	refused  bool // because of the caller's own mistake
}

// refusedShare is the part of the requests that want to change something which
// is refused, as everywhere: a history without any would make the live ones
// look unusual.
const refusedShare = 0.05

// namedShare is the part of the events that expressions find by attributes.
const namedShare = 0.4

// groupValues are the values of the attributes that objectives group by, and
// how often each is drawn.
var groupValues = [...]string{"a", "a", "a", "b", "b", "c"}

// event draws one event under what goes on at the time.
func (s *source) event(r *rand.Rand, during *Incident) event {
	e := event{group: r.IntN(len(groupValues))}
	scale := 1.0
	e.bad = r.Float64() < s.failing
	if during != nil {
		hit := r.Float64() < during.Share
		if during.Kind == slowness && hit {
			scale = 8
		}
		e.bad = e.bad || during.Kind == failures && hit
	}
	e.duration = time.Duration(float64(s.median()) * scale * math.Exp(spread*r.NormFloat64()))
	e.refused = s.canRefuse() && r.Float64() < refusedShare && !e.bad
	e.named = len(s.named) > 0 && r.Float64() < namedShare
	return e
}

// The kinds of incident.
const (
	failures = "errors"
	slowness = "slow"
)

// Incident is a span of time in which the generator makes events bad. Share is
// the share of events that it hits.
type Incident struct {
	Service   string    `json:"service"`
	Operation string    `json:"operation"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to"`
	Kind      string    `json:"kind"` // errors or slow
	Label     string    `json:"label"`
	Share     float64   `json:"share"`

	from, to slice.Minute
}

// period is how often an operation may have an incident, and often how many
// of the periods have one.
const (
	period = 10 * 24 * 60
	often  = 0.7
)

var labels = map[string][]string{
	failures: {"a deployment returned errors", "a provider timed out", "a migration locked a table", "a worker ran out of memory"},
	slowness: {"a cold cache made requests slow", "a missing index made requests slow", "a noisy neighbour took the CPU"},
}

// incident returns what goes on in a minute, or nil.
func (s *source) incident(m slice.Minute) *Incident {
	number := m / period
	i, known := s.found[number]
	if !known {
		i = s.drawIncident(number)
		s.found[number] = i
	}
	if i == nil || m < i.from || m >= i.to {
		return nil
	}
	return i
}

// drawIncident draws the incident of a period. It is as bad as to spend
// between a tenth and a third of the budget of 28 days: what the healthy
// part leaves bears two of them.
func (s *source) drawIncident(number slice.Minute) *Incident {
	r := s.random(forIncident, number)
	if r.Float64() > often {
		return nil
	}
	length := slice.Minute(10 + r.IntN(80))
	start := number*period + slice.Minute(r.IntN(period-90))
	i := &Incident{
		Service: s.service.String(), Operation: s.operation.Name, Kind: failures,
		from: start, to: start + length, From: start.Start(), To: (start + length).Start(),
	}
	if s.under > 0 && r.IntN(2) == 0 {
		i.Kind = slowness
	}
	i.Label = labels[i.Kind][r.IntN(len(labels[i.Kind]))]
	share := s.failing
	if i.Kind == slowness {
		share = s.slow
	}
	spend := 0.1 + 0.23*r.Float64()
	budget := share / healthyPart * 28 * 24 * 60 * s.rate
	i.Share = min(0.95, spend*budget/(float64(length)*s.expected(start+length/2)))
	return i
}

// incidents lists those that touch a range.
func (s *source) incidents(from, to slice.Minute) (found []Incident) {
	for number := from / period; number*period < to; number++ {
		if i := s.drawIncident(number); i != nil && i.from < to && i.to > from {
			found = append(found, *i)
		}
	}
	return found
}
