// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// hours is how busy a shop is at each hour of the day, in percent of its mean,
// with few customers at night and most of them after lunch and after supper.
var hours = [24]float64{
	30, 20, 15, 15, 15, 25, 50, 85, 110, 130, 140, 140,
	130, 155, 175, 175, 160, 145, 140, 150, 155, 120, 80, 40,
}

// opens is the hour at which a load begins: on the way up to a mean day's rate.
const opens = 8

// busy is the rate in shares of the mean, when the load has run for elapsed.
// Between the hours it changes evenly, so that nothing jumps.
func (c Config) busy(elapsed time.Duration) float64 {
	if c.Day == 0 {
		return 1
	}
	at := opens + 24*float64(elapsed%c.Day)/float64(c.Day)
	hour := int(at)
	into := at - float64(hour)
	percent := hours[hour%24]*(1-into) + hours[(hour+1)%24]*into
	return percent / 100
}

// worked reads how long the server says that it worked on an answer, from its
// header Server-Timing: app;dur=12 (milliseconds). 0 means that it does not.
func worked(h http.Header) time.Duration {
	for metric := range strings.SplitSeq(h.Get("Server-Timing"), ",") {
		text, ours := strings.CutPrefix(strings.TrimSpace(metric), "app;dur=")
		if millis, err := strconv.ParseFloat(text, 64); ours && err == nil {
			return time.Duration(millis * float64(time.Millisecond))
		}
	}
	return 0
}
