// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package intakelog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/crashfs"
	"github.com/leadline/leadline/internal/intakelog"
)

// TestRead reads from several segments, of which the oldest was dropped and
// the newest is being written.
func TestRead(t *testing.T) {
	disk := crashfs.New()
	l, _, _ := open(t, disk, small)
	defer l.Close()
	payload := func(m int64) string { return strings.Repeat(fmt.Sprint("minute ", m, " "), 100) }
	for m := range int64(12) {
		commit(t, l, intakelog.Minutes, record(m, payload(m)))
		if m%4 == 3 && m < 11 {
			if err := l.Rotate(intakelog.Minutes); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := l.Drop(intakelog.Minutes, 3); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		from  int64
		most  int
		first int64
		n     int
	}{
		"everything that is kept": {0, 100, 4, 8},
		"from the middle":         {6, 100, 6, 6},
		"the newest":              {11, 100, 11, 1},
		"nothing":                 {12, 100, 12, 0},
		"no more than is wanted":  {6, 3, 6, 3},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, want := []string{}, []string{}
			for m := range int64(c.n) {
				want = append(want, payload(c.first+m))
			}
			err := l.Read(intakelog.Minutes, c.from, func(r intakelog.Record) bool {
				got = append(got, string(r.Payload))
				return len(got) < c.most
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
