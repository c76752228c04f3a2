// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/examples/shop/load"
)

// serviceFile is what this test needs of services/shop.yaml; the product's own
// reader stays out, so that it cannot agree with itself.
type serviceFile struct {
	Spec struct {
		Journeys map[string]struct {
			Steps      map[string]struct{ HTTP string }
			Objectives []struct {
				Name         string
				Runbook      string
				Availability *measure
				Latency      *measure
				Success      *measure
				Custom       *measure
			}
		}
	}
}

type measure struct{ Of, Under, Where, Good string }

func TestObjectivesAreThoseOfTheServiceFile(t *testing.T) {
	text, err := os.ReadFile("../services/shop.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file serviceFile
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	checkout := file.Spec.Journeys["checkout"]
	var got []load.Objective
	for _, o := range checkout.Objectives {
		of := func(m *measure) string { return checkout.Steps[m.Of].HTTP }
		switch {
		case o.Availability != nil:
			got = append(got, load.Objective{Name: o.Name, Operation: of(o.Availability), Errors: true})
		case o.Latency != nil:
			got = append(got, load.Objective{Name: o.Name, Operation: of(o.Latency), Under: duration(t, o.Latency.Under)})
		case o.Success != nil:
			got = append(got, load.Objective{Name: o.Name, Operation: of(o.Success), Errors: true, Under: duration(t, o.Success.Under)})
		case o.Custom != nil:
			checkCustom(t, *o.Custom)
			got = append(got, load.Objective{Name: o.Name, Operation: of(o.Custom), Errors: true, Under: time.Second, Agent: load.AppAgent, Declined: true})
		}
		if o.Runbook != "" {
			if _, err := os.Stat(filepath.Join("../services", o.Runbook)); err != nil {
				t.Errorf("objective %s: %v", o.Name, err)
			}
		}
	}
	if diff := cmp.Diff(got, load.Objectives()); diff != "" {
		t.Errorf("objectives (-service file +load):\n%s", diff)
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
