// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/leadline/leadline/internal/dispatch"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/notify/secret"
)

// Receiver is somebody who is told of alerts, and how. What a type does not
// use is empty.
type Receiver struct {
	Name string `yaml:"name"`
	Type Type   `yaml:"type"`
	// Line is where it begins in the file.
	Line int `yaml:"-"`

	// SendResolved tells it when an alert is over; nil means yes.
	SendResolved *bool `yaml:"send_resolved"`
	// Timeout bounds an attempt, Resend repeats what fires to a receiver that
	// forgets, and Heartbeat says how often it hears that Leadline is alive;
	// zero leaves the first to the channel and does without the others.
	Timeout   time.Duration `yaml:"timeout"`
	Resend    time.Duration `yaml:"resend"`
	Heartbeat time.Duration `yaml:"heartbeat"`

	// AllowPrivate lets it be in a private network, and be reached by http.
	AllowPrivate      bool              `yaml:"allow_private"`
	URL               string            `yaml:"url"`
	URLs              []string          `yaml:"urls"`
	URLFile           secret.File       `yaml:"url_file"`
	AuthorizationFile secret.File       `yaml:"authorization_file"`
	SecretFile        secret.File       `yaml:"secret_file"`
	RoutingKeyFile    secret.File       `yaml:"routing_key_file"`
	Headers           map[string]string `yaml:"headers"`
	Format            string            `yaml:"format"`

	Server       string      `yaml:"server"`
	TLS          string      `yaml:"tls"`
	Username     string      `yaml:"username"`
	PasswordFile secret.File `yaml:"password_file"`
	From         string      `yaml:"from"`
	To           []string    `yaml:"to"`
}

// Type is what a receiver is.
type Type string

// The types.
const (
	Alertmanager Type = "alertmanager"
	Webhook      Type = "webhook"
	Slack        Type = "slack"
	PagerDuty    Type = "pagerduty"
	Email        Type = "email"
	Stdout       Type = "stdout"
)

// settings are what each type takes, beyond what all take.
var settings = map[Type][]string{
	Alertmanager: {"urls", "authorization_file", "allow_private"},
	Webhook:      {"url", "url_file", "authorization_file", "secret_file", "headers", "allow_private"},
	Slack:        {"url_file", "allow_private"},
	PagerDuty:    {"url", "routing_key_file", "allow_private"},
	Email:        {"server", "tls", "username", "password_file", "from", "to", "allow_private"},
	Stdout:       {"format"},
}

var common = []string{"name", "type", "send_resolved", "timeout", "resend", "heartbeat"}

// required are those without which a type cannot send.
var required = map[Type][]string{
	Alertmanager: {"urls"},
	Slack:        {"url_file"},
	PagerDuty:    {"routing_key_file"},
	Email:        {"server", "from", "to"},
}

// secrets are settings that people write down where a file is wanted.
var secrets = []string{"token", "password", "secret", "routing_key", "api_key", "authorization", "api_url", "webhook_url"}

var receiverName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$`)

// sections are parts of the file that are no flags.
var sections = []string{"receivers", "routes", "default_receiver"}

// readReceivers reads the receivers of a configuration file and checks them: a
// receiver that cannot work is refused when the server starts, and not when
// somebody has to be called.
func readReceivers(path string, content []byte) ([]Receiver, error) {
	var file struct {
		Receivers []yaml.Node `yaml:"receivers"`
	}
	if err := yaml.Unmarshal(content, &file); err != nil {
		// What yaml says of a wrong kind quotes the value.
		return nil, errs.New(errs.Invalid, "configuration %s: receivers: want a list of name, type and settings", path)
	}
	if n := len(file.Receivers); n > dispatch.MaxReceivers {
		return nil, errs.New(errs.Invalid, "configuration %s: %d receivers, at most %d are allowed", path, n, dispatch.MaxReceivers)
	}
	var all []Receiver
	var mistakes []error
	for i := range file.Receivers {
		r, err := readReceiver(&file.Receivers[i], all)
		if err != nil {
			mistakes = append(mistakes, errs.New(errs.Invalid, "%s:%d: %w", path, file.Receivers[i].Line, err))
			continue
		}
		all = append(all, *r)
	}
	return all, errors.Join(mistakes...)
}

// readReceiver reads one, after those before it.
func readReceiver(node *yaml.Node, before []Receiver) (*Receiver, error) {
	if node.Kind != yaml.MappingNode {
		return nil, errs.New(errs.Invalid, "receivers: want a list of name, type and settings")
	}
	r := Receiver{Line: node.Line}
	if err := scalar(node, "name", &r.Name); err != nil {
		return nil, err
	}
	var kind string
	if err := scalar(node, "type", &kind); err != nil {
		return nil, err
	}
	r.Type = Type(kind)
	taken := slices.ContainsFunc(before, func(other Receiver) bool { return other.Name == r.Name })
	switch _, known := settings[r.Type]; {
	case !receiverName.MatchString(r.Name):
		return nil, errs.New(errs.Invalid, "receiver: name: %q is no name", r.Name).WithHint("use up to 63 letters, digits, dots, dashes and underscores")
	case taken:
		return nil, errs.New(errs.Invalid, "receiver %s: another has the same name", r.Name)
	case !known:
		return nil, errs.New(errs.Invalid, "receiver %s: type: %q is unknown", r.Name, kind).WithHint("the types are " + types())
	}
	if err := r.fill(node); err != nil {
		return nil, errs.New(errs.Invalid, "receiver %s: %w", r.Name, err)
	}
	return &r, nil
}

func types() string {
	var names []string
	for _, t := range slices.Sorted(maps.Keys(settings)) {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// fields are the keys of a mapping with their values, as they are written.
func fields(node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i].Value, node.Content[i+1]) {
				return
			}
		}
	}
}

// scalar reads the value of a key that every receiver has.
func scalar(node *yaml.Node, key string, into *string) error {
	for name, value := range fields(node) {
		if name == key && value.Kind == yaml.ScalarNode {
			*into = value.Value
			return nil
		}
	}
	return errs.New(errs.Invalid, "receiver: %s is missing", key)
}

// fill reads the settings of the receiver's type, and checks what they say.
func (r *Receiver) fill(node *yaml.Node) error {
	allowed := append(slices.Clone(common), settings[r.Type]...)
	var found []string
	for key := range fields(node) {
		switch {
		case slices.Contains(secrets, key):
			return errs.New(errs.Invalid, "%s: secrets are not settings", key).WithHint("write it into a file that only Leadline can read, and name the file with " + fileSetting(r.Type))
		case !slices.Contains(allowed, key):
			return errs.New(errs.Invalid, "%s: a receiver of type %s has no such setting", key, r.Type).WithHint("its settings are " + strings.Join(allowed, ", "))
		}
		found = append(found, key)
	}
	for _, key := range required[r.Type] {
		if !slices.Contains(found, key) {
			return errs.New(errs.Invalid, "%s is missing", key)
		}
	}
	if err := node.Decode(r); err != nil {
		return fmt.Errorf("a setting is not of the right kind: %s", kindsOf(found))
	}
	return r.check()
}

func fileSetting(t Type) string {
	return map[Type]string{
		Webhook: "url_file, secret_file or authorization_file", Alertmanager: "authorization_file", Slack: "url_file",
		PagerDuty: "routing_key_file", Email: "password_file",
	}[t]
}

// kindsOf says of what kind the settings have to be that are not text.
func kindsOf(keys []string) string {
	kinds := map[string]string{
		"urls": "a list", "to": "a list", "headers": "names with values", "allow_private": "true or false", "send_resolved": "true or false",
		"timeout": "a length like 10s", "resend": "a length like 1m", "heartbeat": "a length like 1m",
	}
	var says []string
	for _, k := range keys {
		if kinds[k] != "" {
			says = append(says, k+" is "+kinds[k])
		}
	}
	return strings.Join(append(says, "the others are text"), ", ")
}

// policy is how the receiver is treated, whatever its type.
func (r *Receiver) policy() dispatch.ReceiverPolicy {
	return dispatch.ReceiverPolicy{SendResolved: r.SendResolved, Timeout: r.Timeout, Resend: r.Resend, Heartbeat: r.Heartbeat}
}
