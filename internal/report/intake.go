// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/intakelog"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slice"
)

// IntakeView is the answer of GET /api/v1/intake. Totals are since the start
// of the process; those of services are of the minutes that are still open.
type IntakeView struct {
	SchemaVersion int             `json:"schema_version"`
	StartedAt     time.Time       `json:"started_at"`
	Endpoints     Endpoints       `json:"endpoints"`
	Refused       []Refusal       `json:"refused"`
	Signals       []Signal        `json:"signals"`
	Services      []IntakeService `json:"services"`
	Log           Log             `json:"log"`
	Store         Store           `json:"store"`
	Evaluation    Evaluation      `json:"evaluation"`
	Health        Health          `json:"health"`
	// Warnings say what is wrong while counting goes on.
	Warnings []string `json:"warnings"`
}

// Endpoints are the addresses that take OTLP.
type Endpoints struct {
	GRPC string `json:"grpc"`
	HTTP string `json:"http"`
}

// Refusal is how many requests or connections were refused at the door, before
// anything in them was read, for one reason.
type Refusal struct {
	Transport string `json:"transport"`
	Reason    string `json:"reason"`
	Requests  uint64 `json:"requests"`
}

// Store is how far the series store has come: Last is the newest minute that
// it has, null while it is opened or empty.
type Store struct {
	Open bool       `json:"open"`
	Last *time.Time `json:"last"`
}

// Evaluation is the last evaluation of all objectives; At is null before the first.
type Evaluation struct {
	At         *time.Time `json:"at"`
	Millis     float64    `json:"took_ms"`
	Objectives int        `json:"objectives"`
}

// Signal is what arrived of one signal.
type Signal struct {
	Signal     string            `json:"signal"`
	Accepted   uint64            `json:"accepted"`
	Duplicates uint64            `json:"duplicates"`
	Late       uint64            `json:"late"`
	Future     uint64            `json:"future"`
	Invalid    uint64            `json:"invalid"`
	Ignored    map[string]uint64 `json:"ignored"`
}

// IntakeService is what a service sent lately.
type IntakeService struct {
	Namespace   string    `json:"namespace"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Spans       uint64    `json:"spans"`
	Points      uint64    `json:"points"`
	Records     uint64    `json:"records"`
	LastSeen    time.Time `json:"last_seen"`
}

// Log is the state of the intake log.
type Log struct {
	Bytes    int64    `json:"bytes"`
	Segments int64    `json:"segments"`
	Waiting  int      `json:"waiting_minutes"`
	IDBytes  int64    `json:"id_bytes"`
	Damage   []Damage `json:"damage"`
}

// Damage is a range of the log that was lost.
type Damage struct {
	Segment string `json:"segment"`
	Offset  int64  `json:"offset"`
	Length  int64  `json:"length"`
	Reason  string `json:"reason"`
}

// Health says whether counting goes on: state is ok or red.
type Health struct {
	State string `json:"state"`
	Cause string `json:"cause"`
}

// IntakeNow returns what arrives.
func (r *Report) IntakeNow(ctx context.Context) (IntakeView, error) {
	t := r.Intake.Totals()
	open, err := r.Intake.Open(ctx, func(s *slice.Series) bool {
		return s.Tally != "" && s.Indicator == "" && !s.Service.IsSelf()
	})
	if err != nil {
		return IntakeView{}, err
	}
	services := make(map[operation.Service]*IntakeService)
	for _, c := range open {
		k := c.Series.Service
		if services[k] == nil {
			services[k] = &IntakeService{Namespace: k.Namespace, Service: k.Name, Environment: k.Environment}
		}
		services[k].add(c.Series.Tally, c.Minute, c.Counts, r.Now())
	}
	store, err := r.storeNow(ctx)
	if err != nil {
		return IntakeView{}, err
	}
	v := IntakeView{
		SchemaVersion: SchemaVersion, StartedAt: r.Started.UTC(), Endpoints: r.Door.Endpoints(), Refused: r.Door.Refusals(),
		Store: store, Evaluation: r.evaluationNow(),
		Signals: []Signal{
			{Signal: "traces", Accepted: t.Accepted, Duplicates: t.Again, Late: t.Late, Future: t.Ahead, Invalid: t.Invalid, Ignored: t.Ignored},
			{Signal: "metrics", Accepted: t.Points, Ignored: map[string]uint64{}},
			{Signal: "logs", Accepted: t.Records, Ignored: map[string]uint64{}},
		},
		Services: make([]IntakeService, 0, len(services)),
		Log: Log{
			Bytes: t.Log.Intake.Bytes + t.Log.Minutes.Bytes, Segments: t.Log.Intake.Segments + t.Log.Minutes.Segments,
			Waiting: t.Waiting, IDBytes: t.IDBytes, Damage: []Damage{},
		},
		Health: r.Health(), Warnings: append([]string{}, r.Intake.Warnings()...),
	}
	for _, d := range lost(r.Intake.Damage()) {
		v.Log.Damage = append(v.Log.Damage, Damage{d.Segment, d.Offset, d.Length, d.Reason})
	}
	for _, s := range services {
		v.Services = append(v.Services, *s)
	}
	slices.SortFunc(v.Services, func(a, b IntakeService) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Environment, b.Environment))
	})
	return v, nil
}

func (r *Report) storeNow(ctx context.Context) (Store, error) {
	store := r.Series()
	if store == nil {
		return Store{}, nil
	}
	last, any, err := store.Last(ctx)
	if err != nil || !any {
		return Store{Open: true}, err
	}
	return Store{Open: true, Last: new(last.Stamp())}, nil
}

func (r *Report) evaluationNow() Evaluation {
	s := r.Evaluations.Snapshot()
	if s == nil || s.At.IsZero() {
		return Evaluation{}
	}
	e := Evaluation{At: instant(s.At), Millis: s.Took.Seconds() * 1000}
	for i := range s.Evaluations {
		if !s.Evaluations[i].Objective.Key.Service.IsSelf() {
			e.Objectives++
		}
	}
	return e
}

// lost returns the damage that may have cost counts. A torn end was never
// acknowledged.
func lost(all []intakelog.Damage) []intakelog.Damage {
	return slices.DeleteFunc(slices.Clone(all), func(d intakelog.Damage) bool { return d.Torn })
}

// add takes what was counted in a minute, which may not have ended yet.
func (s *IntakeService) add(t slice.Tally, m slice.Minute, c slice.Counts, now time.Time) {
	switch t {
	case slice.Spans:
		s.Spans += c.Good
	case slice.Points:
		s.Points += c.Good
	case slice.Records:
		s.Records += c.Good
	}
	at := m.Stamp()
	if at.After(now) {
		at = now.UTC()
	}
	if at.After(s.LastSeen) {
		s.LastSeen = at
	}
}

// Health says whether counting goes on.
func (r *Report) Health() Health {
	if err := r.Intake.Health(); err != nil {
		return Health{State: "red", Cause: err.Error()}
	}
	return Health{State: "ok"}
}
