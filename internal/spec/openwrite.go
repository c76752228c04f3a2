// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

// Loss is something that OpenSLO cannot say of an objective.
type Loss struct {
	File, Objective string
	Line            int
	What            string
	// Kept says that it stands where only Leadline reads it.
	Kept bool
}

// String prints the loss as one line.
func (l Loss) String() string {
	end := "left out"
	if l.Kept {
		end = "only Leadline reads it"
	}
	return fmt.Sprintf("%s:%d: objective %s: %s: %s", l.File, l.Line, l.Objective, l.What, end)
}

// The documents as they are written. Fields stand in the order of OpenSLO.
type (
	openDocument struct {
		APIVersion string       `yaml:"apiVersion,omitempty"`
		Kind       string       `yaml:"kind,omitempty"`
		Metadata   openMetadata `yaml:"metadata"`
		Spec       any          `yaml:"spec"`
	}
	openMetadata struct {
		Name        string            `yaml:"name"`
		Annotations map[string]string `yaml:"annotations,omitempty"`
	}
	openDescribed struct {
		Target      string `yaml:"target,omitempty"`
		Description string `yaml:"description,omitempty"`
	}
	openSLOSpec struct {
		Description     string           `yaml:"description,omitempty"`
		Service         string           `yaml:"service"`
		Indicator       openDocument     `yaml:"indicator"`
		TimeWindow      []openTimeWindow `yaml:"timeWindow"`
		BudgetingMethod string           `yaml:"budgetingMethod"`
		Objectives      []openObjective  `yaml:"objectives"`
		AlertPolicies   []openDocument   `yaml:"alertPolicies,omitempty"`
	}
	openMetric struct {
		Source openMetricSource `yaml:"metricSource"`
	}
	openMetricSource struct {
		Type string         `yaml:"type"`
		Spec map[string]any `yaml:"spec"`
	}
	openConditionSpec struct {
		Severity  string   `yaml:"severity"`
		Condition openBurn `yaml:"condition"`
	}
	openBurn struct {
		Kind      string `yaml:"kind"`
		Op        string `yaml:"op"`
		Threshold number `yaml:"threshold"`
		Lookback  string `yaml:"lookbackWindow"`
		After     string `yaml:"alertAfter,omitempty"`
	}
	openTimeWindow struct {
		Duration  string        `yaml:"duration"`
		IsRolling bool          `yaml:"isRolling"`
		Calendar  *openCalendar `yaml:"calendar,omitempty"`
	}
	openCalendar struct {
		StartTime string `yaml:"startTime"`
		TimeZone  string `yaml:"timeZone"`
	}
	openObjective struct {
		Op              string `yaml:"op,omitempty"`
		Value           number `yaml:"value,omitempty"`
		Target          number `yaml:"target"`
		TimeSliceTarget number `yaml:"timeSliceTarget,omitempty"`
		TimeSliceWindow string `yaml:"timeSliceWindow,omitempty"`
	}
)

// number is a decimal number as text, so that every digit of it is written.
type number string

// MarshalYAML writes the digits as a number.
func (n number) MarshalYAML() (any, error) {
	tag := "!!int"
	if strings.Contains(string(n), ".") {
		tag = "!!float"
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: string(n)}, nil
}

// longestName and longestText are what every reader of OpenSLO takes.
const (
	longestName = 63
	longestText = 1050
	numberRoom  = 6 // bytes
)

// openWriter gathers documents. Names are unique among those of a kind.
type openWriter struct {
	described map[operation.Service]string
	services  []openDocument
	places    map[place]string // their names
	slos      []openDocument
	above     [][]Loss         // what each SLO leaves out
	taken     map[partName]int // how many wanted the name
	losses    []Loss
	policies  bool
}

// place is a service in certain environments.
type place struct {
	service      operation.Service
	environments string
}

// WriteOpenSLO writes objectives as documents of OpenSLO, in their order, and
// says what those cannot say. Read again, they are the same objectives but for
// what was left out. described are the descriptions of services.
func WriteOpenSLO(objectives []*slo.Objective, described map[operation.Service]string) (text []byte, losses []Loss, err error) {
	w := &openWriter{described: described, places: map[place]string{}, taken: map[partName]int{}}
	for _, group := range inEnvironments(objectives) {
		w.add(group)
	}
	text, err = w.text()
	return text, w.losses, err
}

// inEnvironments puts the objectives together that one place of a file made,
// one in each environment.
func inEnvironments(objectives []*slo.Objective) (groups [][]*slo.Objective) {
	at := map[string]int{}
	for _, o := range objectives {
		key := fmt.Sprintf("%q %q %q %s %d", o.Service.Namespace, o.Service.Name, o.Name, o.File, o.Line)
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], o)
	}
	return groups
}

// text joins the documents: services first, because the others name them.
func (w *openWriter) text() ([]byte, error) {
	var b bytes.Buffer
	write := func(d openDocument, above []Loss) error {
		if b.Len() > 0 {
			b.WriteString("---\n")
		}
		for _, l := range above {
			b.WriteString("# left out: " + strings.ReplaceAll(l.What, "\n", " ") + "\n")
		}
		d.APIVersion = openVersion
		return encode(&b, d)
	}
	targets := []openDocument{}
	if w.policies {
		targets = append(targets, openDocument{Kind: openTarget, Metadata: openMetadata{Name: sourceType},
			Spec: openDescribed{Target: sourceType, Description: "Who is told is decided by the routes of Leadline's configuration."}})
	}
	for _, d := range slices.Concat(w.services, targets) {
		if err := write(d, nil); err != nil {
			return nil, err
		}
	}
	for i, d := range w.slos {
		if err := write(d, w.above[i]); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}

func encode(b *bytes.Buffer, d openDocument) error {
	text, err := yaml.Dump(d, yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return fmt.Errorf("write %s %s: %w", d.Kind, d.Metadata.Name, err)
	}
	b.Write(text)
	return nil
}

// add writes one objective, that may stand in several environments.
func (w *openWriter) add(group []*slo.Objective) {
	o := group[0]
	before := len(w.losses)
	notes := map[string]string{}
	var kept []string
	note := func(name, value string, set bool) {
		if set {
			notes[notePrefix+name] = value
			kept = append(kept, noteTexts[name])
		}
	}
	name := w.unique(openSLO, o.Name, o.Service.Name)
	if name != o.Name {
		notes[notePrefix+noteName] = o.Name
	}
	note(noteOwner, o.Owner, o.Owner != "")
	note(noteRunbook, o.Runbook, o.Runbook != "")
	note(noteJourney, o.Journey, o.Journey != "")
	note(noteSilent, "bad", o.SilentIsBad)
	note(notePaused, "true", o.Paused)
	note(noteWindows, windowsNote(o), len(o.Others) > 0)
	spec := openSLOSpec{Description: o.Description, Service: w.service(group), Indicator: w.indicator(o), TimeWindow: []openTimeWindow{openWindow(o.Window)},
		BudgetingMethod: methodName(o.Budgeting.Method), Objectives: []openObjective{objectiveOf(o)}, AlertPolicies: w.alerts(o)}
	if without := o.Alerting.WithoutDefaults; without == (len(spec.AlertPolicies) == 0) {
		note(noteAlerts, strconv.FormatBool(!without), true)
	}
	if len(kept) > 0 {
		w.lose(o, strings.Join(kept, ", "), true)
	}
	if n := utf8.RuneCountInString(o.Description); n > longestText {
		w.lose(o, fmt.Sprintf("a description of more than %d characters, of %d", longestText, n), true)
	}
	for _, x := range o.Exclusions {
		w.lose(o, "time that is left out of the budget, "+x.String(), false)
	}
	w.slos = append(w.slos, openDocument{Kind: openSLO, Metadata: openMetadata{name, notes}, Spec: spec})
	w.above = append(w.above, slices.DeleteFunc(slices.Clone(w.losses[before:]), func(l Loss) bool { return l.Kept }))
}

// noteTexts are what the annotations hold.
var noteTexts = map[string]string{
	noteOwner: "owner", noteRunbook: "runbook", noteJourney: "journey", noteSilent: "when_silent",
	notePaused: "paused", noteWindows: "windows beside the first", noteAlerts: "whether there are default alerts",
}

func (w *openWriter) lose(o *slo.Objective, what string, kept bool) {
	w.losses = append(w.losses, Loss{File: o.File, Line: o.Line, Objective: o.Name, What: what, Kept: kept})
}

// unique makes a name that every reader of OpenSLO takes and no other document
// of the kind has; it begins with what the name is within if need be.
func (w *openWriter) unique(kind, want, within string) string {
	name := label(want, kind)
	if w.taken[partName{kind, name}] > 0 && within != "" {
		name = label(within+"-"+want, kind)
	}
	first, base := partName{kind, name}, strings.Trim(name[:min(len(name), longestName-numberRoom)], "-")
	for w.taken[partName{kind, name}] > 0 {
		w.taken[first]++
		name = base + "-" + strconv.Itoa(w.taken[first])
	}
	w.taken[partName{kind, name}]++
	return name
}

// label makes a name of lower-case letters, digits and dashes, with room for a
// number where it was too long.
func label(name, otherwise string) string {
	if len(name) <= longestName && slug(name) == name {
		return name
	}
	text := cmp.Or(slug(name), strings.ToLower(otherwise))
	return strings.Trim(text[:min(len(text), longestName-numberRoom)], "-")
}

// service returns the name of the document that says where the objectives are.
func (w *openWriter) service(group []*slo.Objective) string {
	in := group[0].Service
	in.Environment = ""
	notes := map[string]string{}
	if in.Namespace != "" {
		notes[notePrefix+noteNamespace] = in.Namespace
	}
	// One environment stands for itself; the default ones are several.
	if len(group[0].Indicator.Rule.Environments) == 1 {
		var names []string
		for _, o := range group {
			names = append(names, quoted(o.Service.Environment))
		}
		notes[notePrefix+noteEnvironments] = strings.Join(names, ", ")
	}
	key := place{in, notes[notePrefix+noteEnvironments]}
	if name := w.places[key]; name != "" {
		return name
	}
	name := w.unique(openService, in.Name, in.Namespace)
	if name != in.Name {
		notes[notePrefix+noteService] = in.Name
	}
	w.places[key] = name
	w.services = append(w.services, openDocument{Kind: openService, Metadata: openMetadata{name, notes}, Spec: openDescribed{Description: w.described[in]}})
	return name
}

// quoted writes a name so that names between commas can be told apart.
func quoted(name string) string {
	if plainName.MatchString(name) {
		return name
	}
	return strconv.Quote(name)
}

// indicator writes an indicator as the metrics of OpenSLO: a duration that is
// compared with the objective's value, or good events of all.
func (w *openWriter) indicator(o *slo.Objective) openDocument {
	r := &o.Indicator.Rule
	all, good := map[string]any{}, map[string]any{}
	if of := openOperation(r, o.Service); of != nil {
		all["of"] = of
	}
	if len(r.Statuses) > 0 {
		good["statuses"] = statusTexts(r.Statuses)
	}
	document := openDocument{Metadata: openMetadata{Name: w.unique(openSLI, o.Name, o.Service.Name)}}
	if r.Kind == sli.Latency {
		if of := all["of"]; of != nil {
			good["of"] = of
		}
		good["unit"] = "ms"
		metric := map[string]any{string(r.Kind): good}
		if len(r.GroupBy) > 0 {
			metric["by"] = r.GroupBy
		}
		document.Spec = map[string]any{"thresholdMetric": ofSource(metric)}
		return document
	}
	if r.Under > 0 {
		good["under"] = r.Under.String()
	}
	if r.Good != "" {
		good["good"] = r.Good
	}
	if r.Where != "" {
		all["where"] = r.Where
	}
	if len(r.GroupBy) > 0 {
		all["by"] = r.GroupBy
	}
	document.Spec = map[string]any{"ratioMetric": map[string]any{
		"counter": true, "good": ofSource(map[string]any{string(r.Kind): good}), "total": ofSource(all),
	}}
	return document
}

func ofSource(spec map[string]any) openMetric {
	return openMetric{openMetricSource{sourceType, spec}}
}

func statusTexts(statuses map[string]sli.Outcome) map[string]string {
	texts := make(map[string]string, len(statuses))
	for code, outcome := range statuses {
		texts[code] = outcome.String()
	}
	return texts
}

// openOperation writes an operation as a step; nil for every one of the service.
func openOperation(r *sli.Rule, of operation.Service) map[string]string {
	if r.Operation == "" {
		return nil
	}
	kind, text := operation.Spelled(r.Operation)
	step := map[string]string{}
	for field, k := range stepKinds {
		if k == kind {
			step[field] = text
		}
	}
	if r.Service.Name != of.Name {
		step["service"] = r.Service.Name
	}
	if r.Service.Namespace != of.Namespace {
		step["namespace"] = r.Service.Namespace
	}
	return step
}
