// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Names are shown, stored, and sent to other systems, so they are bounded and
// printable. In bytes:
const (
	maxName     = 255 // a route, task, host or queue
	maxResource = 128 // a part of a service's name, a version, an instance
)

const ellipsis = "…"

// clean returns s as an own copy without what cannot be printed (control
// characters, invalid UTF-8, invisible and direction-changing marks), without
// space at its ends, and of at most limit bytes. It ends in "…" when it was cut.
func clean(s string, limit int) string {
	if isClean(s) && len(s) <= limit {
		return strings.Clone(s)
	}
	var b strings.Builder
	b.Grow(min(len(s), limit))
	for _, r := range strings.TrimSpace(s) {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			continue
		}
		if b.Len()+utf8.RuneLen(r) > limit {
			return cut(b.String(), limit)
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// cut shortens s, which may be longer than limit, so that it ends in an
// ellipsis and still fits.
func cut(s string, limit int) string {
	end := min(len(s), limit-len(ellipsis))
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimSpace(s[:end]) + ellipsis
}

// isClean is the quick path: printable ASCII without space at its ends.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}
