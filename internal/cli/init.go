// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/leadline/leadline/internal/client"
	"github.com/leadline/leadline/internal/config"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/proposal"
	"github.com/leadline/leadline/internal/report"
	"github.com/leadline/leadline/internal/spec"
)

// initFlags are what was asked for.
type initFlags struct {
	dir      string
	services string
	service  string
	wait     bool
	print    bool
	// named says that somebody named the server, so that there must be one.
	named bool
}

func newInit(e *env) *cobra.Command {
	var f initFlags
	c := &cobra.Command{
		Use: "init [DIR]", Short: "Draft service files from what a running server has measured", Args: taking(0, 1),
		Long: "Ask a running server what it has measured, and write a commented service file\nwith a few objectives for each service that has none, to DIR/services. The server\nneeds two minutes of a service's traffic; --wait waits for them.\n\n" +
			"Where no server runs, write the settings of one to DIR/leadline.yaml, and a\nservice file to begin with. Files that exist are never changed.",
		Example: "  leadline init . && leadline serve\n  leadline init --wait\n  leadline init --print --service shop-api",
		RunE: func(c *cobra.Command, args []string) error {
			f.dir = "."
			if len(args) == 1 {
				f.dir = args[0]
			}
			f.named = c.Flags().Changed("server") || os.Getenv("LEADLINE_SERVER") != ""
			return e.init(c.Context(), &f)
		},
	}
	c.Flags().StringVar(&f.services, "services", "", "folder to write to, instead of DIR/services")
	c.Flags().StringVar(&f.service, "service", "", "only this service (service.name)")
	c.Flags().BoolVar(&f.wait, "wait", false, "wait until enough was measured")
	c.Flags().BoolVar(&f.print, "print", false, "print the drafts, of services that have objectives too, and write nothing")
	return e.asking(c)
}

func (f *initFlags) folder() string { return cmp.Or(f.services, filepath.Join(f.dir, "services")) }

func (e *env) init(ctx context.Context, f *initFlags) error {
	c, err := e.client()
	if err != nil {
		return err
	}
	told := ""
	for {
		answer, err := c.Proposals(ctx)
		switch {
		case errors.Is(err, client.ErrNoServer) && !f.named && !f.wait && !f.print:
			return e.start(f)
		case err != nil:
			return err
		}
		drafts, waiting := f.choose(answer.Services)
		if f.print && len(drafts) > 0 {
			return e.printDrafts(drafts)
		}
		written, err := e.writeDrafts(f, drafts)
		if len(written) > 0 {
			e.tellWaiting(waiting)
			return errors.Join(err, e.tellWritten(ctx, c, written))
		}
		if err != nil {
			return err
		}
		if asked := f.asked(answer.Services); len(waiting) == 0 && len(asked) > 0 {
			return e.nothingToDo(f, asked)
		}
		if !f.wait {
			return e.tooLittle(f, waiting)
		}
		if now := waitsFor(f, waiting); now != told {
			fmt.Fprintln(e.err, now)
			told = now
		}
		select {
		case <-ctx.Done():
			return errors.New("interrupted before anything was written")
		case <-time.After(askAgain):
		}
	}
}

// askAgain is how often a command that waits asks: for drafts, which are a sum
// over weeks, and for objectives.
const (
	askAgain  = 3 * time.Second
	lookAgain = time.Second
)

// choose returns the services that have a draft and are to have a file, and
// those that have too little evidence.
func (f *initFlags) choose(all []report.Proposal) (drafts, waiting []report.Proposal) {
	for _, p := range f.asked(all) {
		switch {
		case p.Objectives > 0 && !f.print:
		case p.Missing != "":
			waiting = append(waiting, p)
		default:
			drafts = append(drafts, p)
		}
	}
	return drafts, waiting
}

// asked returns the services that are asked for.
func (f *initFlags) asked(all []report.Proposal) (asked []report.Proposal) {
	for _, p := range all {
		if f.service == "" || f.service == p.Service {
			asked = append(asked, p)
		}
	}
	return asked
}

func (e *env) printDrafts(drafts []report.Proposal) error {
	for i, p := range drafts {
		if i > 0 {
			fmt.Fprintln(e.out, "---")
		}
		fmt.Fprint(e.out, p.File)
	}
	return nil
}

// draftFile is a service file that was written.
type draftFile struct {
	report.Proposal
	path       string
	objectives int
}

// writeDrafts writes the files, none over one that exists: that is the error,
// after the others were written.
func (e *env) writeDrafts(f *initFlags, drafts []report.Proposal) (written []draftFile, err error) {
	names := map[string]bool{}
	for _, p := range drafts {
		name := filepath.Base(p.FileName)
		if names[name] {
			name = filepath.Base(proposal.FileName(operation.Service{Name: p.Namespace + " " + p.Service}))
		}
		names[name] = true
		w := draftFile{Proposal: p, path: filepath.Join(f.folder(), name)}
		var wrong error
		if w.objectives, wrong = checkDraft(w.path, p.File); wrong == nil {
			wrong = create(w.path, p.File)
		}
		if wrong != nil {
			err = cmp.Or(err, wrong)
			continue
		}
		fmt.Fprintf(e.out, "%s  %s of %s, from %s in %s\n", w.path, plural(w.objectives, "objective"), p.Service, plural(int(p.Events), "event"), plural(p.Minutes, "minute"))
		written = append(written, w)
	}
	return written, err
}

// checkDraft reads the draft as the server will. Its names came from telemetry.
func checkDraft(path, text string) (objectives int, err error) {
	set := spec.Parse([]spec.Source{{Path: path, Content: []byte(text)}})
	if len(set.Problems) > 0 {
		return 0, errs.New(errs.Invalid, "the draft is not valid: %w", set.Problems[0]).WithHint("write a service file by hand; leadline operations lists what was measured")
	}
	return len(set.Objectives), nil
}

// create writes a file that must not exist, and its folder.
func create(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("create folder of service files: %w", err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return errs.New(errs.Conflict, "%s exists and is left as it is", path).WithHint("see what would be written with --print, or write elsewhere with --services")
	}
	if err != nil {
		return fmt.Errorf("create service file: %w", err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write service file %s: %w", path, err)
	}
	return nil
}

// howLong is how long a server may take to see a new file.
const howLong = 10 * time.Second

// tellWritten waits until the server measures what was written, and says what
// is to be done.
func (e *env) tellWritten(ctx context.Context, c *client.Client, written []draftFile) error {
	fmt.Fprintln(e.err, "Read the comments, change the targets to what you are ready to promise, and fill in owner and runbook.")
	seen := false
	for until := time.Now().Add(howLong); ; {
		answer, err := c.SLOs(ctx)
		if err != nil {
			return err
		}
		if seen = measured(answer.SLOs, written); seen || time.Now().After(until) {
			break
		}
		time.Sleep(lookAgain)
	}
	if seen {
		fmt.Fprintln(e.err, "The server measures them: leadline status")
		return nil
	}
	fmt.Fprintf(e.err, "The server does not watch %s. Start it with --services %s.\n", filepath.Dir(written[0].path), filepath.Dir(written[0].path))
	return nil
}

// measured reports whether the server has objectives of every service that a
// file was written for.
func measured(objectives []report.SLO, written []draftFile) bool {
	return !slices.ContainsFunc(written, func(w draftFile) bool {
		return !slices.ContainsFunc(objectives, func(o report.SLO) bool { return o.Namespace == w.Namespace && o.Service == w.Service })
	})
}

func (e *env) tellWaiting(waiting []report.Proposal) {
	for _, p := range waiting {
		fmt.Fprintf(e.err, "%s: too little was measured yet: %s\n", p.Service, p.Missing)
	}
}

func (e *env) nothingToDo(f *initFlags, services []report.Proposal) error {
	for _, p := range services {
		fmt.Fprintf(e.err, "%s has %s already\n", p.Service, plural(p.Objectives, "objective"))
	}
	fmt.Fprintln(e.err, "Nothing was written. See what would be proposed today with leadline init --print.")
	if hint := e.whoseServer(f); hint != "" {
		fmt.Fprintln(e.err, strings.ToUpper(hint[:1])+hint[1:]+".")
	}
	return nil
}

// waitsFor says what is being waited for.
func waitsFor(f *initFlags, waiting []report.Proposal) string {
	if len(waiting) == 0 {
		return "waiting for telemetry of " + cmp.Or(f.service, "a service")
	}
	var all []string
	for _, p := range waiting {
		all = append(all, p.Service+": "+p.Missing)
	}
	return "waiting: " + strings.Join(all, "; ")
}

// tooLittle says why nothing is proposed. It is not made up for.
func (e *env) tooLittle(f *initFlags, waiting []report.Proposal) error {
	if len(waiting) == 0 {
		what := "no service has sent telemetry that is an operation"
		if f.service != "" {
			what = fmt.Sprintf("no service %q has sent telemetry that is an operation", f.service)
		}
		hint := "start your application with OTEL_EXPORTER_OTLP_ENDPOINT=http://" + config.Reach("", os.LookupEnv).OTLPGRPC + ", send a request, and run it again; --wait waits"
		if whose := e.whoseServer(f); whose != "" {
			hint += "; " + whose
		}
		return errs.New(errs.NotFound, "%s", what).WithHint(hint)
	}
	return errs.New(errs.NotFound, "too little was measured to propose anything: %s", strings.TrimPrefix(waitsFor(f, waiting), "waiting: ")).
		WithHint("send some traffic and run it again; --wait waits")
}

// whoseServer says that a server answered which nobody named: it may be
// another than was thought of, and then nothing that it says helps.
func (e *env) whoseServer(f *initFlags) string {
	if f.named {
		return ""
	}
	return fmt.Sprintf("a server answers at %s: if it is not yours, as the one of make demo, stop it or name yours with --server", e.server)
}
