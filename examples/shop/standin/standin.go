// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package standin is the example shop in Go, for machines where the real one
// cannot be installed because no Python package index is reachable.
//
// It serves the pages that the load generator asks for, obeys the same faults
// of the header X-Shop-Fault and of the folder of switches, and sends the spans
// that zero-code instrumentation would send of the storefront, the payments
// service and the worker. It is a stand-in for the traffic, not for the
// proof: that the product counts what Python really sends only the Python shop
// can show, and the demo says on screen which of the two is running.
//
// Invariant: each served request is recorded once, before its answer is
// complete, so a client that has the whole answer knows the span is queued.
package standin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Cards of the stub payment provider, and the longest sleep that may be asked for.
const (
	declinedCard = "4000000000000002"
	outageCard   = "4000000000000119"
	slowest      = 5 * time.Second
	slowDatabase = 600 * time.Millisecond // of each use, as in shop.catalogue
	maxBody      = 4 << 10
	maxCarts     = 100_000
)

// Storefront is the shop as an http.Handler.
type Storefront struct {
	Config
	mux *http.ServeMux

	mu     sync.Mutex
	asked  int            // checkouts
	carts  map[string]int // items in the basket, by customer
	orders int
}

// Config is what a storefront needs.
type Config struct {
	Exporter *Exporter // of shop-api and shop-payments
	Worker   *Worker
	Switches Switches
	Bad      bool // a release of which every second checkout fails
}

// New returns a storefront.
func New(cfg Config) *Storefront {
	s := &Storefront{Config: cfg, mux: http.NewServeMux(), carts: map[string]int{}}
	s.route("GET /{$}", "/", s.frontPage)
	s.route("GET /items/{item_id}", "/items/{item_id}", s.itemPage)
	s.route("GET /cart", "/cart", s.cartPage)
	s.route("POST /cart/items", "/cart/items", s.addToCart)
	s.route("POST /checkout", "/checkout", s.checkout)
	s.mux.HandleFunc("GET /healthz", s.record("/healthz", func(*http.Request, *visit) reply {
		return reply{http.StatusOK, map[string]any{"status": "ok"}}
	}))
	s.mux.HandleFunc("/", s.record("", func(*http.Request, *visit) reply { return refusal(http.StatusNotFound, "Not Found") }))
	return s
}

// ServeHTTP answers one request.
func (s *Storefront) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// reply is a status code and what is sent as JSON.
type reply struct {
	status int
	body   map[string]any
}

func refusal(status int, detail string) reply {
	return reply{status, map[string]any{"detail": detail}}
}

type page func(r *http.Request, v *visit) reply

// route registers a page that can be broken on request.
func (s *Storefront) route(pattern, template string, p page) {
	s.mux.HandleFunc(pattern, s.record(template, func(r *http.Request, v *visit) reply {
		if broken, yes := obey(r, v); yes {
			return broken
		}
		return p(r, v)
	}))
}

// record is the middleware that an instrumented framework would be.
func (s *Storefront) record(template string, p page) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visit{trace: randomBytes(16), method: r.Method, path: r.URL.RequestURI(), route: template, host: r.Host, agent: r.UserAgent(), from: time.Now()}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		answer := p(r, &v)
		v.status = answer.status
		// The start's wall clock plus the time that passed: a clock that is set
		// meanwhile does not change the duration.
		v.to = v.from.Add(time.Since(v.from))
		s.Exporter.Record(r.Context(), v.spans())
		if v.order != nil && !s.Worker.add(v.order) {
			http.Error(w, "the queue is full", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Server-Timing", fmt.Sprintf("app;dur=%d", v.to.Sub(v.from).Milliseconds()))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(answer.status)
		// A client that went away has no use for the error.
		_ = json.NewEncoder(w).Encode(answer.body)
	}
}

// obey carries out the fault that the request asks for.
func obey(r *http.Request, v *visit) (reply, bool) {
	kind, value, _ := strings.Cut(r.Header.Get("X-Shop-Fault"), "=")
	switch kind {
	case "":
		return reply{}, false
	case "error":
		v.failure = "asked for by the request: " + r.URL.Path
		return refusal(http.StatusInternalServerError, "Internal Server Error"), true
	case "throttle":
		return refusal(http.StatusTooManyRequests, "slow down"), true
	case "slow":
		ms, err := strconv.Atoi(value)
		if d := time.Duration(ms) * time.Millisecond; err == nil && d >= 0 && d <= slowest {
			time.Sleep(d)
			return reply{}, false
		}
	}
	return refusal(http.StatusBadRequest, fmt.Sprintf("unknown fault %q", kind)), true
}

var goods = []string{"Hand lead, 3 kg", "Lead line, 20 fathoms", "Brass sextant", "Chart of the Skerries",
	"Parallel ruler", "Deck lantern", "Logbook, ruled", "Tarred hemp, 10 m"}

// useDatabase is where a slow one costs time.
func (s *Storefront) useDatabase() {
	if s.Switches.on("slow-db") {
		time.Sleep(slowDatabase)
	}
}

func (s *Storefront) frontPage(*http.Request, *visit) reply {
	s.useDatabase()
	return reply{http.StatusOK, map[string]any{"items": goods}}
}

func (s *Storefront) itemPage(r *http.Request, _ *visit) reply {
	s.useDatabase()
	id, err := strconv.Atoi(r.PathValue("item_id"))
	if err != nil {
		return refusal(http.StatusUnprocessableEntity, "item_id is no number")
	}
	if id < 1 || id > len(goods) {
		return refusal(http.StatusNotFound, "no such item")
	}
	return reply{http.StatusOK, map[string]any{"id": id, "name": goods[id-1]}}
}

func (s *Storefront) cartPage(r *http.Request, _ *visit) reply {
	s.useDatabase()
	s.mu.Lock()
	defer s.mu.Unlock()
	return reply{http.StatusOK, map[string]any{"lines": s.carts[r.Header.Get("X-Customer")]}}
}

func (s *Storefront) addToCart(r *http.Request, _ *visit) reply {
	var line struct {
		ItemID int `json:"item_id"`
	}
	if err := json.NewDecoder(r.Body).Decode(&line); err != nil {
		return refusal(http.StatusUnprocessableEntity, err.Error())
	}
	if line.ItemID < 1 || line.ItemID > len(goods) {
		return refusal(http.StatusNotFound, "no such item")
	}
	s.useDatabase()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.carts) >= maxCarts {
		clear(s.carts) // customers who never come back
	}
	s.carts[r.Header.Get("X-Customer")]++
	return reply{http.StatusCreated, map[string]any{"lines": 1}}
}

func (s *Storefront) checkout(r *http.Request, v *visit) reply {
	if s.breaks() {
		v.failure = "this release cannot charge every card"
		return refusal(http.StatusInternalServerError, "Internal Server Error")
	}
	var order struct {
		Card string `json:"card"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		return refusal(http.StatusUnprocessableEntity, err.Error())
	}
	if !s.hasCart(r.Header.Get("X-Customer")) {
		return refusal(http.StatusConflict, "the basket is empty")
	}
	v.charge = pay(order.Card, s.Switches.on("provider-timeout"))
	switch v.charge.answered {
	case http.StatusPaymentRequired:
		return refusal(http.StatusPaymentRequired, "card declined")
	case http.StatusCreated:
		return s.placeOrder(r.Header.Get("X-Customer"), v)
	}
	return refusal(http.StatusBadGateway, "payments cannot charge")
}

// breaks says whether the release is what makes this checkout fail.
func (s *Storefront) breaks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	return s.Bad && s.asked%2 == 0
}

func (s *Storefront) hasCart(customer string) bool {
	s.useDatabase()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.carts[customer] > 0
}

func (s *Storefront) placeOrder(customer string, v *visit) reply {
	s.useDatabase()
	v.order = &order{}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.carts, customer)
	s.orders++
	return reply{http.StatusCreated, map[string]any{"order_id": s.orders}}
}
