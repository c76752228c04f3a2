// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/slo"
)

// APIVersion is the format that this package reads.
const APIVersion = "leadline/v1"

const serviceKind = "Service"

// read returns the objectives of a file, but for those of OpenSLO, which it
// adds to the parts.
func (f *file) read(content []byte, parts *parts) (objectives []*slo.Objective) {
	for _, doc := range f.documents(content) {
		if !parts.add(f, doc) {
			objectives = append(objectives, f.service(doc)...)
		}
	}
	return objectives
}

// room says whether the file may hold the objectives that a rule makes, one
// in each environment: no more are made than it may.
func (s *service) room(f *file) bool {
	f.made += max(1, len(s.environments))
	return f.made <= maxObjectives
}

func (f *file) limit() {
	if f.made > maxObjectives {
		f.add(&Problem{File: f.path, What: fmt.Sprintf("%d objectives", f.made),
			Why: fmt.Sprintf("a file may hold %d", maxObjectives), Mend: "split it by service"})
	}
}

// named is an objective's name, where it is written.
type named struct {
	slo.Key
	file, owner string
	line        int
}

// define notes the name of an objective, whatever else is wrong with it.
func (s *service) define(o slo.Objective) {
	// What is beyond the limit is refused with the file.
	if s.name.Name == "" || o.Name == "" || len(s.named) > maxObjectives {
		return
	}
	owners, _ := s.placed(s.name)
	for _, owner := range owners {
		s.named = append(s.named, named{slo.Key{Service: owner, Name: o.Name}, o.File, o.Owner, o.Line})
	}
}

// service is what a document says of all its objectives.
type service struct {
	*file
	name         operation.Service // without an environment
	environments []string          // nil: the default ones
	owner        string
	runbook      string
	steps        map[string]step
	stepKeys     []string
	journey      string
	forAll       written         // alerts of every objective
	excluded     []slo.Exclusion // of every objective
}

// step is a named operation of some service.
type step struct {
	service   operation.Service
	operation operation.Operation
}

func (f *file) service(doc *yaml.Node) []*slo.Objective {
	root := f.object(doc, "a service file")
	if root == nil || !f.header(root) {
		return nil
	}
	s := &service{file: f}
	s.metadata(root)
	var objectives []*slo.Objective
	if n := root.take("spec"); n == nil {
		f.at(doc, "the file has no spec", "", "add spec: with objectives or journeys")
	} else if spec := f.object(n, "spec"); spec != nil {
		objectives = s.spec(spec)
	}
	root.finish()
	return objectives
}

// header checks what kind of document it is, and whether to read on: a typing
// mistake hides nothing behind it, and what somebody wrote for another program
// is not read by our rules.
func (f *file) header(root *object) (ours bool) {
	version, kind := root.text("apiVersion"), root.text("kind")
	if strings.HasPrefix(version, "openslo/") {
		f.at(root.node, fmt.Sprintf("apiVersion %s is not supported by this version", version), "", "write the objective as "+APIVersion+", or "+openVersion)
		return false
	}
	if version != APIVersion {
		f.at(root.node, fmt.Sprintf("apiVersion is %q", version), "this version reads "+APIVersion, "begin the file with apiVersion: "+APIVersion)
	}
	if version == APIVersion && kind == testKind {
		f.at(root.node, "kind is "+testKind, "it holds unit tests and defines nothing", "run it with leadline test, and let its name end in .test.yaml")
		return false
	}
	if kind != serviceKind {
		f.at(root.node, fmt.Sprintf("kind is %q", kind), "", "write kind: "+serviceKind)
	}
	return (version == "" || nearest(version, []string{APIVersion}) != "") && (kind == "" || nearest(kind, []string{serviceKind}) != "")
}

func (s *service) metadata(root *object) {
	n := root.take("metadata")
	if n == nil {
		s.at(root.node, "the file has no metadata", "", "add metadata: with the name of the service (service.name)")
		return
	}
	o := s.object(n, "metadata")
	if o == nil {
		return
	}
	s.name = operation.Service{Name: o.required("name", "shop-api (service.name)"), Namespace: o.text("namespace")}
	s.owner, s.runbook = o.text("owner"), s.runbookPath(o, "runbook")
	o.text("review")
	s.prose(o, "review")
	s.describeAs(o.text("description"))
	s.readEnvironments(o)
	o.finish()
}

func (s *service) readEnvironments(o *object) {
	before := s.found()
	s.environments = o.texts("environments")
	n := o.value["environments"]
	if n == nil || s.found() > before {
		return
	}
	if len(s.environments) == 0 {
		s.at(n, "environments is empty", "nothing would be counted", "remove it, or name one")
	}
	if len(s.environments) > maxPlaces {
		s.at(n, fmt.Sprintf("%d environments", len(s.environments)), fmt.Sprintf("there may be %d", maxPlaces), "split the file")
		s.environments = nil
	}
	for i, e := range s.environments {
		if slices.Contains(s.environments[:i], e) {
			s.at(n.Content[i], fmt.Sprintf("environments names %q twice", e), "", "remove one")
		}
	}
	s.environments = slices.Compact(slices.Sorted(slices.Values(s.environments)))
}

// prose notes a field that is for people and part of no objective.
func (f *file) prose(o *object, field string) {
	if n := o.value[field]; n != nil && len(f.prosaic) < maxGathered {
		f.prosaic = append(f.prosaic, &Problem{File: f.path, Line: n.Line, Column: n.Column, What: field + " of " + o.what})
	}
}

// describeAs notes the description of the service.
func (s *service) describeAs(text string) {
	if text == "" {
		return
	}
	if s.described == nil {
		s.described = map[operation.Service]string{}
	}
	s.described[s.name] = text
}

// runbookPath reads a runbook: a URL, or a path inside the folder of service files.
func (s *service) runbookPath(o *object, field string) string {
	text := o.text(field)
	if text == "" || strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		return text
	}
	if clean := path.Clean(text); path.IsAbs(clean) || clean == ".." || strings.HasPrefix(clean, "../") || strings.ContainsAny(text, `:\`) {
		s.at(o.value[field], fmt.Sprintf("runbook %q leaves the folder of service files", text), "only what lies in it is shown", "write a path below this folder, or a http(s) address")
		return ""
	}
	return text
}

func (s *service) spec(o *object) (objectives []*slo.Objective) {
	s.forAll = s.alerts(o)
	s.excluded = s.exclusions(o)
	for _, n := range o.list("objectives") {
		objectives = append(objectives, s.objective(n)...)
	}
	if n := o.take("journeys"); n != nil {
		if journeys := s.object(n, "journeys"); journeys != nil {
			for _, name := range journeys.order {
				objectives = append(objectives, s.inJourney(name, journeys.take(name), journeys.keys[name])...)
			}
		}
	}
	o.finish()
	if len(objectives) == 0 && s.found() == 0 {
		s.at(o.node, "spec has no objective", "", "add one under objectives, or under a journey")
	}
	return objectives
}

func (s *service) inJourney(name string, n, key *yaml.Node) (objectives []*slo.Objective) {
	if n == nil {
		s.at(key, fmt.Sprintf("journey %q is empty", name), "", "add steps and objectives, or remove it")
		return nil
	}
	o := s.object(n, fmt.Sprintf("journey %q", name))
	if o == nil {
		return nil
	}
	o.text("description")
	s.prose(o, "description")
	o.texts("failure_modes")
	s.prose(o, "failure_modes")
	inner := *s
	inner.journey, inner.steps = name, map[string]step{}
	if n := o.take("steps"); n != nil {
		inner.readSteps(n)
	}
	for _, n := range o.list("objectives") {
		objectives = append(objectives, inner.objective(n)...)
	}
	o.finish()
	return objectives
}

func (s *service) readSteps(n *yaml.Node) {
	o := s.object(n, "steps")
	if o == nil {
		return
	}
	for _, name := range o.order {
		v := o.take(name)
		if v == nil {
			s.at(o.keys[name], fmt.Sprintf("step %q names no operation", name), "", stepExample)
			continue
		}
		if step, ok := s.readStep(v, fmt.Sprintf("step %q", name)); ok {
			s.steps[name] = step
		}
		s.stepKeys = append(s.stepKeys, name)
	}
}

const stepExample = "write for example {http: POST /checkout}"

// stepKinds are the fields that name an operation.
var stepKinds = map[string]operation.Kind{
	"http": operation.HTTP, "rpc": operation.RPC, "task": operation.Task, "consume": operation.Consume,
	"function": operation.Function, "call": operation.Call, "call_rpc": operation.CallRPC,
	"db": operation.Database, "publish": operation.Publish, "enqueue": operation.Enqueue,
}

func (s *service) readStep(n *yaml.Node, what string) (step, bool) {
	o := s.object(n, what)
	if o == nil {
		return step{}, false
	}
	found := step{service: s.name}
	named := 0
	for _, field := range slices.Sorted(maps.Keys(stepKinds)) {
		text := o.text(field)
		if text == "" {
			continue
		}
		named++
		op, err := operation.Parse(stepKinds[field], text)
		if err != nil {
			s.at(o.value[field], err.Error(), "", "")
			continue
		}
		found.operation = op
	}
	if name := o.text("service"); name != "" {
		found.service = operation.Service{Name: name, Namespace: s.name.Namespace}
	}
	if o.has("namespace") {
		found.service.Namespace = o.text("namespace")
	}
	if named != 1 {
		s.at(n, fmt.Sprintf("%s names %d operations", what, named), "a step is exactly one", stepExample)
	}
	o.finish()
	return found, named == 1 && found.operation.Name != ""
}

// placed returns the rule's service in each environment that the file names,
// with the environments that match it.
func (s *service) placed(in operation.Service) (services []operation.Service, environments [][]string) {
	if len(s.environments) == 0 {
		in.Environment = sli.DefaultEnvironments()[0]
		return []operation.Service{in}, [][]string{sli.DefaultEnvironments()}
	}
	for _, e := range s.environments {
		in.Environment = e
		services, environments = append(services, in), append(environments, []string{e})
	}
	return services, environments
}
