// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package eval

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/alert"
	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/window"
)

// maxAlerts is how many alerts of an objective are pending or fire: those of
// further groups do not begin, and a note says so.
const maxAlerts = 200

// bound is a rule with the places of its windows in the layout.
type bound struct {
	*slo.Rule
	at []places // by condition
	// shortest is the shortest window that ends with the newest event, 0
	// without one; silence is the window of a condition about silence.
	shortest, silence time.Duration
}

// places are where the windows of a condition are in a layout; -1 is none.
type places struct{ long, short int }

// alertSpans returns the windows that rules look at: first those that end with
// the newest event, shortest first, then those that end now, for silence.
func alertSpans(rules []slo.Rule) (spans []window.Span) {
	add := func(length time.Duration, atNewest bool) {
		s := window.Span{Length: length, AtNewest: atNewest, ValidOnly: true}
		if length > 0 && !slices.Contains(spans, s) {
			spans = append(spans, s)
		}
	}
	for _, r := range rules {
		for _, c := range r.When {
			add(c.Long, c.Kind != slo.Absent)
			add(c.Short, true)
		}
	}
	slices.SortFunc(spans, func(a, b window.Span) int {
		if a.AtNewest != b.AtNewest {
			return map[bool]int{true: -1, false: 1}[a.AtNewest]
		}
		return cmp.Compare(a.Length, b.Length)
	})
	return spans
}

// bind finds the windows of a rule in the layout.
func bind(r *slo.Rule, spans []window.Span) bound {
	b := bound{Rule: r}
	place := func(length time.Duration, atNewest bool) int {
		return slices.Index(spans, window.Span{Length: length, AtNewest: atNewest, ValidOnly: true})
	}
	for _, c := range r.When {
		b.at = append(b.at, places{place(c.Long, c.Kind != slo.Absent), place(c.Short, true)})
		if c.Kind == slo.Absent {
			b.silence = max(b.silence, c.Long)
			continue
		}
		for _, length := range []time.Duration{c.Long, c.Short} {
			if length > 0 && (b.shortest == 0 || length < b.shortest) {
				b.shortest = length
			}
		}
	}
	return b
}

// slot names an alert of an objective.
type slot struct{ rule, group string }

// alerting is what the engine keeps of the alerts of one objective.
type alerting struct {
	records map[slot]*alert.Alert // of those that were ever more than inactive
	// quiet caches, for a minute, whether the silence of a ring is unusual.
	quiet map[*window.Ring]quiet
	// active is how many are pending or fire; capped says that one did not begin
	// because there are too many.
	active int
	capped bool
	// heard caches, for a minute, what was heard of all events.
	heard   Heard
	heardAt slice.Minute
}

// quiet says whether a silence was unusual at a minute.
type quiet struct {
	at      slice.Minute
	unusual bool
}

// adopt takes what is known of an alert from before.
func (a *alerting) adopt(known alert.Alert) {
	if a.records == nil {
		a.records = make(map[slot]*alert.Alert)
	}
	a.records[slot{known.Rule, known.Group}] = &known
}

// alert moves the alerts of the objective on.
func (t *track) alert(v *Evaluation, e *Engine, into *slab) {
	t.takeStock(v.At)
	first, now := len(into.pairs), max(slice.MinuteOf(v.At), e.through)
	var seen [slo.MaxConditions]alert.Seen
	for i := range t.rules {
		b := &t.rules[i]
		doubt := t.doubt(b, e, now)
		if b.silence == 0 { // silence waits for every minute, which is no reason to worry
			v.Frozen = cmp.Or(v.Frozen, doubt)
		} else {
			v.Heard = v.Heard.with(t.heardOf(), b.silence)
		}
		if b.ByGroup {
			t.alertGroups(b, doubt, seen[:], v, e.members)
			continue
		}
		whole := t.read(b, t.total, seen[:])
		t.step(b, "", &whole, seen[:len(b.When)], doubt, v.At)
		if p, ok := alert.Judge(b.Rule, &whole, seen[:]); ok {
			into.pairs = append(into.pairs, p)
		}
	}
	v.Rules = t.named
	v.Pairs = into.pairs[first:len(into.pairs):len(into.pairs)]
	v.Alerts = t.inhibited(v.At)
}

// takeStock counts the alerts that are pending or fire, and ends those that no
// rule asks for any more.
func (t *track) takeStock(at time.Time) {
	t.alerts.active, t.alerts.capped = 0, false
	for k, a := range t.alerts.records {
		if !t.hasRule(k) {
			*a = alert.Leave(*a, "its rule is no longer defined", at)
		}
		if a.IsActive() {
			t.alerts.active++
		}
	}
}

// read fills in what the windows of a rule hold in a ring.
func (t *track) read(b *bound, r *window.Ring, seen []alert.Seen) alert.Whole {
	spent := r
	if r == t.total {
		spent = t.spent()
	}
	for i, at := range b.at {
		seen[i] = alert.Seen{}
		if at.long >= 0 {
			seen[i].Long = spent.Sum(at.long)
		}
		if at.short >= 0 {
			seen[i].Short = spent.Sum(at.short)
		}
		if b.When[i].Kind == slo.Absent && seen[i].Long.Total() == 0 {
			seen[i].Unusual = t.unusual(r, b.When[i].Long)
		}
	}
	return alert.Whole{Target: t.objective.Target, Length: t.objective.Window.Length, Counts: spent.Sum(wholeWindow), Unit: t.objective.Budgeting.Unit()}
}

// step moves one alert on. What is active says what this evaluation sees, as
// all that is shown beside it does; what has ended says what it saw last.
func (t *track) step(b *bound, group string, w *alert.Whole, seen []alert.Seen, doubt string, at time.Time) {
	in := alert.Read(b.Rule, w, seen)
	in.Doubt = doubt
	k := slot{b.Name, group}
	a := t.alerts.records[k]
	if begins := a == nil || !a.IsActive(); begins {
		if in.Answer != alert.Yes || doubt != "" || t.objective.Paused {
			return
		}
		if t.alerts.active++; t.alerts.active > maxAlerts {
			t.alerts.capped = true
			return
		}
	}
	if a == nil {
		t.alerts.adopt(alert.Alert{Key: alert.Key{Objective: t.objective.Key, Rule: b.Name, Group: group}, Phase: alert.Inactive})
		a = t.alerts.records[k]
	}
	if t.objective.Paused {
		*a = alert.Leave(*a, "the service file pauses the objective", at)
		return
	}
	before := a.Sequence
	*a = alert.Step(*a, b.Rule, in, at)
	if changed := a.Sequence != before && a.Phase != alert.Unmeasured; (a.IsActive() || changed) && t.restored {
		a.Sentence = alert.Sentence(b.Rule, w, seen)
	}
}

// alertGroups moves the alerts of each group on.
func (t *track) alertGroups(b *bound, doubt string, seen []alert.Seen, v *Evaluation, m Members) {
	for name, r := range t.groups {
		whole := t.read(b, r, seen)
		t.step(b, name, &whole, seen[:len(b.When)], cmp.Or(doubt, t.groupDoubt(b, name, m)), v.At)
		if a := t.alerts.records[slot{b.Name, name}]; a != nil && a.IsActive() {
			v.note(GroupRule{b.Name, name}, &whole, seen[:len(b.When)])
		}
	}
	for k, a := range t.alerts.records {
		if k.rule == b.Name && t.groups[k.group] == nil && t.restored {
			*a = alert.Leave(*a, "no event of this group is left in its windows", v.At)
		}
	}
}

// inhibited says which alerts are quiet because of others, and returns the
// records: by group, those that call sooner first.
func (t *track) inhibited(at time.Time) []alert.Alert {
	if len(t.alerts.records) == 0 {
		return nil
	}
	out := t.inhibitedOf("", at, make([]alert.Alert, 0, len(t.alerts.records)))
	if len(out) == len(t.alerts.records) {
		return out
	}
	groups := make(map[string]bool)
	for k := range t.alerts.records {
		groups[k.group] = k.group != ""
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		if group != "" {
			out = t.inhibitedOf(group, at, out)
		}
	}
	return append(out, t.left()...)
}

// inhibitedOf adds the alerts of one group, or of all events.
func (t *track) inhibitedOf(group string, at time.Time, out []alert.Alert) []alert.Alert {
	var alerts [maxRules]*alert.Alert
	var rules [maxRules]*slo.Rule
	n := 0
	for i := range t.rules {
		if r := t.alerts.records[slot{t.rules[i].Name, group}]; r != nil && t.rules[i].ByGroup == (group != "") {
			alerts[n], rules[n], n = r, t.rules[i].Rule, n+1
		}
	}
	alert.Inhibit(alerts[:n], rules[:n], at)
	for _, a := range alerts[:n] {
		out = append(out, *a)
	}
	return out
}

// maxRules is how many rules an objective can have: the file's and its own,
// and the default ones.
const maxRules = 2*alert.MaxRules + 5

// left returns the records of alerts whose rules are gone.
func (t *track) left() (out []alert.Alert) {
	for k, a := range t.alerts.records {
		if !t.hasRule(k) {
			out = append(out, *a)
		}
	}
	slices.SortFunc(out, func(a, b alert.Alert) int { return a.Compare(b.Key) })
	return out
}

// hasRule reports whether a rule asks for the alert.
func (t *track) hasRule(k slot) bool {
	return slices.ContainsFunc(t.rules, func(b bound) bool { return b.Name == k.rule && b.ByGroup == (k.group != "") })
}

// doubt says why nothing may be concluded from what a rule reads now.
func (t *track) doubt(b *bound, e *Engine, now slice.Minute) string {
	switch {
	case t.unreadable != nil:
		return "its history is unreadable"
	case !t.restored:
		return "its history is being read"
	case e.doubt != "":
		return e.doubt
	case t.total.Now() > now+clockSlack:
		return "our clock went back, and its windows are read anew"
	case b.silence > 0 && !b.ByGroup && t.heard(b):
		return "" // an event is evidence, whatever else is missing
	case b.silence > 0 && t.excludedIn(b.silence, now):
		return "some of the last " + window.Compact(b.silence) + " is left out of the budget"
	case e.outages.none():
		return ""
	}
	if b.silence > 0 {
		if last := t.total.Now(); e.outages.count(last, b.silence) > 0 {
			return "intake did not run all of the last " + window.Compact(b.silence)
		}
	}
	if b.shortest == 0 {
		return ""
	}
	_, last := t.total.Edges(alertWindows) // which ends with the newest event, as the rule's do
	return alert.Missing(b.shortest, e.outages.count(last, b.shortest))
}

// heard reports whether a window in which a rule waits for silence holds an event.
func (t *track) heard(b *bound) bool {
	for i := range b.When {
		if b.When[i].Kind == slo.Absent && t.total.Sum(b.at[i].long).Total() > 0 {
			return true
		}
	}
	return false
}

// When a silence is unusual: it lasts twice as long as any before, and we have
// seen enough to say so. An application that is used in office hours is silent
// every night, and nobody is to be woken for it.
const (
	unusualSilence  = 2
	fewHeard        = 100
	shortestHistory = 6 // times the silence
)

// unusual reports whether the indicator was never silent for so long. It reads
// every cell of the ring, so it looks once a minute, at each group too.
func (t *track) unusual(r *window.Ring, length time.Duration) bool {
	oldest, any := t.hears(r)
	if !any || t.events(r, oldest) < fewHeard || !longHeard(t.newestOf(r)-oldest, length) {
		return false
	}
	q, known := t.alerts.quiet[r]
	if !known || q.at != r.Now() {
		now, before := r.Silence(oldest)
		q = quiet{r.Now(), now > unusualSilence*before}
		if t.alerts.quiet == nil {
			t.alerts.quiet = make(map[*window.Ring]quiet)
		}
		t.alerts.quiet[r] = q
	}
	return q.unusual
}

// newestOf returns the minute of the newest event of a ring.
func (t *track) newestOf(r *window.Ring) slice.Minute {
	newest, _ := r.Newest()
	return newest
}

// hears returns since when somebody sends what a ring counts. History that was
// taken in says nothing of who sends, and how often.
func (t *track) hears(r *window.Ring) (oldest slice.Minute, any bool) {
	oldest, any = r.Oldest()
	if t.backfilled > 0 {
		oldest = max(oldest, t.live)
	}
	return oldest, any && t.newestOf(r) > t.backfilled
}

// events returns how many were heard of a ring in the window, since oldest.
func (t *track) events(r *window.Ring, oldest slice.Minute) uint64 {
	events := r.Sum(wholeWindow).Total()
	if t.backfilled > 0 {
		events = min(events, r.Since(oldest))
	}
	return events
}

// longHeard reports whether so many minutes tell how long a silence may be.
func longHeard(heard slice.Minute, length time.Duration) bool {
	return heard >= shortestHistory*slice.Minute(length/time.Minute)
}

// Heard is what a rule about silence knows its indicator by: how many events,
// and from the first to the newest how many minutes. Neither counts beyond what
// arms the rules: a server that has been restarted knows no more.
type Heard struct {
	Events  uint64
	Minutes slice.Minute
}

// with returns what a rule that waits for a silence of this length looks at.
func (h Heard) with(now Heard, length time.Duration) Heard {
	if now.Events < fewHeard {
		return Heard{Events: now.Events}
	}
	enough := shortestHistory * slice.Minute(length/time.Minute)
	return Heard{fewHeard, max(h.Minutes, min(now.Minutes, enough))}
}

// heardOf returns what was heard of all events, as of the minute: with history
// taken in, counting them reads every cell.
func (t *track) heardOf() Heard {
	if t.backfilled > 0 && t.alerts.heardAt == t.total.Now() {
		return t.alerts.heard
	}
	h := Heard{}
	if oldest, any := t.hears(t.total); any {
		h = Heard{t.events(t.total, oldest), t.newestOf(t.total) - oldest}
	}
	t.alerts.heardAt, t.alerts.heard = t.total.Now(), h
	return h
}

// unarmed says why a rule about silence cannot call yet; empty when it can.
func (v *Evaluation) unarmed(r *slo.Rule) string {
	length := r.When[0].Long
	switch {
	case r.ByGroup:
		return ""
	case v.Heard.Events < fewHeard:
		return fmt.Sprintf("not armed: %d of %d events so far", v.Heard.Events, fewHeard)
	case !longHeard(v.Heard.Minutes, length):
		return fmt.Sprintf("not armed: events arrive for %s of %s so far",
			window.Compact(time.Duration(v.Heard.Minutes)*time.Minute), window.Compact(shortestHistory*length))
	}
	return ""
}

// isAbsent reports whether the alert is one about silence.
func (v *Evaluation) isAbsent(a *alert.Alert) bool {
	return slices.ContainsFunc(v.Rules, func(r *slo.Rule) bool { return r.Name == a.Rule && alert.IsAbsent(r) })
}

// absent returns for how long at least nothing has arrived, as an alert says
// that fires; 0 without one. Such an alert ends with the first event.
func (v *Evaluation) absent() (length time.Duration) {
	for i := range v.Alerts {
		a := &v.Alerts[i]
		if a.Group != "" || a.Phase != alert.Firing {
			continue
		}
		for _, r := range v.Rules {
			if r.Name == a.Rule && alert.IsAbsent(r) {
				length = max(length, r.When[0].Long)
			}
		}
	}
	return length
}

// distrustAlerts says in the trust why alerts neither begin nor end.
func (v *Evaluation) distrustAlerts(t *track) {
	if v.Frozen != "" && t.restored {
		text := "alerts are frozen: " + v.Frozen
		v.Trust.note("%s", text)
		v.Trust.Doubt = cmp.Or(v.Trust.Doubt, text)
	}
	if t.alerts.capped {
		v.Trust.note("more than %d alerts: those of further groups do not begin", maxAlerts)
	}
}
