// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"
	"unicode/utf8"
)

// looksRegular reports whether a route is a regular expression. Django joins
// the routes of its includes, so ^ may stand in the middle; a path template
// holds none of these.
func looksRegular(route string) bool {
	return strings.ContainsAny(route, `^\`) && !strings.Contains(route, "{") ||
		strings.HasPrefix(route, "^") || strings.HasSuffix(route, "$") ||
		strings.Contains(route, "(?")
}

// regular reads a regular expression as its author meant it as a route: groups
// and wildcards are parameters, anchors and "optional" marks mean nothing.
func (r *routeWriter) regular(route string) {
	for i := 0; i < len(route); {
		i = pastQuantifier(route, r.atom(route, i))
	}
}

// atom reads what stands at i and returns the index after it.
func (r *routeWriter) atom(route string, i int) int {
	switch c := route[i]; c {
	case '(':
		return r.group(route, i)
	case '<': // a path() with converters that includes re_path()s
		return r.bracket(route, i)
	case '[':
		r.parameter("")
		return endOfClass(route, i)
	case '.':
		if i+1 < len(route) && isQuantifier(route[i+1]) {
			r.parameter("")
		} else {
			r.literal(c)
		}
	case '\\':
		return r.escape(route, i)
	case '^', '$', '?', '+', '*', '|', ')', ']', '{', '}', '#':
		// Anchors, marks and choices mean nothing in a name.
	default:
		r.literal(c)
	}
	return i + 1
}

// escape reads a backslash and what it escapes: a class such as \d is a
// parameter, an anchor such as \Z nothing, punctuation itself.
func (r *routeWriter) escape(route string, i int) int {
	if i+1 >= len(route) {
		return i + 1
	}
	switch c := route[i+1]; {
	case c >= utf8.RuneSelf:
		return i + 1
	case strings.IndexByte("dDwWsS", c) >= 0:
		r.parameter("")
	case strings.IndexByte("-._~:@!,;=&%/", c) >= 0:
		r.literal(c)
	}
	return i + 2
}

// group reads a group: a named or capturing one is a parameter; another is its
// content, unless that is a choice.
func (r *routeWriter) group(route string, i int) int {
	end := closing(route, i)
	if end < 0 {
		return i + 1
	}
	inside := route[i+1 : end]
	switch name, named := groupName(inside); {
	case named:
		r.parameter(name)
	case strings.HasPrefix(inside, "?=") || strings.HasPrefix(inside, "?!") || strings.HasPrefix(inside, "?<"):
		// Looking ahead or behind matches nothing itself.
	case strings.HasPrefix(inside, "?:") && !strings.Contains(inside, "|"):
		r.regular(inside[len("?:"):])
	default:
		r.parameter("")
	}
	return end + 1
}

// groupName returns the name in ?P<name>... or ?<name>....
func groupName(inside string) (string, bool) {
	rest, found := strings.CutPrefix(inside, "?P<")
	if !found {
		rest, found = strings.CutPrefix(inside, "?<")
		if strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, "!") {
			return "", false
		}
	}
	name, _, closed := strings.Cut(rest, ">")
	return name, found && closed
}

// endOfClass returns the index after the character class that opens at i. A
// bracket that comes first belongs to the class.
func endOfClass(s string, i int) int {
	for j := i + 1; j < len(s); j++ {
		switch {
		case s[j] == '\\':
			j++
		case s[j] == ']' && j > i+1 && s[i+1:j] != "^":
			return j + 1
		}
	}
	return len(s)
}

func isQuantifier(c byte) bool { return c == '*' || c == '+' || c == '?' || c == '{' }

// pastQuantifier skips *, +, ?, {2,3} and their lazy forms.
func pastQuantifier(s string, i int) int {
	for i < len(s) && isQuantifier(s[i]) {
		if s[i] == '{' {
			end := closing(s, i)
			if end < 0 {
				return i
			}
			i = end
		}
		i++
	}
	return i
}
