// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strconv"
	"strings"
)

// NormaliseRoute returns the one spelling of a route for all frameworks: a
// leading slash, no trailing slash, parameters as {name}.
//
//	polls/<int:pk>/               Django path           /polls/{pk}
//	^articles/(?P<year>\d{4})/$   Django re_path        /articles/{year}
//	/users/<int:id>               Flask                 /users/{id}
//	/files/{path:path}            FastAPI, Starlette    /files/{path}
//	/x/{id:\d+}                   aiohttp, Pyramid      /x/{id}
//
// A trailing slash is dropped because frameworks disagree about it and answer
// the other spelling with a redirect, so that a person who writes a service
// file should not have to know; two routes that differ by nothing else are one
// operation. What follows a "?" is not part of a route.
//
// The result is printable, at most 255 bytes long, and its own normal form.
func NormaliseRoute(route string) string {
	route = clean(route, maxRouteInput)
	r := routeWriter{}
	r.b.Grow(len(route) + 1)
	if looksRegular(route) {
		r.regular(route)
	} else {
		r.template(route)
	}
	return r.finish()
}

// maxRouteInput bounds the work; no name of 255 bytes needs more.
const maxRouteInput = 2048

// routeWriter collects the normal form of a route.
type routeWriter struct {
	b       strings.Builder
	unnamed int // parameters without a name so far
}

// literal writes a byte of a literal segment. Slashes do not repeat, and a
// segment does not begin with a space.
func (r *routeWriter) literal(c byte) {
	if (c == '/' || c == ' ') && r.atSegment() {
		return
	}
	r.b.WriteByte(c)
}

// atSegment reports whether a segment begins here.
func (r *routeWriter) atSegment() bool {
	return r.b.Len() == 0 || strings.HasSuffix(r.b.String(), "/")
}

// parameter writes {name}, or {argN} for a parameter without a usable name.
func (r *routeWriter) parameter(name string) {
	name = strings.Map(parameterRune, name)
	if name == "" {
		r.unnamed++
		name = "arg" + strconv.Itoa(r.unnamed)
	}
	r.b.WriteString("{" + name + "}")
}

// parameterRune keeps what identifiers are made of.
func parameterRune(c rune) rune {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-', c == '.', c >= 0x80:
		return c
	}
	return -1
}

// finish cuts a route that is too long after a whole segment: half of a
// parameter would read as another route.
func (r *routeWriter) finish() string {
	s := "/" + strings.Trim(strings.TrimRight(r.b.String(), "$/ "), "/ ")
	if len(s) <= maxName {
		return s
	}
	end := strings.LastIndexByte(s[:maxName-len(ellipsis)], '/')
	return s[:end+1] + ellipsis
}

// template reads the routes of path templates: <converter:name> and {name:converter}.
func (r *routeWriter) template(route string) {
	for i := 0; i < len(route); {
		switch c := route[i]; {
		case c == '?' || c == '#':
			return
		case c == '<' || c == '{':
			i = r.bracket(route, i)
		case c == '*' && r.atSegment(): // Pyramid's *traverse
			end := i + segmentLength(route[i:])
			r.parameter(route[i+1 : end])
			i = end
		case c == '^' || c == '\\':
			i++ // would read as a regular expression
		default:
			r.literal(c)
			i++
		}
	}
}

// bracket reads a parameter in angle or curly brackets; a bracket that is not
// closed is dropped.
func (r *routeWriter) bracket(route string, i int) int {
	end := closing(route, i)
	if end < 0 {
		return i + 1
	}
	r.parameter(parameterName(route[i], route[i+1:end]))
	return end + 1
}

// parameterName finds the name between brackets: after the converter in
// <int:id>, whose arguments may hold colons, and before it in {id:\d+}.
func parameterName(open byte, inside string) string {
	if open == '{' {
		name, _, _ := strings.Cut(inside, ":")
		return name
	}
	return inside[strings.LastIndexByte(inside, ':')+1:]
}

// closing returns the index of the bracket that closes the one at i, or -1.
func closing(s string, i int) int {
	open, shut := s[i], byte('>')
	switch open {
	case '{':
		shut = '}'
	case '(':
		shut = ')'
	}
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// segmentLength is the length of s up to the next slash.
func segmentLength(s string) int {
	if i := strings.IndexByte(s, '/'); i >= 0 {
		return i
	}
	return len(s)
}
