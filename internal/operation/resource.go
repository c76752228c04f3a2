// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import "github.com/leadline/leadline/internal/wire"

// UnknownService is the service of telemetry that does not name one, as
// OpenTelemetry calls it.
const UnknownService = "unknown_service"

// Resource says which service, and which version of it, sent telemetry.
type Resource struct {
	Service Service
	Version string // service.version; empty when it was not set
}

// ReadResource reads a resource's attributes. Its strings are own copies:
// valid UTF-8, printable, at most 128 bytes each. The stable
// deployment.environment.name wins over the old deployment.environment.
func ReadResource(attrs []wire.Attr) Resource {
	var r Resource
	oldEnvironment := ""
	for i := range attrs {
		switch attrs[i].Key {
		case "service.name":
			r.Service.Name = resourceText(attrs[i].Value)
		case "service.namespace":
			r.Service.Namespace = resourceText(attrs[i].Value)
		case "deployment.environment.name":
			r.Service.Environment = resourceText(attrs[i].Value)
		case "deployment.environment":
			oldEnvironment = resourceText(attrs[i].Value)
		case "service.version":
			r.Version = resourceText(attrs[i].Value)
		}
	}
	if r.Service.Environment == "" {
		r.Service.Environment = oldEnvironment
	}
	if r.Service.Name == "" {
		r.Service.Name = UnknownService
	}
	return r
}

// resourceText reads numbers too: a version of 2 may arrive as an integer.
func resourceText(v wire.Value) string {
	if v.Kind() == wire.String {
		return clean(v.Str(), maxResource)
	}
	return clean(string(v.Text(nil)), maxResource)
}
