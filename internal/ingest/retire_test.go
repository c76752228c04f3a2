// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import (
	"maps"
	"testing"

	"github.com/leadline/leadline/internal/slice"
)

func TestRetire(t *testing.T) {
	type seen map[string]slice.Minute
	for name, c := range map[string]struct {
		all  seen
		last slice.Minute
		left seen
	}{
		"nobody":                          {seen{}, 10, seen{}},
		"all are active":                  {seen{"": 11, "a": 12}, 10, seen{"": 11, "a": 12}},
		"the one that was silent longest": {seen{"": 11, "a": 5, "b": 3, "c": 9}, 10, seen{"": 11, "a": 5, "c": 9}},
		"the one without a name":          {seen{"": 10, "a": 11}, 10, seen{"a": 11}},
	} {
		t.Run(name, func(t *testing.T) {
			retired := retire(c.all, func(m slice.Minute) slice.Minute { return m }, c.last)
			if !maps.Equal(c.all, c.left) {
				t.Errorf("left are %v, want %v", c.all, c.left)
			}
			if want := name != "nobody" && name != "all are active"; retired != want {
				t.Errorf("it says %v", retired)
			}
		})
	}
}
