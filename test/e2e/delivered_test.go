// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/notify/notifytest"
	"github.com/leadline/leadline/internal/testkit/otlpgen"
)

const (
	// deliveryKills is how many processes die between an evaluation in which an
	// alert fires and the note that all receivers have answered.
	deliveryKills = 200
	// deliveryServers run beside each other, each with incidents of its own.
	deliveryServers = 8
	// spareIncidents of a server are for processes that died too late to count.
	spareIncidents = 15
)

// burning is the service file of one incident: one alert, and no other.
const burning = `apiVersion: leadline/v1
kind: Service
metadata: {name: %s}
spec:
  objectives:
    - name: up
      availability: {}
      target: 99%%
      window: 28d
      alerts: {defaults: false, rules: [{name: burn, severity: page, when: {burn: {above: 10, over: [1h, 5m]}}}]}
`

// deliveryKill is where a process dies: at an operation of delivery, or when a
// receiver ends it.
type deliveryKill struct {
	at string // see deliveryFailpoint of package app
	cut
}

// mustDieTelling are the operations of delivery at which processes must die.
var mustDieTelling = []string{
	"read standing", "revision outbox", "revision-done outbox", "commit outbox", "commit-done outbox",
	"send alertmanager", "send pagerduty", "send webhook", "send-done alertmanager", "send-done pagerduty", "send-done webhook",
}

// plannedKills are at each operation of delivery, at each moment of each
// receiver, and at random moments.
func plannedKills(rng *rand.Rand) (all []deliveryKill) {
	for _, receiver := range inboxReceivers {
		for _, moment := range cutMoments {
			all = append(all, slices.Repeat([]deliveryKill{{"#never", cut{receiver: receiver, moment: moment}}}, 5)...)
		}
	}
	for _, op := range mustDieTelling {
		all = append(all, slices.Repeat([]deliveryKill{{at: "#" + op}}, 3)...)
	}
	for n := range 20 {
		all = append(all, slices.Repeat([]deliveryKill{{at: fmt.Sprintf("#%d", n+1)}}, 2)...)
	}
	for len(all) < deliveryKills {
		all = append(all, momentLater(rng))
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// momentLater is somewhere in the middle of what a process does.
func momentLater(rng *rand.Rand) deliveryKill {
	return deliveryKill{at: fmt.Sprintf("#%d+%dus", 1+rng.IntN(14), rng.IntN(3000))}
}

// telling is a server that is killed while it tells of one incident after
// another.
type telling struct {
	t         *testing.T
	in        *installation
	inbox     *inbox
	client    *client
	rng       *rand.Rand
	name      string
	incidents []string       // services, in order
	told      int            // kills that count
	died      map[string]int // by where
}

func newTelling(t *testing.T, alertmanager *url.URL, number int) *telling {
	x := &telling{
		t: t, inbox: newInbox(t, alertmanager), client: newClient(), rng: rand.New(rand.NewPCG(uint64(number), 200)),
		name: fmt.Sprintf("shop-%d-", number), died: map[string]int{},
	}
	t.Cleanup(x.client.close)
	files := map[string]string{}
	for i := range deliveryKills/deliveryServers + spareIncidents {
		files[x.service(i)+".yaml"] = fmt.Sprintf(burning, x.service(i))
	}
	x.in = install(t, files)
	x.in.flags = []string{"--config", x.inbox.settings(t)}
	x.in.env = []string{"LEADLINE_TEST_EVERY=200ms"}
	return x
}

func (x *telling) service(i int) string { return fmt.Sprintf("%s%03d", x.name, i) }

// run kills one process after another, and lets the last one live.
func (x *telling) run(kills []deliveryKill) {
	for x.told < len(kills) && len(x.incidents) < len(kills)+spareIncidents {
		k := momentLater(x.rng)
		if n := len(x.incidents); n < len(kills) {
			k = kills[n]
		}
		x.kill(k)
	}
	s := x.in.start()
	x.drained(s)
	s.stop()
}

// kill starts a process, waits until it has told of what was before, and lets
// it die as it tells of the next incident.
func (x *telling) kill(k deliveryKill) {
	x.t.Helper()
	service := x.service(len(x.incidents))
	s := x.in.start("LEADLINE_TEST_KILL_AT=" + service + k.at)
	k.service = service
	x.inbox.await(s, k.cut)
	x.drained(s)
	x.incidents = append(x.incidents, service)
	o := otlpgen.Options{Service: service, ErrorShare: 1, From: time.Now().Add(-100 * time.Millisecond), To: time.Now()}
	if err := x.client.send(way{}, s.at, otlpgen.Encode(otlpgen.Spans(x.rng.Uint64(), 50, o), o)); err != nil {
		x.t.Fatal(err)
	}
	eventually(x.t, "the process dies", func() string {
		if s.ended() {
			return ""
		}
		return "it lives, " + fmt.Sprint(k)
	})
	if where, counts := diedTelling(s.log(), k); counts {
		x.told++
		x.died[where]++
	}
}

// drained waits until everybody has heard of every incident and nothing waits.
func (x *telling) drained(s *server) {
	x.t.Helper()
	eventually(x.t, "everybody has heard", func() string {
		for _, r := range inboxReceivers {
			if n := len(x.incidents); n > 0 && len(x.inbox.heard(r, x.incidents[n-1])) == 0 {
				return r + " has not heard of " + x.incidents[n-1]
			}
		}
		var answer struct {
			Receivers []struct {
				Name    string
				Backlog int
			}
		}
		s.get("/api/v1/receivers", &answer)
		for _, r := range answer.Receivers {
			if r.Backlog > 0 {
				return fmt.Sprint(r.Name, " waits for ", r.Backlog)
			}
		}
		return ""
	})
}

var passed = regexp.MustCompile(`(?m)^(passed|failpoint): (.*)$`)

// diedTelling returns where a process died, and whether that was before it had
// noted that all have answered.
func diedTelling(log string, k deliveryKill) (where string, counts bool) {
	answered := map[string]bool{}
	for _, m := range passed.FindAllStringSubmatch(log, -1) {
		switch {
		case m[1] == "failpoint":
			return m[2], true
		case strings.HasPrefix(m[2], "send-done"):
			answered[m[2]] = true
		case m[2] == "commit-done outbox" && len(answered) == len(inboxReceivers):
			return "", false
		}
	}
	return k.receiver + " " + k.moment, k.receiver != ""
}

// TestKillsOnTheWayToTheAnswer: a process dies 200 times between the evaluation
// in which an alert fires and the answers of an Alertmanager, a receiver with a
// key, and a webhook. All hear of all 200 incidents: those with a key of one
// each, the webhook in one delivery, which at most comes once more and says so.
func TestKillsOnTheWayToTheAnswer(t *testing.T) {
	hook := &downstream{firing: map[string]int{}}
	receiver := httptest.NewServer(hook)
	t.Cleanup(receiver.Close)
	real := notifytest.Alertmanager(t, alertmanager, receiver.URL)
	planned := plannedKills(rand.New(rand.NewPCG(200, 1)))
	var mu sync.Mutex
	var all []*telling
	var running sync.WaitGroup
	for i := range deliveryServers { // they mostly wait: more of them than processors
		running.Go(func() {
			t.Run(fmt.Sprint(i), func(t *testing.T) {
				x := newTelling(t, real, i)
				x.run(planned[i*len(planned)/deliveryServers : (i+1)*len(planned)/deliveryServers])
				mu.Lock()
				defer mu.Unlock()
				all = append(all, x)
			})
		})
	}
	running.Wait()
	v := verdict{died: map[string]int{}, keys: map[string]bool{}, open: activeAlerts(t, real)}
	for _, x := range all {
		v.add(t, x, hook)
	}
	hook.checkOnce(t)
	t.Logf("%d kills in the midst of %d incidents, %d marked repeats at the webhook", v.kills, v.incidents, v.repeats)
	for _, where := range slices.Sorted(maps.Keys(v.died)) {
		t.Logf("%4d at: %s", v.died[where], where)
	}
	for _, op := range mustDieTelling {
		if v.died[op] == 0 {
			t.Errorf("no process died at: %s", op)
		}
	}
	if v.kills != deliveryKills {
		t.Errorf("%d processes were killed in time, want %d", v.kills, deliveryKills)
	}
	if len(v.keys) != v.incidents {
		t.Errorf("%d keys for %d incidents", len(v.keys), v.incidents)
	}
}

// verdict adds up what all servers told.
type verdict struct {
	kills, incidents, repeats int
	died                      map[string]int
	keys                      map[string]bool
	open                      map[string]int // alerts of the Alertmanager, by service
}

func (v *verdict) add(t *testing.T, x *telling, hook *downstream) {
	t.Helper()
	v.kills += x.told
	v.incidents += len(x.incidents)
	for where, n := range x.died {
		v.died[where] += n
	}
	for _, service := range x.incidents {
		v.repeats += x.toldOnce(t, service, v.keys)
		if v.open[service] != 1 {
			t.Errorf("Alertmanager has %d alerts of %s", v.open[service], service)
		}
		eventually(t, "Alertmanager tells of "+service, func() string {
			if hook.of(service) == 0 {
				return "it has not yet"
			}
			return ""
		})
	}
}

// toldOnce checks what was heard of an incident and returns how often the
// webhook heard of it again.
func (x *telling) toldOnce(t *testing.T, service string, keys map[string]bool) (repeats int) {
	t.Helper()
	hooks := x.inbox.heard("webhook", service)
	switch {
	case len(hooks) == 0 || len(hooks) > 2:
		t.Errorf("the webhook heard %d times of %s: %v", len(hooks), service, hooks)
	case len(hooks) == 2 && (hooks[0].id != hooks[1].id || hooks[0].attempt >= hooks[1].attempt):
		t.Errorf("the webhook cannot tell that this is a repeat: %v", hooks)
	}
	for _, m := range append(hooks, x.inbox.heard("pagerduty", service)...) {
		if m.status != "firing" && m.status != "trigger" {
			t.Errorf("%s heard of as %v", service, m)
		}
	}
	of := map[string]bool{}
	for _, m := range x.inbox.heard("pagerduty", service) {
		of[m.key], keys[m.key] = true, true
	}
	if len(of) != 1 {
		t.Errorf("%s has the keys %v", service, of)
	}
	return len(hooks) - 1
}

// activeAlerts counts what fires at an Alertmanager, by service.
func activeAlerts(t *testing.T, at *url.URL) map[string]int {
	t.Helper()
	answer, err := http.Get(at.JoinPath("/api/v2/alerts").String())
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var alerts []struct{ Labels map[string]string }
	if err := json.NewDecoder(answer.Body).Decode(&alerts); err != nil {
		t.Fatal(err)
	}
	open := map[string]int{}
	for _, a := range alerts {
		open[a.Labels["service"]]++
	}
	return open
}

// downstream is whom the Alertmanager tells.
type downstream struct {
	mu     sync.Mutex
	firing map[string]int // by service
}

func (d *downstream) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var m struct{ Alerts []labelled }
	if err := json.NewDecoder(r.Body).Decode(&m); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, a := range m.Alerts {
		if a.Status == "firing" {
			d.firing[a.Labels["service"]]++
		}
	}
}

func (d *downstream) of(service string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.firing[service]
}

// checkOnce fails when it was told more than once of anything.
func (d *downstream) checkOnce(t *testing.T) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for service, n := range d.firing {
		if n != 1 {
			t.Errorf("Alertmanager told of %s %d times", service, n)
		}
	}
}
