// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/report"
)

func TestCorrectionsAreRead(t *testing.T) {
	const signed = `"author":"ada","reason":"ours"`
	for _, c := range []struct {
		name, path, body string
		status           int
		want             string // what the corrector is asked, or the error
	}{
		{"a span", "", `{"service":"shop-api","objective":"up","from":"2026-11-23T10:00:00Z","to":"2026-11-23T12:00:00+01:00",` + signed + `}`, 201,
			"shop-api/up: exclude 0 from 2026-11-23T10:00:00Z to 2026-11-23T12:00:00+01:00 by ada: ours; dry run false"},
		{"bad events, only tried", "", `{"objective":"up","kind":"exclude_bad","bad":7,"from":"now-1h","to":"now","dry_run":true,` + signed + `}`, 200,
			"/up: exclude_bad 7 from 2026-11-23T11:00:00Z to 2026-11-23T12:00:00Z by ada: ours; dry run true"},
		{"no times", "", `{"objective":"up",` + signed + `}`, 201, "/up: exclude 0 from 0001-01-01T00:00:00Z to 0001-01-01T00:00:00Z by ada: ours; dry run false"},
		{"a number of bad events of every event", "", `{"objective":"up","bad":7,"from":"now-1h","to":"now",` + signed + `}`, 400, "belongs to the kind exclude_bad"},
		{"fewer than none", "", `{"objective":"up","kind":"exclude_bad","bad":-1,"from":"now-1h","to":"now",` + signed + `}`, 400, "read the body"},
		{"a time that is none", "", `{"objective":"up","from":"noon","to":"now",` + signed + `}`, 400, "is not a time"},
		{"an end that is none", "", `{"objective":"up","from":"now-1h","to":"9999-01-01T00:00:00Z",` + signed + `}`, 400, "is not a time that can have"},
		{"an unknown field", "", `{"objective":"up","good":5,` + signed + `}`, 400, `unknown field \"good\"`},
		{"no JSON", "", `objective: up`, 400, "read the body"},
		{"too long", "", `{"reason":"` + strings.Repeat("a", 1<<17) + `"}`, 413, "more than"},
		{"a withdrawal", "/12/withdraw", `{` + signed + `}`, 201, "withdraw 12 by ada: ours; dry run false"},
		{"a withdrawal, only tried", "/12/withdraw", `{` + signed + `,"dry_run":true}`, 200, "withdraw 12 by ada: ours; dry run true"},
		{"a withdrawal of nothing", "/last/withdraw", `{` + signed + `}`, 404, "no correction"},
		{"another media type", "", "objective=up", 400, "is not application/json"},
		{"a withdrawal without a body", "/12/withdraw", ``, 400, "read the body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := full(t)
			kind := "application/json"
			if c.body == "objective=up" {
				kind = "application/x-www-form-urlencoded"
			}
			got := ask(w.server(t, ""), "POST", "/api/v1/corrections"+c.path, c.body, header("Content-Type", kind))
			if said := fmt.Sprint(w.asked) + got.Body.String(); got.Code != c.status || !strings.Contains(said, c.want) {
				t.Errorf("got %d: %s\nwant %d: %s", got.Code, said, c.status, c.want)
			}
			if c.status >= 400 && len(w.asked) > 0 {
				t.Errorf("the corrector was asked %q", w.asked)
			}
			var made report.CorrectionMade
			if err := json.Unmarshal(got.Body.Bytes(), &made); err != nil || c.status < 400 && (made.SchemaVersion != 1 || made.Correction.ID != 1 || made.DryRun != strings.Contains(c.body, "dry_run")) {
				t.Errorf("got %+v, %v", made, err)
			}
		})
	}
}

func TestLedgerIsListed(t *testing.T) {
	for query, want := range map[string]int{
		"": 1, "?service=shop-api": 1, "?service=cart": 0, "?objective=up": 1, "?namespace=shop&environment=production": 1, "?environment=staging": 0,
	} {
		var v report.Corrections
		got := ask(full(t).server(t, ""), "GET", "/api/v1/corrections"+query, "")
		if err := json.Unmarshal(got.Body.Bytes(), &v); err != nil || got.Code != 200 || len(v.Corrections) != want {
			t.Errorf("%q: %d %s", query, got.Code, got.Body)
		}
		if want > 0 && !v.Corrections[0].Applies {
			t.Errorf("%q: the correction does not apply", query)
		}
	}
}

func TestTheLedgerOfNothingIsNotFound(t *testing.T) {
	got := ask(full(t).server(t, ""), "GET", "/api/v1/corrections?service=shop-api&objective=upp", "")
	if got.Code != 404 || !strings.Contains(got.Body.String(), `did you mean \"shop-api/up\"?`) {
		t.Errorf("got %d %s", got.Code, got.Body)
	}
}

func TestCorrectionsNeedTheTokenAndTellKinds(t *testing.T) {
	w := full(t)
	s := w.server(t, token)
	for _, r := range [][2]string{{"GET", "/api/v1/corrections"}, {"POST", "/api/v1/corrections"}, {"POST", "/api/v1/corrections/1/withdraw"}} {
		if got := ask(s, r[0], r[1], `{"author":"ada","reason":"ours"}`); got.Code != 401 || len(w.asked) > 0 {
			t.Errorf("%s %s: got %d", r[0], r[1], got.Code)
		}
	}
	for err, status := range map[error]int{errs.New(errs.Conflict, "withdrawn before"): 409, errs.New(errs.NotFound, "none"): 404, errors.New("disk"): 500} {
		w := full(t)
		w.failure = err
		if got := ask(w.server(t, ""), "POST", "/api/v1/corrections/1/withdraw", `{"author":"ada","reason":"ours"}`, header("Content-Type", "application/json")); got.Code != status {
			t.Errorf("%v: got %d", err, got.Code)
		}
	}
}
