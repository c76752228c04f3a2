// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

// The limits of silences.
const (
	maxSilences      = 1000
	maxMatchers      = 20
	maxSilenceLength = 366 * 24 * time.Hour
	maxSilenceText   = 1000
)

// silence is a silence with its matchers compiled.
type silence struct {
	catalog.Silence
	match matchers
}

func loadSilences(ctx context.Context, store Store) (all []silence, err error) {
	stored, err := store.Silences(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range stored {
		ms, err := parseMatchers(s.Matchers)
		if err != nil {
			return nil, errs.New(errs.Internal, "read silence %s: %w", s.ID, err)
		}
		all = append(all, silence{s, ms})
	}
	return all, nil
}

// silencing returns the id of a silence that holds for these labels.
func silencing(all []silence, labels map[string]string, now time.Time) string {
	for i := range all {
		if all[i].Active(now) && all[i].match.match(labels) {
			return all[i].ID
		}
	}
	return ""
}

// Silence keeps the alerts that s matches from being told from its start to its
// end. It returns the silence with its id. What was told before the silence
// began is still told when it is over.
func (e *Engine) Silence(ctx context.Context, s catalog.Silence) (catalog.Silence, error) {
	now := e.parts.Now()
	s.ID, s.Created = e.parts.NewID(), now
	if s.Starts.IsZero() {
		s.Starts = now
	}
	if err := validSilence(&s, now); err != nil {
		return s, err
	}
	all, err := e.parts.Store.Silences(ctx)
	if err != nil {
		return s, err
	}
	if n := len(slices.DeleteFunc(all, func(s catalog.Silence) bool { return !now.Before(s.Ends) })); n >= maxSilences {
		return s, errs.New(errs.Invalid, "there are %d silences, at most %d are allowed", n, maxSilences).WithHint("end those that are not needed")
	}
	return s, e.save(ctx, s)
}

// EndSilence ends a silence now: what it kept back is told if it still fires.
func (e *Engine) EndSilence(ctx context.Context, id string) (catalog.Silence, error) {
	all, err := e.parts.Store.Silences(ctx)
	if err != nil {
		return catalog.Silence{}, err
	}
	at := slices.IndexFunc(all, func(s catalog.Silence) bool { return s.ID == id })
	if at < 0 {
		return catalog.Silence{}, errs.New(errs.NotFound, "there is no silence %q", id).WithHint("leadline silence list shows them")
	}
	s, now := all[at], e.parts.Now()
	if !now.Before(s.Ends) {
		return s, nil
	}
	s.Ends = now
	if s.Starts.After(now) {
		s.Starts = now
	}
	return s, e.save(ctx, s)
}

// Silences returns every silence that is kept, those that end last first.
func (e *Engine) Silences(ctx context.Context) ([]catalog.Silence, error) {
	return e.parts.Store.Silences(ctx)
}

func (e *Engine) save(ctx context.Context, s catalog.Silence) error {
	if err := e.parts.Store.SaveSilence(ctx, s); err != nil {
		return err
	}
	e.listeners.Tell(e.parts.Now())
	e.poke()
	return nil
}

func validSilence(s *catalog.Silence, now time.Time) error {
	invalid := func(format string, args ...any) error { return errs.New(errs.Invalid, "silence: "+format, args...) }
	switch {
	case strings.TrimSpace(s.Author) == "" || strings.TrimSpace(s.Comment) == "":
		return errs.New(errs.Invalid, "silence: author and comment are needed").WithHint("say who silences and why: others will wonder")
	case len(s.Author) > maxSilenceText || len(s.Comment) > maxSilenceText:
		return invalid("author and comment have at most %d bytes", maxSilenceText)
	case !s.Ends.After(s.Starts) || !s.Ends.After(now):
		return invalid("it ends at %s, before it starts or now", s.Ends.Format(time.RFC3339))
	case s.Ends.Sub(s.Starts) > maxSilenceLength:
		return invalid("it lasts longer than a year")
	case len(s.Matchers) == 0 || len(s.Matchers) > maxMatchers:
		return invalid("%d matchers, between 1 and %d are needed", len(s.Matchers), maxMatchers)
	}
	ms, err := parseMatchers(s.Matchers)
	if err != nil {
		return err
	}
	// An alert without labels would match: the silence would match all.
	if ms.match(nil) {
		return errs.New(errs.Invalid, "silence: its matchers hold for everything").WithHint(`add one that names something, as service="shop-api"`)
	}
	return nil
}
