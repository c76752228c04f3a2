// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package window

import (
	"errors"
	"strconv"
	"time"
)

// longestParsed keeps what is written in days and weeks within what a duration
// can hold, and what is added to it too.
const longestParsed = 10_000 * 24 * time.Hour

// Parse reads a duration as people write it, and as Compact prints it: as Go
// does, or in whole days or weeks.
func Parse(text string) (time.Duration, error) {
	if last := len(text) - 1; last > 0 {
		unit := map[byte]time.Duration{'d': 24 * time.Hour, 'w': 7 * 24 * time.Hour}[text[last]]
		if n, err := strconv.ParseUint(text[:last], 10, 16); unit > 0 && err == nil && time.Duration(n) <= longestParsed/unit {
			return time.Duration(n) * unit, nil
		}
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("a number and a unit are needed: ms, s, m, h, d or w")
	}
	return d, nil
}
