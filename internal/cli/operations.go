// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func newOperations(e *env) *cobra.Command {
	var window string
	c := &cobra.Command{
		Use: "operations", Short: "List what services were asked, by default in the last hour", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return e.operations(c.Context(), window) },
	}
	c.Flags().StringVar(&window, "window", "1h", "how far back to look, as 30m, 6h or 28d")
	return e.asking(e.printing(c))
}

func (e *env) operations(ctx context.Context, window string) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	v, err := c.Operations(ctx, window)
	if err != nil {
		return err
	}
	return e.print(v, func(w io.Writer) {
		if len(v.Operations) == 0 {
			fmt.Fprintf(w, "no operation was counted in the last %s: leadline status says what an objective waits for, the page Intake of the server what has arrived\n", window)
			return
		}
		fmt.Fprintln(w, "SERVICE\tENVIRONMENT\tOPERATION\tGOOD\tBAD\tEXCLUDED\t~P50\t~P95\t~P99\tOBJECTIVE")
		for _, o := range v.Operations {
			bound := "-"
			if o.Bound {
				bound = "yes"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\n", o.Service, dash(o.Environment), o.Operation,
				o.Good, o.Bad, o.Excluded, ms(o.P50), ms(o.P95), ms(o.P99), bound)
		}
		if v.Backfilled > 0 {
			fmt.Fprintf(w, "%d of these events were back-filled from history\n", v.Backfilled)
		}
	})
}

func ms(x *float64) string {
	if x == nil {
		return "-"
	}
	if *x >= 100 {
		return fmt.Sprintf("%.0fms", *x)
	}
	return fmt.Sprintf("%.3gms", *x)
}

// Version is set by the linker for releases.
var Version = ""

func newVersion(e *env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(e.out, "leadline %s %s %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return nil
		},
	}
}

// version returns the release, or the commit that the binary was built from.
func version() string {
	if Version != "" {
		return Version
	}
	revision, modified := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				modified = "+changes"
			}
		}
	}
	return "devel-" + revision[:min(12, len(revision))] + modified
}
