// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/errs"
)

// Config says who is told of what. The settings of a receiver's own channel
// (its address, its secrets) are not part of it.
type Config struct {
	// Routes are tried in order: the first that matches decides, and those
	// after it too if it says Continue.
	Routes []Route `yaml:"routes"`
	// Default is the receiver of what no route matches. A single receiver need
	// not be named.
	Default string `yaml:"default_receiver"`
	// Receivers are the policies of all receivers, by name.
	Receivers map[string]ReceiverPolicy `yaml:"-"`
}

// Route sends the alerts that it matches to a receiver.
type Route struct {
	// Match are conditions that must all hold: `owner="team-checkout"`.
	Match    []string `yaml:"match"`
	Receiver string   `yaml:"receiver"`
	// Continue goes on with the routes after this one.
	Continue bool `yaml:"continue"`
	// GroupBy are the labels that alerts of one message have in common.
	GroupBy []string `yaml:"group_by"`
	// GroupWait is how long a ticket waits for others of its group, and
	// GroupInterval how long after the group's last message. Pages never wait.
	GroupWait     time.Duration `yaml:"group_wait"`
	GroupInterval time.Duration `yaml:"group_interval"`
	// RepeatInterval is how often the receiver is reminded of what still fires;
	// negative for never.
	RepeatInterval time.Duration `yaml:"repeat_interval"`
}

// ReceiverPolicy is how a receiver is treated, whatever its channel.
type ReceiverPolicy struct {
	// SendResolved tells the receiver when an incident is over; the default.
	SendResolved *bool `yaml:"send_resolved"`
	// Timeout bounds one attempt.
	Timeout time.Duration `yaml:"timeout"`
	// Resend repeats everything that fires to a receiver that forgets what is
	// not repeated, as an Alertmanager does; zero repeats nothing.
	Resend time.Duration `yaml:"resend"`
	// Heartbeat is how often the receiver is told that intake, log, evaluation
	// and delivery are alive; zero for never.
	Heartbeat time.Duration `yaml:"heartbeat"`
}

// The defaults.
const (
	defaultGroupWait      = 30 * time.Second
	defaultGroupInterval  = 5 * time.Minute
	defaultRepeatInterval = 4 * time.Hour
	defaultTimeout        = 10 * time.Second
)

var defaultGroupBy = []string{"namespace", "service", "environment", "severity"}

// The limits.
const (
	maxRoutes    = 200
	MaxReceivers = 50
	maxWait      = time.Hour
	maxTimeout   = time.Minute
	minPulse     = 10 * time.Second // of what a receiver is sent again and again
	maxPulse     = 24 * time.Hour
	maxRepeat    = 31 * 24 * time.Hour
)

// WithDefaults returns the configuration with what was left out filled in.
func (c Config) WithDefaults() Config {
	routes := slices.Clone(c.Routes)
	for i := range routes {
		routes[i] = routes[i].withDefaults()
	}
	receivers := make(map[string]ReceiverPolicy, len(c.Receivers))
	for name, p := range c.Receivers {
		if p.Timeout == 0 {
			p.Timeout = defaultTimeout
		}
		if p.SendResolved == nil {
			yes := true
			p.SendResolved = &yes
		}
		receivers[name] = p
		if len(c.Receivers) == 1 && c.Default == "" {
			c.Default = name
		}
	}
	c.Routes, c.Receivers = routes, receivers
	return c
}

func (r Route) withDefaults() Route {
	if r.GroupBy == nil {
		r.GroupBy = defaultGroupBy
	}
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{{&r.GroupWait, defaultGroupWait}, {&r.GroupInterval, defaultGroupInterval}, {&r.RepeatInterval, defaultRepeatInterval}} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	return r
}

// Validate says what is wrong with the configuration, with its defaults.
func (c Config) Validate() error {
	c = c.WithDefaults()
	switch {
	case len(c.Routes) > maxRoutes:
		return errs.New(errs.Invalid, "%d routes, at most %d are allowed", len(c.Routes), maxRoutes)
	case len(c.Receivers) > MaxReceivers:
		return errs.New(errs.Invalid, "%d receivers, at most %d are allowed", len(c.Receivers), MaxReceivers)
	case c.Default == "" && len(c.Receivers) > 0:
		return errs.New(errs.Invalid, "no receiver for what no route matches").WithHint("set default_receiver to one of " + c.names())
	}
	if err := c.known("default_receiver", c.Default); err != nil && c.Default != "" {
		return err
	}
	for i, r := range c.Routes {
		if err := c.validRoute(r); err != nil {
			return errs.New(errs.Invalid, "route %d: %w", i+1, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Receivers)) {
		if err := c.Receivers[name].Validate(); err != nil {
			return errs.New(errs.Invalid, "receiver %q: %w", name, err)
		}
	}
	return nil
}

func (c *Config) names() string {
	return strings.Join(slices.Sorted(maps.Keys(c.Receivers)), ", ")
}

func (c *Config) known(setting, name string) error {
	if _, ok := c.Receivers[name]; !ok {
		return errs.New(errs.Invalid, "%s names %q, which is no receiver", setting, name).WithHint("the receivers are: " + c.names())
	}
	return nil
}

func (c *Config) validRoute(r Route) error {
	if err := c.known("receiver", r.Receiver); err != nil {
		return err
	}
	if _, err := parseMatchers(r.Match); err != nil {
		return err
	}
	for _, label := range r.GroupBy {
		if !slices.Contains(Labels, label) {
			return errs.New(errs.Invalid, "group_by: there is no label %q", label).WithHint("the labels are " + strings.Join(Labels, ", "))
		}
	}
	if err := within("group_wait", r.GroupWait, 0, maxWait); err != nil {
		return err
	}
	if err := within("group_interval", r.GroupInterval, 0, maxWait); err != nil {
		return err
	}
	if r.RepeatInterval < 0 {
		return nil
	}
	return within("repeat_interval", r.RepeatInterval, time.Minute, maxRepeat)
}

// Validate says what is wrong with the policy, in which zero is always right.
func (p ReceiverPolicy) Validate() error {
	for _, s := range []struct {
		name               string
		value, least, most time.Duration
	}{
		{"timeout", p.Timeout, time.Second, maxTimeout},
		{"resend", p.Resend, minPulse, maxPulse}, {"heartbeat", p.Heartbeat, minPulse, maxPulse},
	} {
		if s.value == 0 {
			continue
		}
		if err := within(s.name, s.value, s.least, s.most); err != nil {
			return err
		}
	}
	return nil
}

func within(setting string, d, least, most time.Duration) error {
	if d < least || d > most {
		return errs.New(errs.Invalid, "%s: %s is not between %s and %s", setting, d, least, most)
	}
	return nil
}
