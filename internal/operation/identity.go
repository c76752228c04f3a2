// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"strings"

	"github.com/zeebo/xxh3"

	"github.com/leadline/leadline/internal/wire"
)

// Ignored says why a span is not an operation.
type Ignored uint8

// The reasons. NotIgnored is that of operations.
const (
	NotIgnored       Ignored = iota
	IgnoredNoKind            // the span has no kind
	IgnoredInternal          // a step inside of an operation
	IgnoredASGIEvent         // FastAPI's and Starlette's "http send" and "http receive"
	IgnoredPoll              // a request to the broker for messages, each of which has its own span
	IgnoredUnknown           // a kind, but no attribute that says what was called
	ReasonsIgnored           // how many there are
)

var ignoredNames = [ReasonsIgnored]string{"", "no_kind", "internal", "asgi_event", "poll", "unknown"}

// String returns the reason as the API spells it; it is empty for operations.
func (i Ignored) String() string { return ignoredNames[i] }

// Identity is a hash of exactly what Identify looks at, and nothing else. All
// of it is bounded by the application's code, or by the hosts it calls: two
// requests to one route differ in path, query and ids, and have one identity.
// It allocates nothing.
func (f *Facts) Identity() uint64 {
	kind, ignored := f.classify()
	if ignored != NotIgnored {
		return uint64(ignored)
	}
	h := uint64(kind) << 8
	switch kind {
	case HTTP:
		route, seed := f.routeInput()
		return chain(chain(h|seed, f.methodName()), route)
	case Call:
		host, port := f.authority()
		return chain(h^uint64(port)<<16, host)
	case RPC, CallRPC:
		return chain(chain(h, f.rpcService), f.rpcMethod)
	case Task, Enqueue:
		return chain(h, f.task())
	case Consume, Publish:
		return chain(h, f.queue())
	case Function:
		return chain(h, f.function())
	case Database:
		return chain(h, f.dbSystem)
	}
	panic("BUG: no identity for kind " + kind.String())
}

// chain hashes s on top of h. The hash so far is the seed, so that ("ab", "c")
// and ("a", "bc") differ.
func chain(h uint64, s string) uint64 { return xxh3.HashStringSeed(s, h) }

// Identify returns the operation of the span, or why it has none. It
// allocates; keep its result under Identity.
func (f *Facts) Identify() (Operation, Ignored) {
	kind, ignored := f.classify()
	if ignored != NotIgnored {
		return Operation{}, ignored
	}
	what := f.what(kind)
	if what == "" {
		return Operation{}, IgnoredUnknown // nothing of the name could be printed
	}
	return named(kind, what), NotIgnored
}

// what is the operation's name after the word for its kind.
func (f *Facts) what(kind Kind) string {
	switch kind {
	case HTTP:
		return f.methodName() + " " + f.routeName()
	case Call:
		return hostName(f.authority())
	case RPC, CallRPC:
		return f.rpcName()
	case Task, Enqueue:
		return clean(f.task(), maxName)
	case Consume, Publish:
		return clean(f.queue(), maxName)
	case Function:
		return clean(f.function(), maxName)
	case Database:
		return strings.ToLower(clean(f.dbSystem, maxName))
	}
	panic("BUG: no name for kind " + kind.String())
}

// classify decides the kind from the span's kind and from which attributes are there.
func (f *Facts) classify() (Kind, Ignored) {
	kind := None
	switch f.Kind {
	case wire.Unspecified:
		return None, IgnoredNoKind
	case wire.Internal:
		if f.asgiEvent {
			return None, IgnoredASGIEvent
		}
		return None, IgnoredInternal
	case wire.Server:
		kind = f.classifyServer()
	case wire.Consumer:
		kind = f.classifyConsumer()
	case wire.Client:
		kind = f.classifyClient()
	case wire.Producer:
		kind = f.classifyProducer()
	}
	switch {
	case kind != None:
		return kind, NotIgnored
	case f.polls():
		return None, IgnoredPoll
	}
	return None, IgnoredUnknown
}

// classifyServer looks for a function first: API Gateway puts the raw path
// into http.route, so that attribute means nothing there.
func (f *Facts) classifyServer() Kind {
	switch {
	case f.isFunction && f.function() != "":
		return Function
	case f.rpcSystem != "" && f.hasRPCName():
		return RPC
	case f.method != "" || f.isWebSocket():
		return HTTP
	}
	return None
}

func (f *Facts) classifyConsumer() Kind {
	switch {
	case f.task() != "":
		return Task
	case f.isFunction && f.function() != "":
		return Function
	case f.queue() != "" && !f.polls():
		return Consume
	}
	return None
}

// classifyClient prefers the database to the RPC that reaches it (DynamoDB),
// and the RPC to the HTTP that carries it (every AWS call).
func (f *Facts) classifyClient() Kind {
	switch {
	case f.dbSystem != "":
		return Database
	case f.rpcSystem != "" && f.hasRPCName():
		return CallRPC
	case f.method != "" && f.hasHost():
		return Call
	case f.queue() != "" && f.sends():
		return Publish
	}
	return None
}

func (f *Facts) classifyProducer() Kind {
	switch {
	case f.task() != "":
		return Enqueue
	case f.queue() != "":
		return Publish
	}
	return None
}

// polls reports whether the span only asked a broker for messages. SQS spans
// of this kind stand beside one span per message; for other brokers, pika for
// example, "receive" is the name of the span in which the handler runs.
func (f *Facts) polls() bool {
	switch f.messagingOperation {
	case "receive", "poll", "settle", "ack":
		return f.Kind == wire.Client || f.messagingSystem == "aws_sqs" || f.messagingSystem == "aws.sqs"
	}
	return false
}

func (f *Facts) sends() bool {
	switch f.messagingOperation {
	case "send", "publish", "create":
		return true
	}
	return false
}

// temporaryQueue stands for all queues with generated names.
const temporaryQueue = "(temporary)"

// queue is the destination, by its template when it has one.
func (f *Facts) queue() string {
	name := f.destination
	if name == "" {
		name = f.oldDestination
	}
	switch {
	case f.destinationTmpl != "":
		return f.destinationTmpl
	case f.temporary, strings.HasPrefix(name, "amq.gen-"):
		return temporaryQueue
	}
	return name
}

// task is the name of the Celery task. The span's name ("run/shop.tasks.ship")
// is believed only where attributes mark the span as Celery's.
func (f *Facts) task() string {
	if f.taskName != "" || f.taskAction == "" && f.taskState == "" {
		return f.taskName
	}
	_, name, _ := strings.Cut(f.Name, "/")
	return name
}

// function is the name of the serverless function: faas.name, else the last
// part of its ARN, else the span's name, which is the handler's in Lambda. A
// name with a slash is a path and not believed.
func (f *Facts) function() string {
	if f.functionName != "" {
		return f.functionName
	}
	const marker = ":function:"
	if i := strings.Index(f.functionID, marker); i >= 0 {
		name, _, _ := strings.Cut(f.functionID[i+len(marker):], ":")
		return name
	}
	if strings.ContainsAny(f.Name, "/ ") {
		return "(unnamed)"
	}
	return f.Name
}

func (f *Facts) hasHost() bool {
	host, _ := f.authority()
	return host != ""
}

func (f *Facts) hasRPCName() bool { return f.rpcMethod != "" }

// rpcName is Service/Method. The newest conventions put both into rpc.method.
func (f *Facts) rpcName() string {
	method := strings.TrimPrefix(f.rpcMethod, "/")
	if f.rpcService == "" || strings.HasPrefix(method, f.rpcService+"/") {
		return clean(method, maxName)
	}
	return clean(f.rpcService+"/"+method, maxName)
}

func (f *Facts) isWebSocket() bool {
	return f.route != "" && (f.scheme == "ws" || f.scheme == "wss")
}

func (f *Facts) methodName() string {
	if f.method == "" {
		return websocketMethod
	}
	return canonicalMethod(f.method)
}
