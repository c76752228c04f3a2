// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package spec

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leadline/leadline/internal/operation"
)

// The annotations of a Service document that say what OpenSLO has no field for.
const (
	noteService      = "service" // service.name, where it is not the document's name
	noteNamespace    = "namespace"
	noteEnvironments = "environments"
	noteOwner        = "owner"
	noteRunbook      = "runbook"
)

// service returns what an SLO says of its service: that of a Service document,
// or the name alone. It is new for each file that names it, because each
// reports its own problems.
func (p *parts) service(by *part) *service {
	s := &service{file: by.file}
	name := by.spec.required("service", "shop-api (a Service document, or service.name)")
	if name == "" {
		return s
	}
	s.name = operation.Service{Name: name}
	if about := p.named[partName{openService, name}]; about != nil {
		p.uses = append(p.uses, use{by.file, by.spec.value["service"], about})
		if about.readAbout() {
			*s = *about.about
			s.file = by.file
		}
	}
	return s
}

// readAbout reads a Service document.
func (n *part) readAbout() (good bool) {
	return n.once(func() {
		s := &service{file: n.file}
		described := n.describe()
		s.name = operation.Service{Name: cmp.Or(n.note(noteService), n.name), Namespace: n.note(noteNamespace)}
		s.environments = n.environments()
		s.owner = n.note(noteOwner)
		if n.notes != nil {
			s.runbook = s.runbookPath(n.notes, notePrefix+noteRunbook)
		}
		n.finish()
		s.describeAs(described)
		n.about = s
	})
}

// plainName is a name that needs no quotes between commas.
var plainName = regexp.MustCompile(`^[A-Za-z0-9._/-]+$`)

// environments reads names between commas; in quotes a name may be anything.
func (n *part) environments() (all []string) {
	text := n.note(noteEnvironments)
	for rest := text; rest != ""; {
		name, after, ok := environment(strings.TrimSpace(rest))
		if !ok || slices.Contains(all, name) || len(all) == maxPlaces {
			n.at(n.noteNode(noteEnvironments), "the environments have an empty name, one twice, or too many", fmt.Sprintf("there may be %d", maxPlaces), "write for example production, staging")
			return nil
		}
		all, rest = append(all, name), after
	}
	slices.Sort(all)
	return all
}

// environment reads the first name and returns what follows its comma.
func environment(text string) (name, rest string, ok bool) {
	if quote, err := strconv.QuotedPrefix(text); err == nil {
		name, err := strconv.Unquote(quote)
		rest = strings.TrimSpace(text[len(quote):])
		after, more := strings.CutPrefix(rest, ",")
		return name, after, err == nil && (more && after != "" || rest == "")
	}
	name, rest, more := strings.Cut(text, ",")
	name = strings.TrimSpace(name)
	return name, rest, name != "" && (!more || rest != "")
}

const routesDecide = "receivers and routes of the server's configuration say who is told"

// target reads where OpenSLO would send notifications.
func (n *part) target() {
	n.once(func() {
		n.describe()
		target := n.spec.required("target", "slack")
		n.finish()
		if isOurs(target) {
			return
		}
		n.warn(n.node, "AlertNotificationTarget "+n.name+" is left out", routesDecide, "")
	})
}

// source reads a DataSource: only its type is of interest.
func (n *part) source() {
	n.once(func() {
		n.describe()
		kind := n.spec.required("type", sourceType)
		if details := n.spec.take("connectionDetails"); details != nil && isOurs(kind) {
			n.warn(details, "connectionDetails are left out", "telemetry is sent to Leadline: it connects to nothing", "remove them")
		}
		if kind != "" && !isOurs(kind) {
			n.warn(n.node, fmt.Sprintf("DataSource %s is left out", n.name), noQueries(kind), "")
		}
		n.finish()
	})
}
