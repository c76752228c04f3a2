// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// router decides who is told of an alert.
type router struct {
	routes []route
	// rest is for what no route matches; without a receiver nobody is told.
	rest *Route
}

type route struct {
	*Route
	match matchers
}

// destination is one receiver of an alert, and the group that it is told in.
type destination struct {
	*Route
	groupKey string
	group    map[string]string
}

// newRouter expects a configuration that is valid and has its defaults.
func newRouter(c Config) (*router, error) {
	r := &router{}
	for i := range c.Routes {
		ms, err := parseMatchers(c.Routes[i].Match)
		if err != nil {
			return nil, err
		}
		r.routes = append(r.routes, route{&c.Routes[i], ms})
	}
	if c.Default != "" {
		rest := Route{Receiver: c.Default}.withDefaults()
		r.rest = &rest
	}
	return r, nil
}

// destinations returns where an alert with these labels goes: each receiver
// once, as the first of its routes says.
func (r *router) destinations(labels map[string]string) (to []destination) {
	for _, route := range r.routes {
		if !route.match.match(labels) {
			continue
		}
		if !slices.ContainsFunc(to, func(d destination) bool { return d.Receiver == route.Receiver }) {
			to = append(to, destinationOf(route.Route, labels))
		}
		if !route.Continue {
			return to
		}
	}
	if len(to) == 0 && r.rest != nil {
		to = append(to, destinationOf(r.rest, labels))
	}
	return to
}

func destinationOf(r *Route, labels map[string]string) destination {
	d := destination{Route: r, group: make(map[string]string, len(r.GroupBy))}
	for _, label := range r.GroupBy {
		if labels[label] != "" {
			d.group[label] = labels[label]
		}
	}
	d.groupKey = groupKey(d.group)
	return d
}

// groupKey names a group: its labels in their order. It does not depend on the
// route, so that a group outlives a change of the configuration.
func groupKey(group map[string]string) string {
	var parts []string
	for _, label := range Labels {
		if value, ok := group[label]; ok {
			parts = append(parts, fmt.Sprintf("%s=%q", label, value))
		}
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// groupOfKey returns the group that a key names; nil when it is no group's.
func groupOfKey(key string) map[string]string {
	rest, ok := strings.CutPrefix(key, "{")
	if !ok {
		return nil
	}
	group := make(map[string]string)
	for {
		label, after, ok := strings.Cut(strings.TrimPrefix(rest, ","), "=")
		quoted, err := strconv.QuotedPrefix(after)
		if !ok || err != nil {
			return group
		}
		group[label], _ = strconv.Unquote(quoted)
		rest = after[len(quoted):]
	}
}
