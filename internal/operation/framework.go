// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation

import "strings"

// The ways in which a request has a route; they are part of the identity.
const (
	seedUnrouted = iota
	seedRouted
	seedRoot
)

// routeInput returns what the route's name is made of: http.route, but for
// the frameworks whose instrumentations mean something else by it.
func (f *Facts) routeInput() (route string, seed uint64) {
	switch {
	case f.route == "" && f.tornadoHandler != "":
		return tornadoRoute(f.tornadoHandler)
	case f.route == "" && f.isRootView():
		return "", seedRoot
	case f.route == "":
		return "", seedUnrouted
	case f.route[0] != '/':
		return f.aiohttpRoute()
	}
	return f.route, seedRouted
}

func (f *Facts) routeName() string {
	switch route, seed := f.routeInput(); seed {
	case seedRouted:
		return NormaliseRoute(route)
	case seedRoot:
		return "/"
	}
	return Unrouted
}

// nameAfterMethod is what follows the method in the span's name.
func (f *Facts) nameAfterMethod() string {
	method, rest, _ := strings.Cut(f.Name, " ")
	if method != f.method {
		return ""
	}
	return rest
}

// isRootView recognises Django's home page: its route is the empty string,
// which the instrumentation leaves out. A request for "/" that was answered by
// anything but 404 found a page; no other framework leaves out the route of one.
func (f *Facts) isRootView() bool { return f.HTTPStatus != 404 && f.pathOnly() == "/" }

// aiohttpRoute reads spans of aiohttp's server: http.route is the name of the
// view's function and the template is in the span's name. A request without a
// view has no template, and the function is aiohttp's own. Django's routes have
// no leading slash either, but its spans are named after them.
func (f *Facts) aiohttpRoute() (string, uint64) {
	template := f.nameAfterMethod()
	switch {
	case template != "" && template[0] == '/':
		return template, seedRouted
	case template == "" && f.route == "_handle":
		return "", seedUnrouted
	}
	return f.route, seedRouted
}

// tornadoRoute stands for the route that Tornado's instrumentation does not
// send: the handler's class, which is bounded as the path is not.
func tornadoRoute(handler string) (string, uint64) {
	if handler == "tornado.web.ErrorHandler" {
		return "", seedUnrouted
	}
	return handler, seedRouted
}
