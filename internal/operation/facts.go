// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import (
	"math"
	"strings"
	"time"

	"github.com/leadline/leadline/internal/wire"
)

// Facts are what identification and judgement need to know of one span. The
// strings are views onto the request's body: a Facts is for one span, is reused
// for the next, and must not outlive the body.
type Facts struct {
	Name          string
	Kind          wire.SpanKind
	Status        wire.StatusCode
	StartUnixNano uint64
	EndUnixNano   uint64
	// HTTPStatus is the status code of the HTTP response, 0 when there was none.
	HTTPStatus int
	// GRPCStatus is the status code of the gRPC answer, -1 when there was none.
	GRPCStatus int

	method, route, path, url, scheme string
	serverAddress, peerName          string
	port                             int64
	userAgent, synthetic             string

	taskName, taskAction, taskState string

	messagingSystem, messagingOperation          string
	destination, oldDestination, destinationTmpl string
	temporary                                    bool

	rpcSystem, rpcService, rpcMethod string
	dbSystem                         string

	functionName, functionID string
	isFunction               bool

	asgiEvent      bool
	tornadoHandler string
}

// Read replaces f with the facts of s: one pass over the attributes. Where
// old and stable names are both present, the stable one wins.
func (f *Facts) Read(s *wire.Span) {
	*f = Facts{} // by itself, else it is made elsewhere and copied
	f.Name, f.Kind, f.Status = s.Name, s.Kind, s.Status
	f.StartUnixNano, f.EndUnixNano = s.StartUnixNano, s.EndUnixNano
	f.GRPCStatus = -1
	for i := range s.Attrs {
		f.attribute(&s.Attrs[i])
	}
}

// attribute is one switch, because the compiler turns it into a binary search
// over length and bytes; a map of setters costs four times as much.
func (f *Facts) attribute(a *wire.Attr) {
	switch a.Key {
	case "http.request.method":
		f.method = a.Value.Str()
	case "http.method":
		old(&f.method, a)
	case "http.route":
		f.route = a.Value.Str()
	case "http.response.status_code":
		f.HTTPStatus = httpStatus(a.Value)
	case "http.status_code":
		if f.HTTPStatus == 0 {
			f.HTTPStatus = httpStatus(a.Value)
		}
	case "url.path":
		f.path = a.Value.Str()
	case "http.target":
		old(&f.path, a)
	case "url.full":
		f.url = a.Value.Str()
	case "http.url":
		old(&f.url, a)
	case "url.scheme":
		f.scheme = a.Value.Str()
	case "http.scheme":
		old(&f.scheme, a)
	case "server.address":
		f.serverAddress = a.Value.Str()
	case "net.peer.name":
		f.peerName = a.Value.Str()
	case "server.port":
		f.port = integer(a.Value)
	case "net.peer.port":
		if f.port == 0 {
			f.port = integer(a.Value)
		}
	case "user_agent.original":
		f.userAgent = a.Value.Str()
	case "http.user_agent", "rpc.user_agent":
		old(&f.userAgent, a)
	case "user_agent.synthetic.type":
		f.synthetic = a.Value.Str()
	case "asgi.event.type":
		f.asgiEvent = true
	default:
		f.rarer(a)
	}
}

// rarer holds the attributes of everything but common HTTP.
func (f *Facts) rarer(a *wire.Attr) {
	switch a.Key {
	case "celery.task_name":
		f.taskName = a.Value.Str()
	case "celery.action":
		f.taskAction = a.Value.Str()
	case "celery.state":
		f.taskState = a.Value.Str()
	case "messaging.system":
		f.messagingSystem = a.Value.Str()
	case "messaging.destination.name":
		f.destination = a.Value.Str()
	case "messaging.destination":
		f.oldDestination = a.Value.Str()
	case "messaging.destination.template":
		f.destinationTmpl = a.Value.Str()
	case "messaging.destination.temporary", "messaging.destination.anonymous", "messaging.temp_destination":
		f.temporary = f.temporary || a.Value.Bool()
	case "messaging.operation.type":
		f.messagingOperation = a.Value.Str()
	case "messaging.operation", "messaging.operation.name":
		old(&f.messagingOperation, a)
	case "rpc.system.name":
		f.rpcSystem = a.Value.Str()
	case "rpc.system":
		old(&f.rpcSystem, a)
	case "rpc.service":
		f.rpcService = a.Value.Str()
	case "rpc.method":
		f.rpcMethod = a.Value.Str()
	case "rpc.grpc.status_code", "rpc.response.status_code":
		f.GRPCStatus = grpcStatus(a.Value)
	case "db.system.name":
		f.dbSystem = a.Value.Str()
	case "db.system":
		old(&f.dbSystem, a)
	case "tornado.handler":
		f.tornadoHandler = a.Value.Str()
	case "faas.name":
		f.functionName, f.isFunction = a.Value.Str(), true
	case "faas.invocation_id", "faas.execution", "faas.trigger":
		f.isFunction = true
	case "cloud.resource_id":
		f.functionID = a.Value.Str()
	case "faas.id":
		old(&f.functionID, a)
	}
}

// old sets a fact from an attribute's old name, unless the stable one was there.
func old(fact *string, a *wire.Attr) {
	if *fact == "" {
		*fact = a.Value.Str()
	}
}

// Duration is how long the span took; it is zero when clocks made it end
// before it started.
func (f *Facts) Duration() time.Duration {
	if f.EndUnixNano <= f.StartUnixNano {
		return 0
	}
	return time.Duration(min(f.EndUnixNano-f.StartUnixNano, math.MaxInt64))
}

// httpStatus returns a code from 100 to 599, else 0.
func httpStatus(v wire.Value) int {
	code := integer(v)
	if code < 100 || code > 599 {
		return 0
	}
	return int(code)
}

// integer reads an Int, or a String of digits as some libraries send them; it
// returns 0 for everything else.
func integer(v wire.Value) int64 {
	if v.Kind() == wire.Int {
		return v.Int()
	}
	return digits(v.Str())
}

// digits reads up to nine decimal digits; anything else is 0.
func digits(s string) int64 {
	if len(s) > 9 {
		return 0
	}
	n := int64(0)
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0
		}
		n = n*10 + int64(s[i]-'0')
	}
	return n
}

// pathOnly is the path of the request without its query.
func (f *Facts) pathOnly() string {
	path := f.path
	if path == "" {
		path = pathOf(f.url)
	}
	if i := strings.IndexByte(path, '?'); i >= 0 {
		path = path[:i]
	}
	return path
}
