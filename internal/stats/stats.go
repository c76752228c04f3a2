// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package stats holds the statistics of shares: how far a share of events, and
// the difference of two, can be believed.
//
// It owns formulas with their sources and what they assume, not what is
// concluded from them. Events are taken as independent. Those of an outage are
// not, so an interval is narrower than the truth: who decides something
// asks for more confidence, and for a least number of events.
package stats

import "math"

// The quantiles of the normal distribution for two-sided confidence.
const (
	Z95  = 1.959963984540054
	Z999 = 3.2905267314918945
)

// Wilson returns the ends of Wilson's score interval for the share k/n, with the
// confidence that a quantile z of the normal distribution stands for,
//
//	(p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n),  p = k/n,
//
// which holds for small n and for p near 0 and 1, where the usual normal
// approximation says that nothing can ever fail. Each end by itself is a
// one-sided bound. Without events it is all of [0, 1]; k must not exceed n.
// Source: E. B. Wilson, Probable inference, the law of succession, and
// statistical inference, 1927.
func Wilson(k, n uint64, z float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p, m := float64(k)/float64(n), float64(n)
	middle, width, scale := p+z*z/(2*m), z*math.Sqrt(p*(1-p)/m+z*z/(4*m*m)), 1+z*z/m
	// The ends are p itself where p is 0 or 1, but for rounding.
	low, high = (middle-width)/scale, (middle+width)/scale
	return min(max(low, 0), p), max(min(high, 1), p)
}

// Difference returns the ends of Newcombe's hybrid score interval for the
// difference a/n - b/m of two shares,
//
//	d - sqrt((p-l)^2 + (v-q)^2),  d + sqrt((u-p)^2 + (q-w)^2),
//
// where d = p - q, p = a/n within its Wilson interval [l, u] and q = b/m within
// [w, v]. It holds for small numbers and shares near 0 and 1, never leaves
// [-1, 1], and the shares may be of numbers that differ a lot. Where one of
// them is of no events it says so little that it holds 0. Source: R. G.
// Newcombe, Interval estimation for the difference between independent
// proportions: comparison of eleven methods, 1998, method 10.
func Difference(a, n, b, m uint64, z float64) (low, high float64) {
	if n == 0 || m == 0 {
		return -1, 1
	}
	p, q := float64(a)/float64(n), float64(b)/float64(m)
	l, u := Wilson(a, n, z)
	w, v := Wilson(b, m, z)
	return p - q - math.Hypot(p-l, v-q), p - q + math.Hypot(u-p, q-w)
}
