// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package notice

import (
	"math/big"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/leadline/leadline/internal/window"
)

// The lengths to which texts are cut, in characters.
const (
	maxName = 120
	maxText = 600
	maxURL  = 2048
)

// Line returns at most limit characters of a text on one line, without what
// would break a line, hide a part of it or turn its direction.
func Line(text string, limit int) string {
	// A hostile text may be long: what cannot be shown is not looked at.
	text = strings.ToValidUTF8(text[:min(len(text), 16*limit)], "\ufffd")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) }), " ")
	return Cut(text, limit)
}

// Cut shortens a text to at most limit characters, the last of which says so.
func Cut(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// opens reports whether the address is one that a browser may be sent to.
func (l Link) opens() bool {
	if len(l.URL) > maxURL || strings.ContainsFunc(l.URL, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune("\"'<>`\\|", r) }) {
		return false
	}
	u, err := url.Parse(l.URL)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Percent prints a share as a percentage, "0.42" as "42%", with at most three
// places and never rounded up: 99.9999% is not 100%. What is no number is
// returned as it is.
func Percent(share string) string { return percent(share, 3) }

// percent prints a share with so many places: one of a budget, as everywhere.
func percent(share string, places int) string {
	if share == "" || strings.HasSuffix(share, "%") || len(share) > maxName || strings.ContainsAny(share, "eE/") {
		return Line(share, maxName)
	}
	r, ok := new(big.Rat).SetString(share)
	if !ok {
		return Line(share, maxName)
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil)
	parts := new(big.Int).Mul(r.Num(), new(big.Int).Mul(scale, big.NewInt(100)))
	parts.Div(parts, r.Denom()) // towards minus infinity
	text := new(big.Rat).SetFrac(parts, scale).FloatString(places)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%"
}

// length prints a duration to the second, or to the minute when it is long.
func length(d time.Duration) string {
	if d > time.Hour {
		return window.Compact(d.Round(time.Minute))
	}
	return window.Compact(d.Round(time.Second))
}

// String returns the text as plain lines, the way a terminal shows it.
func (t Text) String() string {
	var b strings.Builder
	b.WriteString(t.Title + "\n")
	if t.Intro != "" {
		b.WriteString(t.Intro + "\n")
	}
	for _, i := range t.Items {
		if i.Title != "" {
			b.WriteString("\n" + i.Title + "\n")
		}
		for _, f := range i.Facts {
			b.WriteString("  " + f.Name + ": " + f.Text + "\n")
		}
		for _, l := range i.Links {
			b.WriteString("  " + l.Text + ": " + l.URL + "\n")
		}
	}
	if rest := t.Rest(); len(rest) > 0 {
		b.WriteString("\n" + strings.Join(rest, "\n") + "\n")
	}
	return b.String()
}

// Rest returns the lines below the items: further titles, how many there are
// beyond those, and whether the message may be a repeat.
func (t Text) Rest() []string {
	rest := append([]string(nil), t.More...)
	if t.Beyond > 0 {
		rest = append(rest, "and "+alerts(t.Beyond)+" more")
	}
	if t.Repeat != "" {
		rest = append(rest, t.Repeat)
	}
	return rest
}
