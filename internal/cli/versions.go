// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/leadline/leadline/internal/report"
)

// listedVersions is how many versions are printed, those seen last.
const listedVersions = 5

// explainVersions prints which versions ran in the window, if one began in it,
// and how the newest compares.
func explainVersions(w io.Writer, v report.Timeline, err error) {
	if err != nil {
		fmt.Fprintf(w, "\nwhich versions ran is not known: %v\n", err)
		return
	}
	if !slices.ContainsFunc(v.Versions, func(s report.SeenVersion) bool { return s.Began || s.FirstLive }) {
		return
	}
	fmt.Fprintln(w, "\nversions, with the events of the operations that are counted: bad by their status, whatever the indicator says")
	if v.Comparison != nil {
		fmt.Fprintf(w, "  %s\n", v.Comparison.Sentence)
	}
	fmt.Fprintln(w, "VERSION\tFIRST SEEN\tLAST SEEN\tVALID\tBAD\tSOURCE")
	shown := v.Versions[max(0, len(v.Versions)-listedVersions):]
	for _, s := range shown {
		name := cmp.Or(s.Version, "-")
		if s.Began {
			name += " (began)"
		} else if s.FirstLive {
			name += " (first live)"
		}
		valid := s.Good + s.Bad
		var bad *float64
		if valid > 0 {
			part := float64(s.Bad) / float64(valid)
			bad = &part
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", name, s.FirstSeen.Format(time.RFC3339), s.LastSeen.Format(time.RFC3339), valid, share(bad), s.Source)
	}
	if n := len(v.Versions) - len(shown) + v.VersionsLeftOut; n > 0 {
		fmt.Fprintf(w, "  and %d before them\n", n)
	}
}
