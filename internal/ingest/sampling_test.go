// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package ingest

import "testing"

func TestIsSampled(t *testing.T) {
	for state, want := range map[string]bool{
		"":                                 false,
		"ot=th:c":                          true,
		"ot=th:8;rv:9b8233f7e3a151":        true,
		"ot=th:0":                          false, // a threshold of 0 sends all
		"ot=rv:9b8233f7e3a151":             false,
		"congo=t61rcWkgMzE, ot=rv:1;th:fd": true,
		"congo=th:c":                       false,
		"ot=p:2;r:62":                      true,
		"ot=p:0":                           false,
		"ot=r:62":                          false,
		"ot=th":                            false,
		"ot=;;:,ot,=":                      false,
	} {
		if got := isSampled(state); got != want {
			t.Errorf("%q: got %v", state, got)
		}
	}
}
