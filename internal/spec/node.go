// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
	"go.yaml.in/yaml/v4/plugin/loaderlimits"

	"github.com/leadline/leadline/internal/operation"
)

// file is a service file while it is read; problems gather in it, and names.
type file struct {
	path     string
	problems []*Problem
	unsaid   int // problems beyond those
	warnings []*Problem
	named    []named
	made     int     // objectives, or those there would be
	parts    []*part // the documents of OpenSLO
	prosaic  []*Problem
	// described are services by name and namespace.
	described map[operation.Service]string
}

// at reports a problem at a node.
func (f *file) at(n *yaml.Node, what, why, mend string) {
	f.add(&Problem{f.path, n.Line, n.Column, what, why, mend})
}

func (f *file) add(p *Problem) {
	if len(f.problems) == maxGathered {
		f.unsaid++
		return
	}
	f.problems = append(f.problems, p)
}

// warn says what is left out of a document, which is taken without it.
func (f *file) warn(n *yaml.Node, what, why, mend string) {
	if len(f.warnings) < maxGathered {
		f.warnings = append(f.warnings, &Problem{f.path, n.Line, n.Column, what, why, mend})
	}
}

// first returns the first problems in the order of the text.
func first(problems []*Problem) []*Problem {
	slices.SortStableFunc(problems, func(a, b *Problem) int { return cmp.Or(a.Line-b.Line, a.Column-b.Column) })
	return problems[:min(len(problems), maxProblems)]
}

// found returns how many problems the file has so far.
func (f *file) found() int { return len(f.problems) + f.unsaid }

// documents reads the YAML documents of a file.
func (f *file) documents(content []byte) (docs []*yaml.Node) {
	if len(content) > MaxFileBytes {
		f.add(&Problem{File: f.path, What: fmt.Sprintf("the file has %d bytes", len(content)),
			Why: fmt.Sprintf("at most %d are read", MaxFileBytes), Mend: "split it by service"})
		return nil
	}
	loader, err := yaml.NewLoader(bytes.NewReader(content), yaml.WithPlugin(loaderlimits.New(loaderlimits.DepthValue(MaxDepth))))
	if err != nil {
		f.syntax(err, content)
		return nil
	}
	for {
		var n yaml.Node
		err := loader.Load(&n)
		if errors.Is(err, io.EOF) {
			// An editor may leave a file empty for a moment; what it said goes on
			// until it is removed.
			if len(docs) == 0 && len(f.problems) == 0 {
				f.add(&Problem{File: f.path, What: "the file is empty", Mend: "write what it promises, or remove it"})
			}
			return docs
		}
		if err != nil {
			f.syntax(err, content)
			return nil
		}
		if f.plain(&n) && len(n.Content) == 1 {
			docs = append(docs, n.Content[0])
		}
	}
}

// placeIn finds where the YAML parser stands in what it says, as in "load error
// in parser (while parsing a flow sequence) at L1.C13-L2.C5: did not find".
var placeIn = regexp.MustCompile(`^.*? at (?:L\d+\.C\d+-)?L(\d+)\.C(\d+): `)

// syntax reports an error of the YAML parser, whose position is in its text.
func (f *file) syntax(err error, content []byte) {
	p := &Problem{File: f.path, What: "not YAML that can be read: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	if m := placeIn.FindStringSubmatch(err.Error()); m != nil {
		p.Line, _ = strconv.Atoi(m[1])
		p.Column, _ = strconv.Atoi(m[2])
		p.What = "not YAML that can be read: " + strings.TrimPrefix(err.Error(), m[0])
	}
	if tabbed(content, p.Line) {
		p.Why, p.Mend = "the line is indented with a tab", "write spaces"
	}
	f.add(p)
}

// tabbed reports whether a line is indented with a tab, which YAML has no use for.
func tabbed(content []byte, line int) bool {
	for l := range bytes.Lines(content) {
		if line--; line == 0 {
			return bytes.HasPrefix(bytes.TrimLeft(l, " "), []byte("\t"))
		}
	}
	return false
}

// plain refuses anchors, aliases, merge keys and custom tags: what a reader
// sees in its place is what is meant there. Without aliases the rest can be
// read, and what is wrong with it said too.
func (f *file) plain(n *yaml.Node) (readable bool) {
	readable = n.Kind != yaml.AliasNode
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		f.at(n, "YAML anchors and aliases are not read", "they hide what an objective says", "write the value out")
	case strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!"):
		f.at(n, fmt.Sprintf("the YAML tag %s is not read", n.Tag), "", "remove it")
	}
	for _, c := range n.Content {
		readable = f.plain(c) && readable
	}
	return readable
}

// object is a mapping whose fields are taken one by one. What nobody took
// when it is finished is an unknown field.
type object struct {
	file  *file
	node  *yaml.Node
	what  string // "an objective", for texts
	keys  map[string]*yaml.Node
	value map[string]*yaml.Node
	order []string
	known []string
}

// object reads a node as a mapping; nil when it is none.
func (f *file) object(n *yaml.Node, what string) *object {
	if n.Kind != yaml.MappingNode {
		f.at(n, what+" must be a mapping of fields", "found "+kindText(n), "")
		return nil
	}
	o := &object{file: f, node: n, what: what, keys: map[string]*yaml.Node{}, value: map[string]*yaml.Node{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if _, twice := o.value[k.Value]; twice {
			f.at(k, fmt.Sprintf("%s has the field %q twice", what, k.Value), "", "remove one")
			continue
		}
		o.keys[k.Value], o.value[k.Value] = k, n.Content[i+1]
		o.order = append(o.order, k.Value)
	}
	return o
}

// take returns the value of a field, nil when it is absent or null.
func (o *object) take(field string) *yaml.Node {
	o.known = append(o.known, field)
	n := o.value[field]
	if n == nil || n.Tag == "!!null" {
		return nil
	}
	return n
}

// has reports whether the field is written, if only as null.
func (o *object) has(field string) bool { return o.value[field] != nil }

// text returns the value of a text field, "" when it is absent.
func (o *object) text(field string) string {
	n := o.take(field)
	if n == nil {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		o.file.at(n, fmt.Sprintf("%s must be a text", field), "found "+kindText(n), "")
		return ""
	}
	return n.Value
}

// required returns the value of a text field that must be there.
func (o *object) required(field, example string) string {
	s := o.text(field)
	if s == "" && !o.file.reported(o.value[field]) {
		o.file.at(o.node, fmt.Sprintf("%s has no %s", o.what, field), "", "add "+field+": "+example)
	}
	return s
}

var objectiveName = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,98}[a-z0-9])?$`)

// usableName returns the name of an objective or a rule.
func (o *object) usableName(example string) string {
	name := o.required("name", example)
	if name != "" && !objectiveName.MatchString(name) {
		o.file.unusable(o.value["name"], fmt.Sprintf("the name %q", name))
	}
	return name
}

// unusable reports a name that is none for an objective or a rule.
func (f *file) unusable(n *yaml.Node, name string) {
	f.at(n, name+" is not usable", "names stand in addresses and labels", "use up to 100 lower-case letters, digits, dashes, dots and underscores")
}

// list returns the entries of a list field.
func (o *object) list(field string) []*yaml.Node {
	n := o.take(field)
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		o.file.at(n, fmt.Sprintf("%s must be a list", field), "found "+kindText(n), "")
		return nil
	}
	return n.Content
}

// texts returns the entries of a list of texts.
func (o *object) texts(field string) (out []string) {
	for _, n := range o.list(field) {
		if n.Kind != yaml.ScalarNode {
			o.file.at(n, fmt.Sprintf("%s must be a list of texts", field), "found "+kindText(n), "")
			continue
		}
		out = append(out, n.Value)
	}
	return out
}

// flag returns the value of a boolean field.
func (o *object) flag(field string) bool {
	n := o.take(field)
	if n == nil {
		return false
	}
	if n.Tag != "!!bool" {
		o.file.at(n, fmt.Sprintf("%s must be true or false", field), "", "")
		return false
	}
	return strings.EqualFold(n.Value, "true") // YAML also reads True and TRUE
}

// says reports whether a node is a mapping whose field of that name, the first if
// there are several, has the value.
func says(n *yaml.Node, field, value string) bool {
	if n.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == field {
			return n.Content[i+1].Value == value
		}
	}
	return false
}

// reported says whether a problem stands at the node already.
func (f *file) reported(n *yaml.Node) bool {
	return n != nil && slices.ContainsFunc(f.problems, func(p *Problem) bool { return p.Line == n.Line && p.Column == n.Column })
}

// finish reports the fields that nobody took.
func (o *object) finish() {
	for _, field := range o.order {
		if slices.Contains(o.known, field) {
			continue
		}
		o.file.at(o.keys[field], fmt.Sprintf("%s has no field %q", o.what, field), "", meant(field, o.known, "known fields: "+strings.Join(o.known, ", ")))
	}
}

func kindText(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	if n.Tag == "!!null" {
		return "nothing"
	}
	return strconv.Quote(n.Value)
}

// meant asks for the candidate that is near, or says what else to do.
func meant(word string, candidates []string, otherwise string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return otherwise
}

// nearest returns the candidate that a typing mistake most likely meant, or "".
func nearest(word string, candidates []string) string {
	best, at := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := distance(word, c, at); d < at && d < len(word) {
			best, at = c, d
		}
	}
	return best
}

// Nearest returns the name that a typing mistake most likely meant, or "".
func Nearest(name string, names []string) string { return nearest(name, names) }

// distance is the Levenshtein distance of two words, or limit when it is at
// least that. Words are short here; longer ones are never near.
func distance(a, b string, limit int) int {
	const longest = 64
	if len(a) > longest || len(b) > longest {
		return limit
	}
	var row [longest + 1]int
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost = 1 + min(diagonal, row[j], row[j-1])
			}
			diagonal, row[j] = row[j], cost
		}
	}
	return min(row[len(b)], limit)
}
