// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package proposal

import (
	"fmt"
	"math"
	"time"

	"github.com/leadline/leadline/internal/slice"
	"github.com/leadline/leadline/internal/stats"
)

// confidence is the quantile of the normal distribution for one-sided 95%.
const confidence = 1.6448536269514722

// lowerBound returns the share of events that is reached at least, when so many
// of n were, with that confidence. It is 0 without events.
func lowerBound(k, n uint64) float64 {
	low, _ := stats.Wilson(k, n, confidence)
	return low
}

// targets are those that people use, from the highest that a first draft may
// promise to the lowest that is worth one, in thousandths.
var targets = []int{999, 995, 990, 980, 950, 900, 800, 500}

// percent writes thousandths: 99.9%.
func percent(milli int) string {
	if milli%10 == 0 {
		return fmt.Sprintf("%d%%", milli/10)
	}
	return fmt.Sprintf("%d.%d%%", milli/10, milli%10)
}

// availability returns the highest target that the events support, and why it
// is that; no target when they support none.
func availability(c slice.Counts) (target, why string) {
	bound := lowerBound(c.Good, c.Total())
	measured := fmt.Sprintf("%s of %s were good (%s)", slice.Text(c.Good), slice.Text(c.Total()), share(c.Good, c.Total()))
	for _, milli := range targets {
		if bound >= float64(milli)/1000 {
			why = fmt.Sprintf("Measured: %s. That supports %s: with 95%% confidence at least %s are good.", measured, percent(milli), floor(bound))
			if c.Bad == 0 && milli < targets[0] {
				why += " More traffic would support more."
			}
			return percent(milli), why
		}
	}
	return "", measured + ", which supports no target: mend it first, then promise"
}

// The thresholds that people use. None is shorter than what a person notices.
var thresholds = []time.Duration{
	100 * time.Millisecond, 150 * time.Millisecond, 200 * time.Millisecond, 300 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond,
	time.Second, 1500 * time.Millisecond, 2 * time.Second, 3 * time.Second, 5 * time.Second, 7500 * time.Millisecond,
	10 * time.Second, 15 * time.Second, 20 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute,
}

// latencyTargets are those of latency, in thousandths: the second is for as many
// events as can support no more.
var latencyTargets = []int{950, 900}

// latency returns the shortest usual threshold that a share of the events
// stays below, that share, and why.
func latency(h *slice.Histogram) (threshold, target string, why []string) {
	if h == nil || h.Count() == 0 {
		return "", "", []string{"no duration was measured"}
	}
	n := h.Count()
	for _, milli := range latencyTargets {
		if lowerBound(n, n) < float64(milli)/1000 {
			continue
		}
		for _, t := range thresholds {
			if within := h.AtMost(t); lowerBound(within, n) >= float64(milli)/1000 {
				return duration(t), percent(milli), []string{
					fmt.Sprintf("Measured: half of %s took up to about %s, 95%% %s, 99%% %s.", slice.Text(n), quantile(h, 0.5), quantile(h, 0.95), quantile(h, 0.99)),
					fmt.Sprintf("%s is the shortest usual threshold that %s stay within with 95%% confidence: %s did.", duration(t), percent(milli), share(within, n)),
				}
			}
		}
	}
	return "", "", []string{"its durations support no usual threshold"}
}

func quantile(h *slice.Histogram, q float64) string {
	d, _ := h.Quantile(q)
	return duration(d)
}

// duration writes a duration as people read it: 210ms, 1.5s.
func duration(d time.Duration) string {
	switch {
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d >= time.Second:
		return fmt.Sprintf("%.3gs", d.Seconds())
	case d >= 10*time.Millisecond:
		return fmt.Sprintf("%.0fms", d.Seconds()*1000)
	}
	return fmt.Sprintf("%.2gms", d.Seconds()*1000)
}

// share writes good of n in percent; never 100% when not all are.
func share(good, n uint64) string {
	if good == n {
		return "100%"
	}
	return floor(float64(good) / float64(n))
}

// floor writes a share with two decimals, rounded down.
func floor(x float64) string { return fmt.Sprintf("%.2f%%", math.Floor(x*10_000)/100) }
