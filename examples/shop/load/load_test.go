// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package load_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leadline/leadline/examples/shop/load"
)

// fakeShop answers as the shop would, in fake time, and keeps counts of its own.
type fakeShop struct {
	latency time.Duration // of every answer, beside what a fault asks for
	lost    string        // path whose requests get no answer

	mu              sync.Mutex
	silent          bool // payments answer nothing to a good card
	inFlight, peak  int
	served          []string
	byOperationCode map[string]map[int]int64
}

func (s *fakeShop) RoundTrip(r *http.Request) (*http.Response, error) {
	s.enter()
	defer s.leave()
	slept, status := s.decide(r)
	select {
	case <-time.After(s.latency + slept):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	if s.lost != "" && r.URL.Path == s.lost {
		return nil, errors.New("connection reset")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	operation := r.Method + " " + r.URL.Path
	if strings.HasPrefix(r.URL.Path, "/items/") {
		operation = "GET /items/{item_id}"
	}
	if s.byOperationCode == nil {
		s.byOperationCode = map[string]map[int]int64{}
	}
	if s.byOperationCode[operation] == nil {
		s.byOperationCode[operation] = map[int]int64{}
	}
	s.byOperationCode[operation][status]++
	worked := http.Header{"Server-Timing": {fmt.Sprintf("cache;desc=miss, app;dur=%d.5", slept.Milliseconds())}}
	return &http.Response{StatusCode: status, Header: worked, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func (s *fakeShop) enter() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight++
	s.peak = max(s.peak, s.inFlight)
}

func (s *fakeShop) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.inFlight--
}

func (s *fakeShop) decide(r *http.Request) (slept time.Duration, status int) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	s.served = append(s.served, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Shop-Fault")+" "+string(body))
	s.mu.Unlock()
	kind, value, _ := strings.Cut(r.Header.Get("X-Shop-Fault"), "=")
	status = http.StatusOK
	if r.Method == http.MethodPost {
		status = http.StatusCreated
	}
	switch {
	case kind == "error":
		return 0, http.StatusInternalServerError
	case kind == "throttle":
		return 0, http.StatusTooManyRequests
	case kind == "slow":
		slept, _ = time.ParseDuration(value + "ms")
	case strings.HasPrefix(r.URL.Path, "/items/1") && len(r.URL.Path) > len("/items/1"):
		return 0, http.StatusNotFound
	case strings.Contains(string(body), "4000000000000002"):
		return 0, http.StatusPaymentRequired
	case strings.Contains(string(body), "4000000000000119"):
		return 0, http.StatusBadGateway
	case s.silent && r.URL.Path == "/checkout":
		return 0, http.StatusGatewayTimeout
	}
	return slept, status
}

func run(t *testing.T, s *fakeShop, change func(*load.Config)) (load.Totals, error) {
	t.Helper()
	cfg := load.DefaultConfig("http://shop.example")
	cfg.Requests, cfg.Mishaps = 3000, 10
	if change != nil {
		change(&cfg)
	}
	l, err := load.New(&http.Client{Transport: s}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	err = l.Run(t.Context())
	return l.Ledger().Snapshot(), err
}

func TestAChargeWithoutAnAnswerHappenedOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeShop{latency: 5 * time.Millisecond, silent: true}
		got, err := run(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		pay := s.byOperationCode["POST /checkout"]
		want := load.Counts{Good: pay[201], Bad: pay[502], Excluded: pay[402], Unanswered: pay[504]}
		if diff := cmp.Diff(want, got.Objectives["charges-are-answered"]); diff != "" || pay[504] == 0 {
			t.Errorf("charges of %v (-want +got):\n%s", pay, diff)
		}
		failed := load.Counts{Good: pay[201], Bad: pay[500] + pay[502] + pay[504] + pay[429], Excluded: pay[402]}
		if diff := cmp.Diff(failed, got.Objectives["checkout-succeeds"]); diff != "" {
			t.Errorf("checkout-succeeds (-want +got):\n%s", diff)
		}
	})
}

func TestLedgerHoldsWhatTheShopServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeShop{latency: 5 * time.Millisecond}
		got, err := run(t, s, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Requests != 3000 || got.Surprises != 0 || got.Unanswered != 0 {
			t.Errorf("got %d requests, %d surprises, %d unanswered; want 3000, 0, 0", got.Requests, got.Surprises, got.Unanswered)
		}
		if diff := cmp.Diff(byRules(s.byOperationCode), got.Operations); diff != "" {
			t.Errorf("operations (-served +ledger):\n%s", diff)
		}
		pay := s.byOperationCode["POST /checkout"]
		for name, want := range map[string]load.Counts{
			"charges-are-answered": {Good: pay[201], Bad: pay[502], Excluded: pay[402]},
			"card-company-answers": {Good: pay[201], Bad: pay[502], Excluded: pay[402]},
			"parcels-are-shipped":  {Good: pay[201]},
			"customers-are-told":   {Good: pay[201]},
		} {
			if diff := cmp.Diff(want, got.Objectives[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		want := load.Counts{Good: pay[201], Bad: pay[500] + pay[502] + pay[429], Excluded: pay[402]}
		if diff := cmp.Diff(want, got.Objectives["checkout-succeeds"]); diff != "" {
			t.Errorf("checkout-succeeds (-want +got):\n%s", diff)
		}
		if len(pay) != 5 {
			t.Errorf("checkout answered %v; want all five kinds of answer", pay)
		}
	})
}

// byRules counts answers by the product's rules, in other words than the ledger.
func byRules(served map[string]map[int]int64) map[string]load.Counts {
	out := map[string]load.Counts{}
	for operation, codes := range served {
		var c load.Counts
		for code, n := range codes {
			switch {
			case operation == "GET /healthz", code == 402, code == 404:
				c.Excluded += n
			case code == 200, code == 201:
				c.Good += n
			default:
				c.Bad += n
			}
		}
		out[operation] = c
	}
	return out
}

func TestThresholds(t *testing.T) {
	// 201 ms is too near 300 ms to be called fast, and nothing but the time
	// that the shop says it worked is ever called slow.
	for name, tt := range map[string]struct {
		latency                      time.Duration
		fastCertain, goodFastCertain bool
	}{
		"far below":    {latency: 5 * time.Millisecond, fastCertain: true, goodFastCertain: true},
		"just certain": {latency: 200 * time.Millisecond, fastCertain: true, goodFastCertain: true},
		"near 300 ms":  {latency: 201 * time.Millisecond, fastCertain: false, goodFastCertain: true},
		"near 1 s":     {latency: 901 * time.Millisecond, fastCertain: false, goodFastCertain: false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := run(t, &fakeShop{latency: tt.latency}, func(c *load.Config) { c.Concurrency = 200 })
				if err != nil {
					t.Fatal(err)
				}
				fast, both := got.Objectives["checkout-is-fast"], got.Objectives["checkout-good-and-fast"]
				if (fast.Uncertain == 0) != tt.fastCertain {
					t.Errorf("checkout-is-fast: %+v; certain wanted: %v", fast, tt.fastCertain)
				}
				if fast.Bad == 0 || both.Bad == 0 {
					t.Errorf("slow answers are not bad: %+v, %+v", fast, both)
				}
				if tt.goodFastCertain != (both.Good > 0) {
					t.Errorf("checkout-good-and-fast: %+v; some good wanted: %v", both, tt.goodFastCertain)
				}
				all := got.Operations["POST /checkout"]
				if fast.Total() != all.Good+all.Bad || both.Total() != all.Good+all.Bad {
					t.Errorf("totals %d and %d; want %d", fast.Total(), both.Total(), all.Good+all.Bad)
				}
			})
		})
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeShop{latency: 3 * time.Second}
		if _, err := run(t, s, func(c *load.Config) { c.Concurrency, c.Requests = 7, 200 }); err != nil {
			t.Fatal(err)
		}
		if s.peak != 7 {
			t.Errorf("peak of %d requests at once, want 7", s.peak)
		}
	})
}

// TestADayHasItsRhythm sends for two days of 24 minutes, each hour a minute.
func TestADayHasItsRhythm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeShop{}
		cfg := load.DefaultConfig("http://shop.example")
		cfg.Rate, cfg.Day, cfg.Mishaps = 10, 24*time.Minute, 0
		l, err := load.New(&http.Client{Transport: s}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Minute+time.Second)
		defer cancel()
		go l.Run(ctx)
		var sent [49]int64
		for hour := range sent {
			sent[hour] = l.Ledger().Snapshot().Requests
			time.Sleep(time.Minute)
		}
		within := func(what string, got, want int64) {
			if math.Abs(float64(got-want)) > 0.05*float64(want) {
				t.Errorf("%s: %d requests, want about %d", what, got, want)
			}
		}
		within("the first day", sent[24], 24*600)
		within("the second day", sent[48]-sent[24], 24*600)
		within("from two to four in the morning", sent[20]-sent[18], 2*600*15/100)
		within("from two to three in the afternoon", sent[7]-sent[6], 600*175/100)
	})
}

func TestAFlatRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if _, err := run(t, &fakeShop{}, func(c *load.Config) { c.Rate, c.Requests, c.Day = 50, 6000, 0 }); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start).Seconds(); math.Abs(took-120) > 1 {
			t.Errorf("took %.1f s, want about 120 s", took)
		}
	})
}

// TestMishapsOfADay holds the chances against a usual day, and one without any.
func TestMishapsOfADay(t *testing.T) {
	for name, tt := range map[string]struct{ mishaps, atLeast, atMost float64 }{
		"none":  {0, 0, 0},
		"usual": {1, 0.002, 0.008},
		"many":  {10, 0.03, 0.055},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, err := run(t, &fakeShop{}, func(c *load.Config) { c.Mishaps, c.Requests, c.Rate = tt.mishaps, 30_000, 1000 })
				if err != nil {
					t.Fatal(err)
				}
				c := got.Objectives["checkout-succeeds"]
				if share := float64(c.Bad) / float64(c.Good+c.Bad); share < tt.atLeast || share > tt.atMost || c.Excluded == 0 {
					t.Errorf("checkout-succeeds: %+v, a share of %.4f; want %v to %v", c, share, tt.atLeast, tt.atMost)
				}
			})
		})
	}
}

func TestStopFinishesWhatWasStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeShop{latency: 2 * time.Second}
		cfg := load.DefaultConfig("http://shop.example")
		l, err := load.New(&http.Client{Transport: s}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if err := l.Run(ctx); err != nil {
			t.Fatal(err)
		}
		if got := l.Ledger().Snapshot(); got.Requests != int64(len(s.served)) || got.Unanswered != 0 {
			t.Errorf("ledger: %d requests, %d unanswered; the shop served %d", got.Requests, got.Unanswered, len(s.served))
		}
	})
}

// TestRetargetLosesNoRequest moves the load between two shops while it runs:
// the one that was left must not be asked again.
func TestRetargetLosesNoRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old, fresh := &fakeShop{latency: 700 * time.Millisecond}, &fakeShop{}
		cfg := load.DefaultConfig("http://old.example")
		cfg.Requests = 1000
		l, err := load.New(&http.Client{Transport: byHost{"old.example": old, "new.example": fresh}}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- l.Run(t.Context()) }()
		time.Sleep(10 * time.Second)
		if err := l.Retarget(t.Context(), "http://new.example"); err != nil {
			t.Fatal(err)
		}
		before := len(old.served)
		if old.inFlight != 0 || before == 0 {
			t.Errorf("%d of %d requests were still on their way", old.inFlight, before)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		got := l.Ledger().Snapshot()
		if len(old.served) != before || got.Requests != int64(before+len(fresh.served)) || got.Unanswered != 0 {
			t.Errorf("ledger: %d requests, %d unanswered; the old shop served %d and %d, the new one %d",
				got.Requests, got.Unanswered, before, len(old.served)-before, len(fresh.served))
		}
	})
}

// byHost sends a request to the shop that is served under its host.
type byHost map[string]*fakeShop

func (b byHost) RoundTrip(r *http.Request) (*http.Response, error) { return b[r.URL.Host].RoundTrip(r) }

// TestPressBringsMoreCustomers holds the rate against what was asked for, before
// and after.
func TestPressBringsMoreCustomers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shop := &fakeShop{}
		cfg := load.DefaultConfig("http://shop.example")
		cfg.Rate, cfg.Day = 20, 0
		l, err := load.New(&http.Client{Transport: shop}, cfg)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- l.Run(ctx) }()
		time.Sleep(time.Minute)
		usual := l.Ledger().Snapshot().Requests
		l.Press(1.5)
		time.Sleep(time.Minute)
		pressed := l.Ledger().Snapshot().Requests - usual
		stop()
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(usual-1200)) > 2 || math.Abs(float64(pressed-1800)) > 2 {
			t.Errorf("%d requests in a usual minute, %d in one with half as many more; want 1200 and 1800", usual, pressed)
		}
	})
}

// TestSharesAreThoseOfTheLoad counts what a load sends and holds the shares
// against it.
func TestSharesAreThoseOfTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := load.DefaultConfig("http://shop.example")
		got, err := run(t, &fakeShop{}, func(c *load.Config) { *c = cfg; c.Requests = 20_000 })
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for name, share := range load.Shares(cfg) {
			c := got.Operations[name]
			sent := float64(c.Total()+c.Excluded) / float64(got.Requests)
			if math.Abs(sent-share) > 0.01 {
				t.Errorf("%s: %.3f of the requests, the shares say %.3f", name, sent, share)
			}
			sum += share
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("the shares add up to %v", sum)
		}
	})
}

func TestUnansweredIsCountedApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, err := run(t, &fakeShop{lost: "/checkout"}, nil)
		if err == nil || !strings.Contains(err.Error(), "connection reset") {
			t.Errorf("error %v; want the first trouble", err)
		}
		for _, name := range []string{"checkout-succeeds", "checkout-is-fast", "checkout-good-and-fast", "charges-are-answered", "parcels-are-shipped"} {
			if diff := cmp.Diff(load.Counts{Unanswered: got.Unanswered}, got.Objectives[name]); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		if c := got.Objectives["app-checkout-answers"]; c.Unanswered == 0 || c.Unanswered >= got.Unanswered {
			t.Errorf("app-checkout-answers: %+v; want some of the %d", c, got.Unanswered)
		}
	})
}

func TestEqualSeedsPlanEqualVisits(t *testing.T) {
	visits := func(seed uint64) (served []string) {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeShop{}
			if _, err := run(t, s, func(c *load.Config) { c.Seed, c.Concurrency, c.Requests = seed, 1, 500 }); err != nil {
				t.Fatal(err)
			}
			served = s.served
		})
		return served
	}
	if diff := cmp.Diff(visits(7), visits(7)); diff != "" {
		t.Errorf("two runs of one seed differ:\n%s", diff)
	}
	if cmp.Equal(visits(7), visits(8)) {
		t.Error("two seeds plan the same visits")
	}
}

func TestAgrees(t *testing.T) {
	exact := load.Counts{Good: 90, Bad: 7, Excluded: 3}
	for name, tt := range map[string]struct {
		ledger              load.Counts
		good, bad, excluded int64
		want                bool
	}{
		"equal":                     {exact, 90, 7, 3, true},
		"one lost":                  {exact, 89, 7, 3, false},
		"one doubled":               {exact, 90, 8, 3, false},
		"one in the wrong class":    {exact, 89, 8, 3, false},
		"excluded counted as good":  {exact, 91, 7, 2, false},
		"uncertain may be good":     {load.Counts{Good: 5, Uncertain: 2}, 7, 0, 0, true},
		"uncertain may be bad":      {load.Counts{Good: 5, Uncertain: 2}, 5, 2, 0, true},
		"uncertain must be counted": {load.Counts{Good: 5, Uncertain: 2}, 5, 1, 0, false},
		"uncertain counted once":    {load.Counts{Good: 5, Uncertain: 2}, 7, 2, 0, false},
		"unanswered may be missing": {load.Counts{Good: 5, Unanswered: 1}, 5, 0, 0, true},
		"unanswered may be there":   {load.Counts{Good: 5, Unanswered: 1}, 5, 0, 1, true},
		"unanswered is there once":  {load.Counts{Good: 5, Unanswered: 1}, 6, 1, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.ledger.Agrees(tt.good, tt.bad, tt.excluded); got != tt.want {
				t.Errorf("%+v.Agrees(%d, %d, %d) = %v, want %v", tt.ledger, tt.good, tt.bad, tt.excluded, got, tt.want)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	for name, breakIt := range map[string]func(*load.Config){
		"storefront":     func(c *load.Config) { c.Storefront = "shop.example" },
		"no rate":        func(c *load.Config) { c.Rate = 0 },
		"rate NaN":       func(c *load.Config) { c.Rate = math.NaN() },
		"short day":      func(c *load.Config) { c.Day = time.Second },
		"mishaps":        func(c *load.Config) { c.Mishaps = 51 },
		"mishaps NaN":    func(c *load.Config) { c.Mishaps = math.NaN() },
		"requests":       func(c *load.Config) { c.Requests = -1 },
		"concurrency":    func(c *load.Config) { c.Concurrency = 0 },
		"no concurrency": func(c *load.Config) { c.Concurrency = 1001 },
		"timeout":        func(c *load.Config) { c.Timeout = 0 },
	} {
		t.Run(name, func(t *testing.T) {
			c := load.DefaultConfig("http://shop.example")
			if err := c.Validate(); err != nil {
				t.Fatalf("the default is refused: %v", err)
			}
			breakIt(&c)
			if err := c.Validate(); err == nil {
				t.Errorf("%+v is accepted", c)
			}
		})
	}
}
