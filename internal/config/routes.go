// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
)

// routeSettings are what a route takes.
var routeSettings = []string{"match", "receiver", "continue", "group_by", "group_wait", "group_interval", "repeat_interval"}

// ReadNotifications reads the receivers of a configuration file, which is found
// as Load finds it, and who is told of what, and checks both.
func (c *Config) ReadNotifications(path string, lookup func(string) (string, bool)) error {
	path, named := locate(path, lookup)
	content, err := readContent(path, named)
	if err != nil || content == nil {
		return err
	}
	var mistakes []error
	if c.Receivers, err = readReceivers(path, content); err != nil {
		mistakes = append(mistakes, err)
	}
	var file struct {
		Routes  []yaml.Node `yaml:"routes"`
		Default string      `yaml:"default_receiver"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		return errors.Join(append(mistakes, errs.New(errs.Invalid, "configuration %s: routes: want a list of routes, and a name as default_receiver", path))...)
	}
	c.DefaultReceiver, c.Routes = file.Default, nil
	for i := range file.Routes {
		r, err := readRoute(&file.Routes[i])
		if err != nil {
			mistakes = append(mistakes, errs.New(errs.Invalid, "%s:%d: route %d: %w", path, file.Routes[i].Line, i+1, err))
			continue
		}
		c.Routes = append(c.Routes, r)
	}
	if len(mistakes) > 0 {
		// Whether routes name receivers says nothing while some could not be read.
		return errors.Join(mistakes...)
	}
	if err := c.Dispatch().Validate(); err != nil {
		return errs.New(errs.Invalid, "configuration %s: %w", path, err)
	}
	return nil
}

func readRoute(node *yaml.Node) (r dispatch.Route, err error) {
	if node.Kind != yaml.MappingNode {
		return r, errs.New(errs.Invalid, "want receiver and match")
	}
	for key := range fields(node) {
		if !slices.Contains(routeSettings, key) {
			return r, errs.New(errs.Invalid, "%s: there is no such setting", key).WithHint("the settings of a route are " + strings.Join(routeSettings, ", "))
		}
	}
	if err := node.Decode(&r); err != nil {
		return r, errs.New(errs.Invalid, "match and group_by are lists, waits and intervals are lengths like 30s, continue is true or false")
	}
	return r, nil
}

// Dispatch returns who is told of what.
func (c *Config) Dispatch() dispatch.Config {
	d := dispatch.Config{Routes: c.Routes, Default: c.DefaultReceiver, Receivers: make(map[string]dispatch.ReceiverPolicy, len(c.Receivers))}
	for _, r := range c.Receivers {
		d.Receivers[r.Name] = r.policy()
	}
	return d
}

// Kinds returns the types of the receivers, by name.
func (c *Config) Kinds() map[string]string {
	kinds := make(map[string]string, len(c.Receivers))
	for _, r := range c.Receivers {
		kinds[r.Name] = string(r.Type)
	}
	return kinds
}
