// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/leadline/leadline/internal/app"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/slo"
	"github.com/leadline/leadline/internal/spec"
)

func newValidate(e *env) *cobra.Command {
	var settings string
	c := &cobra.Command{
		Use: "validate PATH...", Short: "Check service files",
		Long: "Check service files and folders of them, as one set. Every mistake is printed\nas file:line:column with what is wrong, why, and how to mend it: all of them, or\nthe first 50 and how many more there are.",
		Args: func(c *cobra.Command, paths []string) error {
			if settings != "" {
				return nil
			}
			return taking(1, math.MaxInt)(c, paths)
		},
		RunE: func(_ *cobra.Command, paths []string) error {
			if settings != "" {
				if err := e.validateSettings(settings); err != nil || len(paths) == 0 {
					return err
				}
			}
			return e.validate(paths)
		},
	}
	c.Flags().StringVar(&settings, "config", "", "check this configuration file of a server, its receivers and routes too")
	return c
}

// validateSettings checks a configuration file as the start of a server does,
// with the environment: secrets are read, and nothing is sent.
func (e *env) validateSettings(path string) error {
	var cfg config.Config
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	cfg.Flags(flags)
	err := cfg.Read(flags, path, os.LookupEnv)
	_, unknown := logLevel(cfg)
	if err = errors.Join(err, unknown, app.Check(cfg)); err != nil {
		tell(e.err, "", err)
		return errInvalid
	}
	fmt.Fprintf(e.err, "valid: %s in %s\n", plural(len(cfg.Receivers), "receiver"), path)
	return nil
}

func (e *env) validate(paths []string) error {
	var sources []spec.Source
	for _, p := range paths {
		found, err := readPath(p)
		if err != nil {
			return err
		}
		sources = append(sources, found...)
	}
	set := spec.Parse(sources)
	e.printWarnings(set)
	if len(set.Problems) > 0 {
		e.printProblems(set, len(sources))
		return errInvalid
	}
	for _, o := range set.Objectives {
		fmt.Fprintf(e.out, "%s:%d  %s  %s over %s%s\n    %s\n", o.File, o.Line, o.Name, o.Target.Percent(), o.WindowsText(), budgetingText(o.Budgeting), o.Indicator.Describe())
	}
	text := fmt.Sprintf("valid: %s in %s", plural(len(set.Objectives), "objective"), plural(len(sources), "file"))
	if n := len(set.Warnings); n > 0 {
		text += ", " + plural(n, "warning")
	}
	fmt.Fprintln(e.err, text)
	return nil
}

// budgetingText says how a budget is counted that does not count events.
func budgetingText(b slo.Budgeting) string {
	if !b.Sliced() {
		return ""
	}
	return " by " + b.String()
}

// maxPrinted is how many problems somebody may want to read at once.
const maxPrinted = 50

// printWarnings says what is left out of documents.
func (e *env) printWarnings(set *spec.Set) {
	for _, w := range set.Warnings[:min(len(set.Warnings), maxPrinted)] {
		fmt.Fprintln(e.err, "warning: "+w.Error())
	}
}

func (e *env) printProblems(set *spec.Set, files int) {
	printed := set.Problems[:min(len(set.Problems), maxPrinted)]
	for _, p := range printed {
		fmt.Fprintln(e.err, p.Error())
	}
	all := len(set.Problems) + set.Unsaid
	if more := all - len(printed); more > 0 {
		fmt.Fprintf(e.err, "and %d more\n", more)
	}
	fmt.Fprintf(e.err, "%s in %s\n", plural(all, "problem"), plural(files, "file"))
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// readPath reads a file, or the service files of a folder.
func readPath(path string) ([]spec.Source, error) {
	return readSources(path, (*spec.Folder).Read, errs.New(errs.NotFound, "%s holds no service file", path).WithHint("their names end in .yaml or .yml"))
}

// readSources reads a file, or those of a folder that read finds: none is an error.
func readSources(path string, read func(*spec.Folder) ([]spec.Source, error), none error) ([]spec.Source, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, errs.New(errs.NotFound, "read files: %w", err)
	}
	if !info.IsDir() {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		defer file.Close()
		content, err := io.ReadAll(io.LimitReader(file, spec.MaxFileBytes+1)) // one more than is read of it, so that this is said
		if err != nil {
			return nil, fmt.Errorf("read file: %w", err)
		}
		return []spec.Source{{Path: path, Content: content}}, nil
	}
	folder, err := spec.OpenFolder(path)
	if err != nil {
		return nil, err
	}
	sources, err := read(folder)
	for i := range sources {
		sources[i].Path = filepath.Join(path, sources[i].Path)
	}
	if err == nil && len(sources) == 0 {
		err = none
	}
	return sources, err
}
