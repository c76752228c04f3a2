// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package slo holds objectives: a target and a window over an indicator, with
// the people and texts that belong to it.
package slo

import (
	"cmp"
	"time"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/sli"
	"github.com/leadline/leadline/internal/window"
)

// Key names an objective: names are unique within a service.
type Key struct {
	Service operation.Service
	Name    string
}

// Compare is the order of objectives in every answer: namespace, service,
// environment, name, by bytes.
func (k Key) Compare(o Key) int {
	return cmp.Or(
		cmp.Compare(k.Service.Namespace, o.Service.Namespace),
		cmp.Compare(k.Service.Name, o.Service.Name),
		cmp.Compare(k.Service.Environment, o.Service.Environment),
		cmp.Compare(k.Name, o.Name),
	)
}

// Objective is one service level objective.
type Objective struct {
	Key
	Journey     string
	Description string
	Owner       string
	Runbook     string
	Indicator   *sli.Indicator
	Target      Target
	// Window is the objective's own: its alerts derive from it. Others are
	// windows over which the same events are held against the same target.
	Window window.Window
	Others []window.Window
	// Budgeting is what the budget counts.
	Budgeting Budgeting
	// Exclusions are planned, Corrections made afterwards: neither budget nor
	// alerts count their minutes.
	Exclusions  []Exclusion
	Corrections []Correction
	// SilentIsBad counts a measured minute without any valid event as bad
	// evidence (when_silent: bad) instead of no_data.
	SilentIsBad bool
	Paused      bool
	Alerting    Alerting
	// Defined is when its generation began; zero while the catalog has not
	// said.
	Defined time.Time
	// File and Line say where the objective is defined.
	File string
	Line int
}

// Windows returns all windows, the objective's own first.
func (o *Objective) Windows() []window.Window {
	return append([]window.Window{o.Window}, o.Others...)
}

// Promise says what is promised beside the target: over which windows, and how
// the budget is counted.
func (o *Objective) Promise() string {
	text := o.WindowsText()
	if o.Budgeting.Sliced() {
		text += " by " + o.Budgeting.String()
	}
	if len(o.Exclusions) > 0 {
		planned := *o
		planned.Corrections = nil
		text += ", without " + planned.ExclusionsText()
	}
	return text
}

// WindowsText names all windows, the objective's own first. Objectives with
// the same text have the same windows.
func (o *Objective) WindowsText() string {
	text := o.Window.String()
	for _, w := range o.Others {
		text += ", " + w.String()
	}
	return text
}
