// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/examples/shop/load"
)

// serviceFile is what this test needs of a service file; the product's own
// reader stays out, so that it cannot agree with itself.
type serviceFile struct {
	Metadata struct{ Name, Namespace, Owner, Runbook string }
	Spec     struct {
		Journeys map[string]struct {
			Steps      map[string]step
			Objectives []struct {
				Name         string
				Runbook      string
				Budgeting    any
				Availability *measure
				Latency      *measure
				Success      *measure
				Custom       *measure
			}
		}
	}
}

type step struct{ HTTP, Call, Task, Service string }

type measure struct{ Of, Under, Where, Good string }

// name is what telemetry will call the step's operation.
func (s step) name() string {
	switch {
	case s.Call != "":
		return "call " + s.Call
	case s.Task != "":
		return "task " + s.Task
	}
	return s.HTTP
}

func TestObjectivesAreThoseOfTheServiceFiles(t *testing.T) {
	var got []load.Objective
	for _, name := range []string{"shop.yaml", "payments.yaml", "worker.yaml"} {
		got = append(got, objectivesOf(t, name)...)
	}
	byName := cmpopts.SortSlices(func(a, b load.Objective) bool { return a.Name < b.Name })
	if diff := cmp.Diff(got, load.Objectives(), byName, cmpopts.IgnoreUnexported(load.Objective{})); diff != "" {
		t.Errorf("objectives (-service files +load):\n%s", diff)
	}
}

// objectivesOf reads those of a file that count events; what counts slices of
// time is nothing that the ledger could hold.
func objectivesOf(t *testing.T, name string) (all []load.Objective) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../services", name))
	if err != nil {
		t.Fatal(err)
	}
	var file serviceFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	checkRunbook(t, name, file.Metadata.Runbook)
	for _, journey := range file.Spec.Journeys {
		for _, o := range journey.Objectives {
			of := load.Objective{Service: file.Metadata.Name, Name: o.Name, Errors: o.Latency == nil}
			m := o.Availability
			switch {
			case o.Latency != nil:
				m = o.Latency
			case o.Success != nil:
				m = o.Success
			case o.Custom != nil:
				m = o.Custom
				checkCustom(t, *m)
				of.Agent, of.Declined, of.Under = load.AppAgent, true, time.Second
			}
			if m.Under != "" {
				of.Under = duration(t, m.Under)
			}
			of.Operation = journey.Steps[m.Of].name()
			checkRunbook(t, o.Name, o.Runbook)
			if o.Budgeting == nil {
				all = append(all, of)
			}
		}
	}
	return all
}

func checkRunbook(t *testing.T, of, path string) {
	t.Helper()
	if path == "" {
		return // the file's
	}
	if _, err := os.Stat(filepath.Join("../services", path)); err != nil {
		t.Errorf("%s: %v", of, err)
	}
}

// checkCustom pins the expressions whose meaning load.Objectives repeats.
func checkCustom(t *testing.T, m measure) {
	t.Helper()
	want := measure{
		Of:    "pay",
		Where: `attributes["http.user_agent"] == "` + load.AppAgent + `" || attributes["user_agent.original"] == "` + load.AppAgent + `"`,
		Good:  `status_code < 500 && status_code != 429 && duration < duration("1s")`,
	}
	if diff := cmp.Diff(want, m); diff != "" {
		t.Errorf("custom objective (-want +got):\n%s", diff)
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
