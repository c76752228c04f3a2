// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/slo"
)

// openVersion is the version of OpenSLO that is read and written.
const openVersion = "openslo/v1"

// The kinds of OpenSLO's documents.
const (
	openService   = "Service"
	openSLO       = "SLO"
	openSLI       = "SLI"
	openPolicy    = "AlertPolicy"
	openCondition = "AlertCondition"
	openTarget    = "AlertNotificationTarget"
	openSource    = "DataSource"
)

var openKinds = []string{openService, openSLO, openSLI, openPolicy, openCondition, openTarget, openSource}

// part is one thing that OpenSLO describes: a document, or what stands inline
// in another one.
type part struct {
	*file
	node       *yaml.Node
	kind, name string
	title      string  // displayName
	data       *object // its metadata, nil without any
	notes      *object // its annotations, nil without any
	spec       *object // nil when there is none to read
	// seen says that it was read and its mistakes are reported, broken that
	// there are some.
	seen, broken bool
	// What was read of a Service, an AlertPolicy and an AlertCondition.
	about *service
	rules []slo.Rule
	rule  slo.Rule
}

// parts are the documents of all files by kind and name.
type parts struct {
	named   map[partName]*part
	uses    []use
	missing int // names of parts that are not there
}

// maxSuggested is for how many missing names a near one is looked for, which
// takes a look at all names.
const maxSuggested = 50

type partName struct{ kind, name string }

// use is a name of a part, where it stands.
type use struct {
	by   *file
	at   *yaml.Node
	what *part
}

func newParts() *parts { return &parts{named: map[partName]*part{}} }

// add takes a document of OpenSLO, or a list of them, and leaves others.
func (p *parts) add(f *file, doc *yaml.Node) (taken bool) {
	if doc.Kind == yaml.SequenceNode && len(doc.Content) > 0 && isOpen(doc.Content[0]) {
		for _, n := range doc.Content {
			if !p.add(f, n) {
				f.at(n, "the list has an entry that is no document of OpenSLO", "", "write it as a document of its own")
			}
		}
		return true
	}
	if !isOpen(doc) {
		return false
	}
	root := f.object(doc, "a document")
	root.take("apiVersion")
	n := &part{file: f, node: doc, kind: root.text("kind")}
	if !slices.Contains(openKinds, n.kind) {
		f.at(doc, fmt.Sprintf("kind is %q", n.kind), "", meant(n.kind, openKinds, "write one of "+strings.Join(openKinds, ", ")))
		return true
	}
	n.begin(root)
	p.name(n)
	f.parts = append(f.parts, n)
	return true
}

func isOpen(n *yaml.Node) bool { return says(n, "apiVersion", openVersion) }

// name notes a part by its name, or reports that two have it.
func (p *parts) name(n *part) {
	key := partName{n.kind, n.name}
	have, twice := p.named[key]
	switch {
	case n.name == "":
	case !twice:
		p.named[key] = n
	default:
		for _, w := range [][2]*part{{n, have}, {have, n}} {
			w[0].at(w[0].node, fmt.Sprintf("%s %q is defined twice", n.kind, n.name), "it is also defined at "+w[1].place(), "rename one of them, or remove it")
		}
	}
}

func (n *part) place() string { return fmt.Sprintf("%s:%d", n.path, n.node.Line) }

// inline reads a part that stands in another one.
func inline(f *file, node *yaml.Node, kind string) *part {
	root := f.object(node, "an "+kind)
	if root == nil {
		return nil
	}
	root.take("apiVersion")
	n := &part{file: f, node: node, kind: kind}
	if text := root.text("kind"); text != "" && text != kind {
		f.at(root.value["kind"], fmt.Sprintf("kind is %q", text), "", "write kind: "+kind)
	}
	n.begin(root)
	return n
}

// begin reads what all kinds share.
func (n *part) begin(root *object) {
	if m := root.take("metadata"); m == nil {
		n.at(n.node, n.kind+" has no metadata", "", "add metadata: {name: ...}")
	} else if o := n.object(m, "metadata"); o != nil {
		n.name, n.title = o.required("name", "checkout-succeeds"), o.text("displayName")
		n.data = o
		if labels := o.take("labels"); labels != nil {
			n.object(labels, "labels")
			n.prose(o, "labels")
		}
		if n.kind != openSLO {
			n.prose(o, "displayName")
		}
		if notes := o.take("annotations"); notes != nil {
			n.notes = n.object(notes, "annotations")
		}
		o.finish()
	}
	if s := root.take("spec"); s == nil {
		n.at(n.node, n.kind+" has no spec", "", "add spec:")
	} else {
		n.spec = n.object(s, "spec")
	}
	root.finish()
}

// find returns the part that a field names, and says so when there is none.
func (p *parts) find(by *file, at *yaml.Node, kind string) *part {
	found := p.named[partName{kind, at.Value}]
	switch {
	case at.Kind != yaml.ScalarNode:
		by.at(at, "the name of the "+kind+" must be a text", "found "+kindText(at), "")
		return nil
	case found == nil:
		p.missing++
		by.at(at, fmt.Sprintf("there is no %s %q", kind, at.Value), "", meant(at.Value, p.names(kind), "define it in a file of this folder"))
		return nil
	}
	p.uses = append(p.uses, use{by, at, found})
	return found
}

func (p *parts) names(kind string) (names []string) {
	if p.missing > maxSuggested {
		return nil
	}
	for key := range p.named {
		if key.kind == kind {
			names = append(names, key.name)
		}
	}
	slices.Sort(names)
	return names
}

// refuseUsers refuses the files that name something in a refused one: the
// number would rest on a text that is not taken.
func (p *parts) refuseUsers() {
	for again := true; again; {
		again = false
		for _, u := range p.uses {
			if u.what.found() > 0 && u.by.found() == 0 {
				u.by.at(u.at, fmt.Sprintf("%s %q is in a file with a mistake", u.what.kind, u.what.name), "it stands at "+u.what.place(), "mend that file")
				again = true
			}
		}
	}
}

// read returns the objectives of a document. One of another kind than SLO has
// none, but is checked whether somebody names it or not.
func (p *parts) read(n *part) []*slo.Objective {
	if n.spec == nil {
		return nil
	}
	switch n.kind {
	case openSLO:
		return p.slo(n)
	case openSLI:
		p.checkSLI(n)
	case openPolicy:
		p.readPolicy(n)
	case openCondition:
		n.readCondition()
	case openService:
		n.readAbout()
	case openTarget:
		n.target()
	case openSource:
		n.source()
	}
	return nil
}

// once reads a part unless it was read, and says whether it is without a
// mistake.
func (n *part) once(read func()) (good bool) {
	if n.seen {
		return !n.broken
	}
	return n.check(read)
}

// check reads a part, again for another service too, unless its mistakes are
// reported already.
func (n *part) check(read func()) (good bool) {
	if n.broken || n.spec == nil {
		return false
	}
	before := n.found()
	n.spec.known = nil // of the last time
	read()
	n.seen, n.broken = true, n.found() > before
	return !n.broken
}

// describe reads the description that every spec may have.
func (n *part) describe() string { return n.spec.text("description") }

// notePrefix begins the annotations that are ours.
const notePrefix = "leadline/"

// note returns one of our annotations, "" when it is absent.
func (n *part) note(name string) string {
	if n.notes == nil {
		return ""
	}
	return n.notes.text(notePrefix + name)
}

// flagNote returns an annotation that is true or false; nil when it is absent.
// Annotations are texts.
func (n *part) flagNote(name string) *bool {
	text := n.note(name)
	if text == "" {
		return nil
	}
	value := text == "true"
	if !value && text != "false" {
		n.at(n.noteNode(name), fmt.Sprintf("the annotation %s%s is %q", notePrefix, name, text), "", `write "true" or "false"`)
	}
	return &value
}

func (n *part) noteNode(name string) *yaml.Node { return n.notes.value[notePrefix+name] }

// finish reports the fields and the annotations of ours that nobody took.
func (n *part) finish() {
	n.spec.finish()
	if n.notes == nil || n.seen {
		return
	}
	for _, key := range n.notes.order {
		switch {
		case !strings.HasPrefix(key, notePrefix):
			n.prose(n.notes, key)
		case !slices.Contains(n.notes.known, key):
			n.at(n.notes.keys[key], fmt.Sprintf("%s has no annotation %q", n.kind, key), "", meant(key, n.notes.known, "known annotations: "+strings.Join(n.notes.known, ", ")))
		}
	}
}
