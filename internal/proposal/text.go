// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package proposal

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leadline/leadline/internal/slice"
)

// text writes the draft as a service file.
func (d *draft) text() string {
	var b strings.Builder
	d.head(&b)
	b.WriteString("spec:\n  objectives:")
	for _, o := range d.objectives {
		b.WriteString("\n")
		for _, line := range o.why {
			comment(&b, "    ", line)
		}
		fmt.Fprintf(&b, "    - name: %s\n      %s\n      target: %s\n      window: 28d\n", o.name, o.indicator, o.target)
	}
	if len(d.leftOut) > 0 {
		b.WriteString("\n# Left out:\n")
		for _, line := range d.leftOut {
			comment(&b, "", "- "+line)
		}
	}
	return b.String()
}

func (d *draft) head(b *strings.Builder) {
	comment(b, "", fmt.Sprintf("A first draft by leadline init, from %s %s of %s in %d minutes between %s and %s UTC.",
		slice.Text(d.Valid().Total()), d.noun(), d.Service.Name, d.Minutes, d.From.UTC().Format("2006-01-02 15:04"), d.To.UTC().Format("2006-01-02 15:04")))
	comment(b, "", "It says how the service did, which is not yet what its users need: change the targets to what you are ready to promise.")
	b.WriteString("apiVersion: leadline/v1\nkind: Service\nmetadata:\n")
	fmt.Fprintf(b, "  name: %s  # the service.name of its telemetry\n", Quote(d.Service.Name))
	if d.Service.Namespace != "" {
		fmt.Fprintf(b, "  namespace: %s\n", Quote(d.Service.Namespace))
	}
	if d.Environment != "" {
		fmt.Fprintf(b, "  environments: [%s]  # by default production, prod, and telemetry that names none\n", Quote(d.Environment))
	}
	if len(d.Elsewhere) > 0 {
		comment(b, "  ", "It also runs in "+strings.Join(d.Elsewhere[:min(len(d.Elsewhere), maxLeftOut)], ", ")+", which this file does not count.")
	}
	b.WriteString("  owner: your-team  # TODO: who answers for it; routes of alerts go by this name\n")
	fmt.Fprintf(b, "  runbook: runbooks/%s.md  # TODO: what to do when it breaks: a file beside this one, or an address\n", strings.TrimSuffix(FileName(d.Service), ".yaml"))
}

// comment writes a text as lines of a comment. No space of any kind is left of
// it, so what telemetry named cannot end the comment.
func comment(b *strings.Builder, indent, text string) {
	const width = 110
	line := indent + "#"
	for _, word := range strings.Fields(text) {
		if len(line)+1+len(word) > width && line != indent+"#" {
			b.WriteString(line + "\n")
			line = indent + "#"
		}
		line += " " + word
	}
	b.WriteString(line + "\n")
}

// bare are texts that mean themselves in YAML, in braces too.
var bare = regexp.MustCompile(`^[A-Za-z/][A-Za-z0-9_./-]*( [A-Za-z/][A-Za-z0-9_./-]*)*$`)

// reserved are words that YAML reads as something else than a text.
var reserved = []string{"true", "false", "yes", "no", "on", "off", "null", "y", "n"}

// Quote writes a text for YAML, bare where that is the same.
func Quote(text string) string {
	if bare.MatchString(text) && !slices.Contains(reserved, strings.ToLower(text)) {
		return text
	}
	return strconv.Quote(text)
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name of a text: post-items-id.
func slug(text string) string {
	const longest = 60
	text = notInNames.ReplaceAllString(strings.ToLower(text), "-")
	return strings.Trim(text[:min(len(text), longest)], "-")
}
