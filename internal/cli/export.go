// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

func newExport(e *env) *cobra.Command {
	export := &cobra.Command{
		Use: "export", Short: "Write objectives in the format of other programs",
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var services, file string
	c := &cobra.Command{
		Use: "openslo [[NAMESPACE/]SERVICE]", Short: "Write service files as documents of OpenSLO v1",
		Long:    "Write the objectives of service files, or those of one service, as documents of\nOpenSLO v1. What these cannot say, or say only to Leadline, is listed on standard\nerror.",
		Example: "  leadline export openslo --services services > openslo.yaml",
		Args:    taking(0, 1),
		RunE: func(_ *cobra.Command, names []string) error {
			if services == "" {
				var err error
				if services, err = servedFolder(file); err != nil {
					return err
				}
			}
			return e.exportOpenSLO(services, append(names, "")[0])
		},
	}
	c.Flags().StringVar(&services, "services", "", "folder of service files, or one of them; by default that of the server's settings")
	c.Flags().StringVar(&file, "config", "", "configuration file (leadline.yaml if there is one)")
	export.AddCommand(c)
	return export
}

// servedFolder is the folder that a server started here would watch.
func servedFolder(file string) (string, error) {
	var cfg config.Config
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	cfg.Flags(flags)
	if err := config.Load(flags, file, os.LookupEnv); err != nil {
		return "", err
	}
	if cfg.Services == "" {
		return "", usageError{errors.New("--services names the folder of service files")}
	}
	return cfg.Services, nil
}

func (e *env) exportOpenSLO(path, service string) error {
	sources, err := readPath(path)
	if err != nil {
		return err
	}
	set := spec.Parse(sources)
	if len(set.Problems) > 0 {
		e.printProblems(set, len(sources))
		return errInvalid
	}
	objectives := ofService(set.Objectives, service)
	if len(objectives) == 0 {
		return errs.New(errs.NotFound, "%s holds no objective of %s", path, orAny(service)).WithHint("leadline validate " + path + " lists them")
	}
	text, losses, err := spec.WriteOpenSLO(objectives, set.Described)
	if err != nil {
		return err
	}
	for _, p := range prose(set, objectives) {
		fmt.Fprintf(e.err, "%s:%d: %s: left out\n", p.File, p.Line, p.What)
	}
	for _, l := range losses {
		fmt.Fprintln(e.err, l)
	}
	_, err = e.out.Write(text)
	return err
}

func orAny(service string) string {
	if service == "" {
		return "any service"
	}
	return service
}

// ofService returns the objectives of a service in all environments; of all
// services when it is empty.
func ofService(objectives []*slo.Objective, service string) (found []*slo.Objective) {
	for _, o := range objectives {
		in := o.Service
		in.Environment = ""
		if service == "" || service == in.Name || service == in.String() {
			found = append(found, o)
		}
	}
	return found
}

// prose returns the texts for people in the files of the objectives.
func prose(set *spec.Set, objectives []*slo.Objective) (found []*spec.Problem) {
	for _, p := range set.Prose {
		if slices.ContainsFunc(objectives, func(o *slo.Objective) bool { return o.File == p.File }) {
			found = append(found, p)
		}
	}
	return found
}
