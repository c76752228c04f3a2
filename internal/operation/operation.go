// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package operation says which operation of which service a span belongs to.
package operation

import "strings"

// Service identifies one deployed application: the resource attributes
// service.namespace, service.name and deployment.environment(.name).
type Service struct {
	Namespace   string
	Name        string
	Environment string
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

// The kinds of operation. Server kinds are entry points: what a caller or a
// queue asks of the service. The others are what the service asks of somebody else.
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
	Publish              // "publish orders", "enqueue shop.tasks.ship"
)

var kindNames = [...]string{"none", "http", "rpc", "task", "consume", "function", "call", "call_rpc", "database", "publish"}

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

// Overflow is the operation that stands for all operations of a service
// beyond its cap; totals stay exact.
var Overflow = Operation{Name: "(other operations)", Kind: None}
