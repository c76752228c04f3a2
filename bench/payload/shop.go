// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package payload

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// The operations of the shop, by the names that Leadline gives them.
const (
	Cart    = "GET /cart/{cart_id}"
	Pay     = "POST /checkout"
	Charge  = "call api.stripe.com"
	Product = "GET /products/{product_id}"
	Search  = "GET /search"
	Ship    = "task shop.tasks.ship"
)

// The attributes that the shop's own code adds, which custom indicators read.
const (
	BasketItems   = "basket.items"
	SearchTerms   = "search.terms"
	SearchResults = "search.results"
)

const stackTrace = `Traceback (most recent call last):
  File "/app/.venv/lib/python3.12/site-packages/opentelemetry/trace/__init__.py", line 589, in use_span
    yield span
  File "/app/shop/checkout.py", line 87, in checkout
    receipt = await payments.charge(order, idempotency_key=order.id)
  File "/app/shop/payments.py", line 41, in charge
    raise ProviderTimeout(response.status_code)
shop.errors.ProviderTimeout: `

// Shop returns the templates of a small Python shop under zero-code
// instrumentation, in the shares in which they are to be sent: a FastAPI
// storefront with the old attribute names that are still Python's default, a
// Flask catalogue with the stable ones, a Celery worker. Several processes of
// each, so that no server can cache one request.
//
// Every span belongs to one of six operations. FastAPI's INTERNAL spans, more
// than half of what it sends by default, are left out: Leadline ignores them
// and the Collector counts them, so they would flatter us.
func Shop(seed uint64, spansPerRequest int) []*Template {
	g := &generator{random: rand.New(rand.NewPCG(seed, 0))}
	var all []*Template
	for range 2 {
		all = append(all,
			g.request("shop-api", spansPerRequest, g.storefront),
			g.request("shop-catalog", spansPerRequest, g.catalogue),
			g.request("shop-api", spansPerRequest, g.storefront),
			g.request("shop-worker", spansPerRequest, g.worker),
			g.request("shop-catalog", spansPerRequest, g.catalogue),
			g.request("shop-api", spansPerRequest, g.storefront),
		)
	}
	return all
}

type generator struct {
	random *rand.Rand
	calls  []call
	traces int
}

// request fills one request with whole traces until it holds n spans; the
// last trace may lose its tail, as in a real batch.
func (g *generator) request(service string, n int, trace func()) *Template {
	g.calls, g.traces = nil, 0
	for len(g.calls) < n {
		trace()
		g.traces++
	}
	return encode(service, g.process(service), g.calls[:n], g.traces)
}

func (g *generator) process(service string) process {
	schema := "https://opentelemetry.io/schemas/1.11.0"
	if service == "shop-catalog" {
		schema = "https://opentelemetry.io/schemas/1.21.0"
	}
	return process{schema: schema, attrs: []attribute{
		{"telemetry.sdk.language", "python"},
		{"telemetry.sdk.name", "opentelemetry"},
		{"telemetry.sdk.version", "1.45.2"},
		{"telemetry.auto.version", "0.66b1"},
		{"service.namespace", "shop"},
		{"service.name", service},
		{"service.version", "2026.11.3"},
		{"service.instance.id", g.hex(8) + "-" + g.hex(4) + "-4" + g.hex(3) + "-a" + g.hex(3) + "-" + g.hex(12)},
		{"deployment.environment", "production"},
	}}
}

// add appends a span of the current trace and returns its index.
func (g *generator) add(c call) int {
	c.trace = g.traces
	g.calls = append(g.calls, c)
	return len(g.calls) - 1
}

// storefront is a checkout with its call to the payment provider, or a look
// into the basket. A child ends before its parent, so it is exported first,
// but the order within a request means nothing to a server.
func (g *generator) storefront() {
	if g.chance(0.5) {
		g.add(g.fastAPI(Cart, "GET", "/cart/{cart_id}", "/cart/"+g.hex(8), g.took(18)))
		return
	}
	took := g.took(160)
	checkout := g.fastAPI(Pay, "POST", "/checkout", "/checkout", took)
	items := 1 + g.random.Int64N(30)
	checkout.Numbers = map[string]int64{BasketItems: items}
	checkout.attrs = append(checkout.attrs,
		attribute{BasketItems, items},
		attribute{"customer.tier", []string{"free", "plus", "pro"}[g.random.IntN(3)]})
	parent := g.add(checkout)
	g.add(g.stripe(parent, took*7/10, took/10))
}

// fastAPI is the server span of the ASGI instrumentation, old names.
func (g *generator) fastAPI(operation, method, route, path string, took time.Duration) call {
	status := g.serverStatus()
	c := call{
		Event: Event{Operation: operation, Status: status, Failed: status >= 500, Duration: took},
		name:  method + " " + route, kind: kindServer, parent: -1,
		scope: "opentelemetry.instrumentation.fastapi",
		attrs: []attribute{
			{"http.scheme", "http"},
			{"http.host", "10.12.4.17:8000"},
			{"net.host.port", int64(8000)},
			{"http.flavor", "1.1"},
			{"http.target", path},
			{"http.url", "http://10.12.4.17:8000" + path},
			{"http.method", method},
			{"http.server_name", "shop.example"},
			{"http.user_agent", g.userAgent()},
			{"net.peer.ip", g.address()},
			{"net.peer.port", g.port()},
			{"http.route", route},
			{"http.status_code", int64(status)},
		},
	}
	if status == 500 {
		c.exception = "provider did not answer in time: " + g.hex(8)
	}
	return c
}

// stripe is the client span of the urllib instrumentation, which knows no more
// than method, address and status.
func (g *generator) stripe(parent int, took, lead time.Duration) call {
	status := g.pick([]int{200, 402, 503}, []float64{0.97, 0.02, 0.01})
	return call{
		Event: Event{Operation: Charge, Status: status, Failed: status >= 400, Duration: took},
		name:  "POST", kind: kindClient, parent: parent, lead: lead,
		scope: "opentelemetry.instrumentation.urllib",
		attrs: []attribute{
			{"http.method", "POST"},
			{"http.url", "https://api.stripe.com/v1/payment_intents/pi_" + g.hex(24) + "/confirm"},
			{"http.status_code", int64(status)},
		},
	}
}

// catalogue is a server span of the WSGI instrumentation, stable names.
func (g *generator) catalogue() {
	if g.chance(0.6) {
		id := fmt.Sprint(1000 + g.random.IntN(90000))
		g.add(g.flask(Product, "/products/<int:product_id>", "/products/"+id, "", g.took(30)))
		return
	}
	c := g.flask(Search, "/search", "/search", "q="+g.hex(6)+"&page=1", g.took(90))
	terms, results := g.random.Int64N(4), g.random.Int64N(20)
	c.Numbers = map[string]int64{SearchTerms: terms, SearchResults: results}
	c.attrs = append(c.attrs, attribute{SearchTerms, terms}, attribute{SearchResults, results})
	g.add(c)
}

func (g *generator) flask(operation, route, path, query string, took time.Duration) call {
	status := g.serverStatus()
	attrs := []attribute{
		{"http.request.method", "GET"},
		{"server.address", "catalog.shop.svc"},
		{"server.port", int64(5000)},
		{"url.scheme", "http"},
		{"url.path", path},
		{"client.address", g.address()},
		{"client.port", g.port()},
		{"network.protocol.version", "1.1"},
		{"user_agent.original", g.userAgent()},
		{"http.route", route},
		{"http.response.status_code", int64(status)},
	}
	if query != "" {
		attrs = append(attrs, attribute{"url.query", query})
	}
	if status >= 500 {
		attrs = append(attrs, attribute{"error.type", fmt.Sprint(status)})
	}
	return call{
		Event: Event{Operation: operation, Status: status, Failed: status >= 500, Duration: took},
		name:  "GET " + route, kind: kindServer, parent: -1, attrs: attrs,
		scope: "opentelemetry.instrumentation.flask",
	}
}

// worker is a Celery task, whose parent is the producer in another process.
func (g *generator) worker() {
	failed := g.chance(0.01)
	state := "SUCCESS"
	if failed {
		state = "FAILURE"
	}
	id := g.hex(8) + "-" + g.hex(4) + "-4" + g.hex(3) + "-b" + g.hex(3) + "-" + g.hex(12)
	c := call{
		Event: Event{Operation: Ship, Failed: failed, Duration: g.took(700)},
		name:  "run/shop.tasks.ship", kind: kindConsumer, parent: -1, remote: true,
		scope: "opentelemetry.instrumentation.celery",
		attrs: []attribute{
			{"celery.action", "run"},
			{"celery.state", state},
			{"celery.hostname", "celery@worker-3"},
			{"celery.delivery_info", "{'exchange': '', 'routing_key': 'celery', 'priority': 0, 'redelivered': False}"},
			{"celery.reply_to", g.hex(8) + "-" + g.hex(4)},
			{"celery.timelimit", "(None, None)"},
			{"messaging.conversation_id", id},
			{"messaging.destination", "celery"},
			{"messaging.message.id", id},
			{"celery.task_name", "shop.tasks.ship"},
			{"net.peer.name", "gen41@web-1"},
		},
	}
	if failed {
		c.exception = "carrier refused the parcel: " + g.hex(8)
	}
	g.add(c)
}

// serverStatus draws from the answers that availability tells apart: good,
// excluded, bad by overload, bad by failure.
func (g *generator) serverStatus() int {
	return g.pick([]int{200, 404, 429, 500}, []float64{0.972, 0.015, 0.003, 0.01})
}

func (g *generator) pick(values []int, shares []float64) int {
	x := g.random.Float64()
	for i, share := range shares {
		if x -= share; x < 0 {
			return values[i]
		}
	}
	return values[0]
}

// took draws a log-normal duration around a median in milliseconds, in whole
// microseconds plus one nanosecond so that none lies on a threshold.
func (g *generator) took(medianMs float64) time.Duration {
	micros := medianMs * 1000 * math.Exp(0.8*g.random.NormFloat64())
	return time.Duration(micros)*time.Microsecond + time.Nanosecond
}

func (g *generator) chance(p float64) bool { return g.random.Float64() < p }

func (g *generator) port() int64 { return 32768 + g.random.Int64N(28000) }

func (g *generator) address() string {
	return fmt.Sprintf("10.%d.%d.%d", g.random.IntN(32), g.random.IntN(256), g.random.IntN(256))
}

func (g *generator) userAgent() string {
	return []string{
		"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 20_1 like Mac OS X) AppleWebKit/605.1.15 Version/20.1 Mobile/15E148 Safari/604.1",
		"ShopApp/7.4.1 (Android 16)",
		"python-httpx/0.28.1",
	}[g.random.IntN(4)]
}

func (g *generator) hex(digits int) string {
	const alphabet = "0123456789abcdef"
	out := make([]byte, digits)
	for i := range out {
		out[i] = alphabet[g.random.IntN(16)]
	}
	return string(out)
}
