// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"fmt"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

// TestAYearOfDeploys lets two services deploy thrice a day for a year, with two
// versions side by side for a while. The series stay as many as versions are
// told apart, the newest version is always told apart, and no number grows.
func TestAYearOfDeploys(t *testing.T) {
	const day = 24 * 60
	x := scanner{services: newServices(DefaultConfig()), resources: newResources()}
	open, s := newMinutes(), newScan()
	operations := 0
	for m := slice.Minute(30_000_000); m < 30_000_000+365*day; m += 120 {
		deploy := int(m / (day / 3))
		for v := range 2 {
			s.reset()
			o := otlpgen.Options{Environment: fmt.Sprint("e", m/120%2), Version: fmt.Sprint("build ", deploy-v), From: m.Start(), To: m.Start().Add(time.Second)}
			if err := x.traces(s, otlpgen.Traces(uint64(m), 20, o), &Binding{}, m.Start()); err != nil {
				t.Fatal(err)
			}
			for i := range s.events {
				e := &s.events[i]
				if e.baseline.Version != o.Version {
					t.Fatalf("minute %d: %s is counted as %q", m, o.Version, e.baseline.Version)
				}
				open.at(m).add(e.baseline, slice.Counts{Good: 1})
			}
		}
		for _, v := range x.services.byTable {
			operations = max(operations, len(*v.ops.Load()))
		}
		delete(open.open, m-120) // closed
		x.services.sweep(open.idle)
	}
	all := x.services.series.All()
	// The tallies of a service, and its operations by version.
	if most := 2 * (6 + operations*(maxVersions+1)); len(all) > most || operations < 3 {
		t.Errorf("%d series after a year, want at most %d", len(all), most)
	}
}

// TestReleasedSeriesAreNotCountedIn makes a scan, releases what it holds, and
// gives the number to another series before it is committed.
func TestReleasedSeriesAreNotCountedIn(t *testing.T) {
	x := scanner{services: newServices(DefaultConfig()), resources: newResources()}
	a := x.services
	now := slice.Minute(30_000_000)
	read := func(s *scan, version string) {
		s.reset()
		s.epoch = a.epoch.Load()
		o := otlpgen.Options{Environment: "production", Version: version, From: now.Start(), To: now.Start().Add(time.Second), Mix: []otlpgen.Operation{otlpgen.Checkout}}
		if err := x.traces(s, otlpgen.Traces(1, 1, o), &Binding{}, now.Start()); err != nil {
			t.Fatal(err)
		}
	}
	old, next := newScan(), newScan()
	read(old, "old")
	a.sweep(func(*slice.Series) bool { return true })
	if a.epoch.Load() != old.epoch {
		t.Fatal("an active version was released")
	}
	for v := range maxVersions { // the old one is silent for two hours, and the table full of others
		now += 120
		read(next, fmt.Sprint("v", v))
	}
	a.sweep(func(*slice.Series) bool { return false })
	if a.epoch.Load() != old.epoch {
		t.Fatal("what an open minute has counted was released")
	}
	a.sweep(func(*slice.Series) bool { return true })
	if old.epoch == a.epoch.Load() {
		t.Fatal("a scan that may hold a released series is not outdated")
	}
	was := old.events[0].baseline
	read(next, "new")
	read(old, "old")
	if is := old.events[0].baseline; is == was || is.Key.IsBaseline() != was.IsBaseline() {
		t.Errorf("series %v was released and is still in use", was.Key)
	}
	if next.events[0].baseline.Ref != was.Ref && old.events[0].baseline.Ref != was.Ref {
		t.Errorf("the number %d is not used again", was.Ref)
	}
}
