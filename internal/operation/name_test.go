// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/testkit/textcase"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name string
		kind operation.Kind
		text string
		want string // empty: refused
	}{
		{"http", operation.HTTP, "POST /checkout", "POST /checkout"},
		{"http in lower case", operation.HTTP, "post  /checkout/", "POST /checkout"},
		{"http in Flask's spelling", operation.HTTP, "GET /users/<int:id>", "GET /users/{id}"},
		{"http in Django's spelling", operation.HTTP, `GET ^users/(?P<id>\d+)/$`, "GET /users/{id}"},
		{"http unrouted", operation.HTTP, "GET (unrouted)", "GET (unrouted)"},
		{"http of invented methods", operation.HTTP, "_OTHER /pot", "_OTHER /pot"},
		{"web socket", operation.HTTP, "WEBSOCKET /ws/{room}", "WEBSOCKET /ws/{room}"},
		{"http without a method", operation.HTTP, "/checkout", ""},
		{"http with a word that is no method", operation.HTTP, "BUY /checkout", ""},
		{"http without a route", operation.HTTP, "GET ", ""},
		{"task", operation.Task, "shop.tasks.ship", "task shop.tasks.ship"},
		{"rpc", operation.RPC, "/Catalog/Get", "rpc Catalog/Get"},
		{"rpc without a service", operation.RPC, "tools.list", "rpc tools.list"},
		{"rpc without a method", operation.RPC, "Catalog/", ""},
		{"call", operation.Call, "API.Stripe.com", "call api.stripe.com"},
		{"call with a URL", operation.Call, "https://api.stripe.com/v1", "call api.stripe.com"},
		{"call with a port", operation.Call, "localhost:5001", "call localhost:5001"},
		{"call with the default port", operation.Call, "api.stripe.com:443", "call api.stripe.com"},
		{"call of several words", operation.Call, "stripe com", ""},
		{"call rpc", operation.CallRPC, "Catalog/Get", "call rpc Catalog/Get"},
		{"database", operation.Database, "PostgreSQL", "db postgresql"},
		{"consume", operation.Consume, "orders", "consume orders"},
		{"publish", operation.Publish, "orders", "publish orders"},
		{"enqueue", operation.Enqueue, "shop.tasks.ship", "enqueue shop.tasks.ship"},
		{"function", operation.Function, "resize", "function resize"},
		{"nothing", operation.Task, " \x00", ""},
		{"no kind", operation.None, "x", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := operation.Parse(test.kind, test.text)
			if got.Name != test.want || (err != nil) != (test.want == "") {
				t.Errorf("Parse(%s, %q) = %q, %v; want %q", test.kind, test.text, got.Name, err, test.want)
			}
			if err == nil && (got.Kind != test.kind || operation.KindOf(got.Name) != test.kind) {
				t.Errorf("kind %s, and %s by its name; want %s", got.Kind, operation.KindOf(got.Name), test.kind)
			}
		})
	}
}

func TestKindOfWhatIsNoName(t *testing.T) {
	for _, name := range []string{"", "checkout", "get /a", "BUY /a", operation.Overflow.Name} {
		if k := operation.KindOf(name); k != operation.None {
			t.Errorf("KindOf(%q) = %s, want none", name, k)
		}
	}
}

func TestReadResource(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  operation.Resource
	}{
		{"nothing", nil, operation.Resource{Service: operation.Service{Name: "unknown_service"}}},
		{
			"everything",
			[]string{
				"resource service.name = shop-api", "resource service.namespace = shop", "resource service.version = 1.4.2",
				"resource deployment.environment = staging", "resource deployment.environment.name = production",
				"resource service.instance.id = 7d1c",
			},
			operation.Resource{
				Service: operation.Service{Namespace: "shop", Name: "shop-api", Environment: "production"},
				Version: "1.4.2",
			},
		},
		{
			"the old environment",
			[]string{"resource service.name = shop-api", "resource deployment.environment = staging"},
			operation.Resource{Service: operation.Service{Name: "shop-api", Environment: "staging"}},
		},
		{
			"a version that is a number",
			[]string{"resource service.name = shop-api", "resource service.version = 2"},
			operation.Resource{Service: operation.Service{Name: "shop-api"}, Version: "2"},
		},
		{
			"what cannot be printed, and too much of it",
			[]string{`resource service.name = " shop\x00\xff\u202e-api\n"`, "resource service.version = " + strings.Repeat("v", 200)},
			operation.Resource{Service: operation.Service{Name: "shop-api"}, Version: strings.Repeat("v", 125) + "…"},
		},
		{
			"a name of nothing printable",
			[]string{`resource service.name = "\x01"`},
			operation.Resource{Service: operation.Service{Name: "unknown_service"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := operation.ReadResource(textcase.ReadEvent(t, test.lines).Resource)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("resource (-want +got):\n%s", diff)
			}
		})
	}
}
