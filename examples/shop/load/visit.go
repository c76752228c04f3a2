// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"
)

// The agents that customers use; the service file has an objective for the
// people on AppAgent.
const (
	AppAgent     = "shop-app/3.1"
	BrowserAgent = "Mozilla/5.0 (X11; Linux x86_64) Shop"
)

// The cards of the stub payment provider.
const (
	goodCard     = "4242424242424242"
	declinedCard = "4000000000000002"
	outageCard   = "4000000000000119"
)

// request is one planned request and what it will cause.
type request struct {
	operation string // the normalised name that telemetry will give it
	method    string
	path      string
	body      string
	fault     string // value of X-Shop-Fault
	want      int    // the status code that it causes
	customer  string
	agent     string
}

// answer is what came back, seen from outside.
type answer struct {
	status int
	took   time.Duration
	// worked is how long the shop says that it worked on the answer, which is
	// less than its span took. An answer need not say so.
	worked time.Duration
}

func (r request) http(ctx context.Context, storefront string) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, storefront+r.path, strings.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	// Uvicorn closes the connection after an unhandled exception without saying
	// so in its answer; the next request on it might be lost. A bad release
	// breaks checkouts that were not asked to.
	req.Close = r.want == http.StatusInternalServerError || r.operation == "POST /checkout"
	req.Header.Set("User-Agent", r.agent)
	req.Header.Set("X-Customer", r.customer)
	if r.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.fault != "" {
		req.Header.Set("X-Shop-Fault", r.fault)
	}
	return req, nil
}

// planner draws visits; it is not safe for concurrent use.
type planner struct {
	rng       *rand.Rand
	seed      uint64
	mishaps   float64
	customers int
}

func newPlanner(cfg Config) planner {
	return planner{rng: rand.New(rand.NewPCG(cfg.Seed, 0x1ead11e)), seed: cfg.Seed, mishaps: cfg.Mishaps}
}

// draw returns the index of one of the mishaps, which have these chances in a
// thousand on a usual day, or -1 when none happens.
func (p *planner) draw(chances ...float64) int {
	at := p.rng.Float64() * 1000
	for i, c := range chances {
		if at -= c * p.mishaps; at < 0 {
			return i
		}
	}
	return -1
}

// visit returns what the next customer does: look around, and often buy.
func (p *planner) visit() []request {
	p.customers++
	who := request{customer: fmt.Sprintf("c%d-%d", p.seed, p.customers), agent: BrowserAgent}
	if p.rng.IntN(5) < 2 {
		who.agent = AppAgent
	}
	if p.rng.IntN(20) == 0 {
		return []request{who.get("/healthz", "GET /healthz")}
	}
	item := 1 + p.rng.IntN(8)
	visit := []request{who.get("/", "GET /"), p.look(who, item)}
	if p.rng.IntN(10) < 7 {
		visit = append(visit, who.fill(item), who.get("/cart", "GET /cart"), p.pay(who))
	}
	return visit
}

func (r request) get(path, operation string) request {
	r.method, r.path, r.operation, r.want = http.MethodGet, path, operation, http.StatusOK
	return r
}

func (r request) post(path, body string) request {
	r.method, r.path, r.operation, r.body, r.want = http.MethodPost, path, "POST "+path, body, http.StatusCreated
	return r
}

func (r request) fill(item int) request {
	return r.post("/cart/items", fmt.Sprintf(`{"item_id":%d,"quantity":1}`, item))
}

// look opens an item's page; a few customers follow an old link, and now and
// then a page breaks.
func (p *planner) look(who request, item int) request {
	page := who.get(fmt.Sprintf("/items/%d", item), "GET /items/{item_id}")
	if p.rng.IntN(100) < 3 {
		page.path, page.want = fmt.Sprintf("/items/%d", 1000+item), http.StatusNotFound
	} else if p.draw(1) == 0 {
		page.fault, page.want = "error", http.StatusInternalServerError
	}
	return page
}

// pay checks out. Of a hundred customers 6 have their card declined, which is
// not the shop's fault. Of a thousand, on a usual day, 4 meet a failure, which
// is, and 12 wait.
func (p *planner) pay(who request) request {
	card := func(number string) request { return who.post("/checkout", fmt.Sprintf(`{"card":%q}`, number)) }
	r := card(goodCard)
	mishap := p.draw(1, 2, 1, 8, 4)
	switch {
	case p.rng.IntN(100) < 6:
		r = card(declinedCard)
		r.want = http.StatusPaymentRequired
	case mishap == 0:
		r = card(outageCard)
		r.want = http.StatusBadGateway
	case mishap == 1:
		r.fault, r.want = "error", http.StatusInternalServerError
	case mishap == 2:
		r.fault, r.want = "throttle", http.StatusTooManyRequests
	case mishap == 3:
		r.fault = "slow=600"
	case mishap == 4:
		r.fault = "slow=1500"
	}
	return r
}

// Shares returns which part of the requests of a load each operation is, by
// its normalised name: counted over so many visits that chance hardly shows.
func Shares(cfg Config) map[string]float64 {
	const visits = 20_000
	p, requests, shares := newPlanner(cfg), 0, map[string]float64{}
	for range visits {
		for _, r := range p.visit() {
			shares[r.operation]++
			requests++
		}
	}
	for name := range shares {
		shares[name] /= float64(requests)
	}
	return shares
}
