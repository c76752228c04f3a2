// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"fmt"
	"strings"
)

// Unrouted stands in the place of the route for requests that no route of the
// application matched. They are one operation per method, whatever their path.
const Unrouted = "(unrouted)"

// Parse returns the operation that a service file means by text: a method and
// a route for HTTP ("POST /checkout", in any framework's spelling), a task, a
// host, "Service/Method" and so on for the other kinds.
func Parse(k Kind, text string) (Operation, error) {
	text = clean(text, maxName)
	if text == "" {
		return Operation{}, fmt.Errorf("%s operation is empty", k)
	}
	switch k {
	case None:
		return Operation{}, fmt.Errorf("operation %q has no kind", text)
	case HTTP:
		return parseHTTP(text)
	case RPC, CallRPC:
		return parseRPC(k, text)
	case Call:
		return parseCall(text)
	case Database:
		return named(k, strings.ToLower(text)), nil
	}
	return named(k, text), nil
}

func parseHTTP(text string) (Operation, error) {
	method, route, found := strings.Cut(text, " ")
	route = strings.TrimSpace(route)
	if !found || route == "" {
		return Operation{}, fmt.Errorf("http operation %q: want a method and a route, such as \"GET /items/{id}\"", text)
	}
	known := canonicalMethod(method)
	if known == otherMethod && method != otherMethod {
		return Operation{}, fmt.Errorf("http operation %q: %q is not an HTTP method", text, method)
	}
	if route == Unrouted {
		return named(HTTP, known+" "+Unrouted), nil
	}
	return named(HTTP, known+" "+NormaliseRoute(route)), nil
}

// parseRPC takes a method without a service too: JSON-RPC has none.
func parseRPC(k Kind, text string) (Operation, error) {
	text = strings.TrimPrefix(text, "/")
	if text == "" || strings.HasPrefix(text, "/") || strings.HasSuffix(text, "/") {
		return Operation{}, fmt.Errorf("%s operation %q: want Service/Method", k, text)
	}
	return named(k, text), nil
}

func parseCall(text string) (Operation, error) {
	host, port := authorityOf(text)
	name := hostName(host, port)
	if name == "" {
		return Operation{}, fmt.Errorf("call %q: want a host, such as api.example.com or localhost:5001", text)
	}
	return named(Call, name), nil
}

// KindOf returns the kind of the operation with a name that this package made.
func KindOf(name string) Kind {
	if strings.HasPrefix(name, kindPrefixes[CallRPC]) {
		return CallRPC // before Call: a host holds no space
	}
	for k, prefix := range kindPrefixes {
		if prefix != "" && strings.HasPrefix(name, prefix) {
			return Kind(k)
		}
	}
	if method, _, found := strings.Cut(name, " "); found && canonicalMethod(method) == method {
		return HTTP
	}
	return None
}

func named(k Kind, what string) Operation { return Operation{kindPrefixes[k] + what, k} }

const (
	otherMethod     = "_OTHER"    // OpenTelemetry's name for a method outside its list
	websocketMethod = "WEBSOCKET" // ours for a connection, which has no method
)

var methods = [...]string{
	"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "CONNECT", "TRACE", "QUERY", websocketMethod,
}

// canonicalMethod returns the method in upper case, or _OTHER. The result is a
// constant, so that what a client invents neither allocates nor becomes a name.
func canonicalMethod(method string) string {
	for _, m := range methods {
		if m == method {
			return m
		}
	}
	for _, m := range methods {
		if strings.EqualFold(m, method) {
			return m
		}
	}
	return otherMethod
}

// Spelled returns the kind of the operation with a name that this package
// made, and the text of which Parse makes it.
func Spelled(name string) (k Kind, text string) {
	k = KindOf(name)
	return k, strings.TrimPrefix(name, kindPrefixes[k])
}
