// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package operation says which operation of which service a span belongs to,
// and what the default rules call it: good, bad or excluded.
//
// It owns the names of services and operations, the reading of OpenTelemetry's
// attributes (old and stable spelling), the normalisation of routes and hosts,
// the default judgement, and the table in which a service's operations are
// interned under a cap. It does not own objectives, counting or time.
//
// The way of a span:
//
//	f.Read(span)                 one pass over the attributes, no allocation
//	entry := table.Intern(f.Identity(), &f)
//	                             a hash of bounded inputs finds the operation;
//	                             f.Identify() runs only for an identity never seen
//	f.Outcome()                  the default judgement
//
// Invariants:
//
//   - An operation is never named by the span's name alone, because names hold
//     raw paths (Flask names a request without a route after its path).
//   - Raw paths, ids and query strings never enter an identity.
//   - The same operation has the same name in the old and in the stable
//     conventions, and in the spelling of every framework.
//   - A name, once normalised, does not change by being normalised again.
//
// A change to any rule that gives a span another name, or another default
// judgement, raises [NormaliserVersion]: it is part of an indicator's id, so
// that a count is never silently continued under another rule.
package operation

import "strings"

// NormaliserVersion numbers the rules of this package. See the package comment.
const NormaliserVersion = 1

// Service identifies one deployed application: the resource attributes
// service.namespace, service.name and deployment.environment(.name).
type Service struct {
	Namespace   string
	Name        string
	Environment string
}

// Self is Leadline as a service of its own: what it measures of itself. It
// names no environment.
var Self = Service{Namespace: "leadline", Name: "leadline"}

// IsSelf reports whether a service is Leadline, in whatever environment.
func (s Service) IsSelf() bool {
	s.Environment = ""
	return s == Self
}

// String returns namespace/name@environment without the empty parts.
func (s Service) String() string {
	var b strings.Builder
	if s.Namespace != "" {
		b.WriteString(s.Namespace)
		b.WriteByte('/')
	}
	b.WriteString(s.Name)
	if s.Environment != "" {
		b.WriteByte('@')
		b.WriteString(s.Environment)
	}
	return b.String()
}

// Kind is what sort of entry point, task or outbound call an operation is.
type Kind uint8

// The kinds of operation. The first are entry points: what a caller or a queue
// asks of the service. The others are what the service asks of somebody else.
const (
	None     Kind = iota // not an operation
	HTTP                 // "POST /checkout"
	RPC                  // "rpc Catalog/Get"
	Task                 // "task shop.tasks.ship"
	Consume              // "consume orders"
	Function             // "function resize-image"
	Call                 // "call api.stripe.com"
	CallRPC              // "call rpc Catalog/Get"
	Database             // "db postgresql"
	Publish              // "publish orders"
	Enqueue              // "enqueue shop.tasks.ship"
	kinds                // how many there are
)

var kindNames = [kinds]string{
	"none", "http", "rpc", "task", "consume", "function",
	"call", "call_rpc", "database", "publish", "enqueue",
}

// kindPrefixes are the words with which names begin; HTTP operations begin
// with their method instead.
var kindPrefixes = [kinds]string{
	RPC: "rpc ", Task: "task ", Consume: "consume ", Function: "function ",
	Call: "call ", CallRPC: "call rpc ", Database: "db ", Publish: "publish ", Enqueue: "enqueue ",
}

// String returns the kind as the API spells it.
func (k Kind) String() string { return kindNames[k] }

// Entry reports whether an operation of this kind is an entry point of its
// service, so that "every server operation" includes it.
func (k Kind) Entry() bool { return k >= HTTP && k <= Function }

// Operation is a normalised entry point, task or outbound call. Its name is
// its identity within a service.
type Operation struct {
	Name string
	Kind Kind
}

// Overflow is the operation that stands for all operations of a service beyond
// its cap. A table keeps one of each kind under this name, so that totals over
// the entry points of a service stay exact.
var Overflow = Operation{Name: "(other operations)", Kind: None}
