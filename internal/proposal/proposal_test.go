// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package proposal_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/proposal"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/spec"
)

var (
	from = time.Date(2026, 10, 26, 13, 0, 0, 0, time.UTC)
	to   = from.AddDate(0, 0, 28)
)

// op is an operation of which a share of the durations is long.
func op(kind operation.Kind, name string, c slice.Counts, durations ...time.Duration) proposal.Operation {
	h := &slice.Histogram{}
	for i := range c.Total() {
		h.Add(durations[int(i)%len(durations)])
	}
	return proposal.Operation{Operation: operation.Operation{Name: name, Kind: kind}, Counts: c, Durations: h}
}

// repeated are a hundred durations, of which some are slow.
func repeated(fast time.Duration, slow int, is time.Duration) (all []time.Duration) {
	for i := range 100 {
		d := fast
		if i < slow {
			d = is
		}
		all = append(all, d)
	}
	return all
}

func shop() *proposal.Evidence {
	return &proposal.Evidence{
		Service: operation.Service{Namespace: "shop", Name: "shop-api"}, From: from, To: to, Minutes: 37, Elsewhere: []string{"staging"},
		Operations: []proposal.Operation{
			op(operation.HTTP, "POST /checkout", slice.Counts{Good: 2990, Bad: 10}, repeated(80*time.Millisecond, 3, 400*time.Millisecond)...),
			op(operation.HTTP, "GET /items/{id}", slice.Counts{Good: 400}, 3*time.Millisecond),
			op(operation.HTTP, "GET /healthz", slice.Counts{Excluded: 5000}, time.Millisecond),
			op(operation.HTTP, "GET (unrouted)", slice.Counts{Good: 700}, time.Millisecond),
			op(operation.HTTP, "GET /rare", slice.Counts{Good: 5}, time.Millisecond),
			op(operation.Task, "task shop.tasks.ship", slice.Counts{Good: 40}, 30*time.Second),
			op(operation.HTTP, "GET /broken", slice.Counts{Good: 10, Bad: 30}, 2*time.Second),
			op(operation.Call, "call api.stripe.com", slice.Counts{Good: 9000}, time.Second),
		},
	}
}

const shopFile = `# A first draft by leadline init, from 4,185 requests of shop-api in 37 minutes between 2026-10-26 13:00 and
# 2026-11-23 13:00 UTC.
# It says how the service did, which is not yet what its users need: change the targets to what you are ready
# to promise.
apiVersion: leadline/v1
kind: Service
metadata:
  name: shop-api  # the service.name of its telemetry
  namespace: shop
  # It also runs in staging, which this file does not count.
  owner: your-team  # TODO: who answers for it; routes of alerts go by this name
  runbook: runbooks/shop-api.md  # TODO: what to do when it breaks: a file beside this one, or an address
spec:
  objectives:
    # Every one of the service's requests, health checks apart.
    # Measured: 4,145 of 4,185 were good (99.04%). That supports 98%: with 95% confidence at least 98.76% are
    # good.
    - name: all-requests-succeed
      availability: {}
      target: 98%
      window: 28d

    # POST /checkout is one of the busiest operations.
    # Measured: 2,990 of 3,000 were good (99.66%). That supports 99%: with 95% confidence at least 99.44% are
    # good.
    - name: post-checkout-succeeds
      availability: {of: {http: POST /checkout}}
      target: 99%
      window: 28d
`

func TestFile(t *testing.T) {
	got := shop().File()
	if !strings.HasPrefix(got, shopFile) {
		t.Errorf("the file begins otherwise:\n%s", cmp.Diff(shopFile, got[:min(len(got), len(shopFile)+200)]))
	}
	set := spec.Parse([]spec.Source{{Path: "shop-api.yaml", Content: []byte(got)}})
	for _, p := range set.Problems {
		t.Error(p)
	}
	var objectives []string
	for _, o := range set.Objectives {
		objectives = append(objectives, o.Name+" "+o.Target.Percent()+" "+o.Indicator.Rule.Operation+" "+o.Indicator.Rule.Under.String())
	}
	want := []string{
		"all-requests-succeed 98%  0s",
		"post-checkout-succeeds 99% POST /checkout 0s", "post-checkout-is-fast 95% POST /checkout 100ms",
		"get-items-id-succeeds 99% GET /items/{id} 0s", "get-items-id-is-fast 95% GET /items/{id} 100ms",
		"task-shop-tasks-ship-succeeds 90% task shop.tasks.ship 0s",
	}
	if diff := cmp.Diff(want, objectives); diff != "" {
		t.Errorf("objectives (-want +got):\n%s", diff)
	}
	for _, text := range []string{
		"GET /healthz: all of it is excluded", "GET (unrouted): no route", "GET /rare: 5 events are too few", "GET /broken: 10 of 40 were good (25.00%), which supports no target",
		"More traffic would support more.", "half of 3,000 took up to about 78ms, 95% 81ms, 99% 408ms.", "100ms is the shortest usual threshold that 95% stay within with 95% confidence: 97.00% did.",
	} {
		if !strings.Contains(strings.Join(strings.Fields(got), " "), text) {
			t.Errorf("%q is not in\n%s", text, got)
		}
	}
}

func TestNothingIsInvented(t *testing.T) {
	for _, c := range []struct {
		name    string
		change  func(*proposal.Evidence)
		missing string
	}{
		{"one minute", func(e *proposal.Evidence) { e.Minutes = 1 }, "1 of 2 minutes with traffic"},
		{"nothing", func(e *proposal.Evidence) { e.Operations, e.Minutes = nil, 0 }, "0 of 30 requests or tasks, 0 of 2 minutes with traffic"},
		{"outbound calls only", func(e *proposal.Evidence) { e.Operations = e.Operations[7:] }, "0 of 30 requests or tasks"},
		{"health checks only", func(e *proposal.Evidence) { e.Operations = e.Operations[2:3] }, "0 of 30 requests or tasks"},
	} {
		e := shop()
		c.change(e)
		if got := e.Missing(); got != c.missing || e.File() != "" {
			t.Errorf("%s: missing %q, want %q; file %q", c.name, got, c.missing, e.File())
		}
	}
	e := shop()
	e.Operations = e.Operations[6:7]
	if file := e.File(); e.Missing() != "" || file != "" {
		t.Errorf("a service that fails is promised:\n%s", file)
	}
}

// TestTargetsAreNeverAboveWhatWasMeasured, whatever that was.
func TestTargetsAreNeverAboveWhatWasMeasured(t *testing.T) {
	for total := uint64(30); total < 200_000; total = total*5/4 + 1 {
		for _, bad := range []uint64{0, 1, total / 1000, total / 100, total / 10, total / 2} {
			e := shop()
			e.Operations = []proposal.Operation{{Operation: operation.Operation{Name: "GET /", Kind: operation.HTTP}, Counts: slice.Counts{Good: total - bad, Bad: bad}}}
			for _, o := range spec.Parse([]spec.Source{{Path: "f", Content: []byte(e.File())}}).Objectives {
				if promised := float64(o.Target) / 1e9; promised > float64(total-bad)/float64(total) || promised > 0.999 {
					t.Errorf("%d of %d bad: %s promises %s", bad, total, o.Name, o.Target.Percent())
				}
			}
		}
	}
}

// FuzzFile drafts files for services and operations of any name: every draft is
// valid, and counts what it names.
func FuzzFile(f *testing.F) {
	f.Add("shop-api", "shop", "POST /checkout", "staging", uint8(operation.HTTP))
	f.Add("a\nspec: {}", "#", "task x\x00\"'", "yes", uint8(operation.Task))
	f.Add("- x", "null", "GET /ü/{a}}", "\xff\xfe", uint8(operation.HTTP))
	f.Fuzz(func(t *testing.T, name, namespace, text, environment string, kind uint8) {
		o, err := operation.Parse(operation.Kind(kind%11), text)
		if err != nil || name == "" || !printable(name) || !printable(namespace) || !printable(environment) {
			return
		}
		e := &proposal.Evidence{
			Service: operation.Service{Namespace: namespace, Name: name}, Environment: environment, From: from, To: to, Minutes: 5, Elsewhere: []string{environment},
			Operations: []proposal.Operation{op(o.Kind, o.Name, slice.Counts{Good: 100}, time.Second), op(operation.HTTP, "GET /", slice.Counts{Good: 100}, time.Second)},
		}
		file := e.File()
		set := spec.Parse([]spec.Source{{Path: "f", Content: []byte(file)}})
		for _, p := range set.Problems {
			t.Errorf("%s in\n%s", p, file)
		}
		for _, o := range set.Objectives {
			if s := o.Indicator.Rule.Service; s.Name != name || s.Namespace != namespace {
				t.Errorf("the file is about %q of %q, not %q of %q:\n%s", s.Name, s.Namespace, name, namespace, file)
			}
		}
	})
}

// printable reports whether package operation would leave the text as it is.
func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) && strings.TrimSpace(text) == text
}
