// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Package load drives the example shop and keeps a ledger of what it caused.
//
// It owns the traffic (seeded visits of customers, faults that the requests
// themselves ask for, the rhythm of a day) and the ledger: what every
// operation answered, and what every objective of the shop's service files must
// therefore count: of the storefront by what customers saw, of the services
// behind it by what must have happened for customers to see that. It knows nothing of telemetry or of Leadline; that is what
// makes its ledger a witness.
//
// Invariants: a request is entered in the ledger once, after its answer was
// read to the end; one without an answer is entered as unanswered, because
// nobody but the shop knows whether it was served. An answer whose duration is
// too near a threshold to be called fast or slow from outside is uncertain, in
// a count of its own. Requests in flight when the load stops are waited for.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Config says what to send, how fast, and when to stop.
type Config struct {
	// Storefront is the shop's address, such as http://127.0.0.1:8000.
	Storefront string
	// Rate is the mean number of requests a second, over a whole day.
	Rate float64
	// Day is how long a day takes: the rate follows its hours, with a quiet
	// night and a busy afternoon. 0 keeps the rate flat.
	Day time.Duration
	// Mishaps is how often customers meet a failure or have to wait: 1 is a
	// usual day, which the shop's objectives allow for, and 0 is none ever.
	Mishaps float64
	// Requests ends the load after so many requests; 0 means no such end.
	Requests int
	// Concurrency bounds the customers who are in the shop at one time.
	Concurrency int
	// Timeout bounds one request, its answer included.
	Timeout time.Duration
	// Seed decides every visit; equal seeds plan equal visits.
	Seed uint64
}

// DefaultConfig returns the load of the demo: about 40 requests a second.
func DefaultConfig(storefront string) Config {
	return Config{
		Storefront: storefront, Rate: 40, Day: 24 * time.Minute, Mishaps: 1,
		Concurrency: 16, Timeout: 15 * time.Second, Seed: 1,
	}
}

// maxMishaps is where more customers would meet one than there are.
const maxMishaps = 50

// Validate names the first setting that makes no sense.
func (c Config) Validate() error {
	switch {
	case !strings.HasPrefix(c.Storefront, "http://") && !strings.HasPrefix(c.Storefront, "https://"):
		return fmt.Errorf("storefront %q: want an http URL", c.Storefront)
	case !(c.Rate > 0 && c.Rate <= 10_000):
		return fmt.Errorf("rate %v: want more than 0 and at most 10000 requests a second", c.Rate)
	case c.Day != 0 && c.Day < 24*time.Second:
		return fmt.Errorf("day %v: want 24s or more, or 0 for a flat rate", c.Day)
	case !(c.Mishaps >= 0 && c.Mishaps <= maxMishaps):
		return fmt.Errorf("mishaps %v: want 0 to %v times the usual", c.Mishaps, maxMishaps)
	case c.Requests < 0:
		return fmt.Errorf("requests %d: want 0 or more", c.Requests)
	case c.Concurrency < 1 || c.Concurrency > 1000:
		return fmt.Errorf("concurrency %d: want 1 to 1000", c.Concurrency)
	case c.Timeout <= 0:
		return fmt.Errorf("timeout %v: want more than 0", c.Timeout)
	}
	return nil
}

// Load is one run of the generator.
type Load struct {
	cfg    Config
	client *http.Client
	ledger *Ledger

	planMu sync.Mutex
	plan   planner

	press atomic.Uint64 // the bits of a float64; 0 before it is set

	movedAt atomic.Int64 // when customers moved last, in ns since 1970
	ending  atomic.Bool  // no more requests are sent

	targetMu sync.Mutex
	target   *target
}

// target is where requests go, and those that are on their way there.
type target struct {
	storefront string
	underWay   sync.WaitGroup
}

// New returns a load that sends through client, whose own limits it replaces
// by none: the configured timeout holds.
func New(client *http.Client, cfg Config) (*Load, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure load: %w", err)
	}
	return &Load{cfg: cfg, client: client, ledger: newLedger(cfg.Seed), plan: newPlanner(cfg), target: &target{storefront: cfg.Storefront}}, nil
}

// Client returns an HTTP client fit for a load of so many customers. It drops
// idle connections long before a server would, because a request that meets a
// closing connection gets no answer and leaves a hole in the ledger.
func Client(concurrency int) *http.Client {
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: concurrency, IdleConnTimeout: 2 * time.Second},
		// A redirect would be a second request under one ledger entry.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Ledger returns the live ledger.
func (l *Load) Ledger() *Ledger { return l.ledger }

// Retarget sends all later requests to another storefront, and returns when the
// old one has answered those that were on their way: it can end then, and no
// customer notices.
func (l *Load) Retarget(ctx context.Context, storefront string) error {
	l.movedAt.Store(time.Now().UnixNano())
	l.targetMu.Lock()
	old := l.target
	l.target = &target{storefront: storefront}
	l.targetMu.Unlock()
	answered := make(chan struct{})
	go func() { old.underWay.Wait(); close(answered) }()
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for the last answers of %s: %w", old.storefront, ctx.Err())
	case <-answered:
		l.client.CloseIdleConnections()
		return nil
	}
}

// begin enters a request among those that are on their way.
func (l *Load) begin() *target {
	l.targetMu.Lock()
	defer l.targetMu.Unlock()
	l.target.underWay.Add(1)
	return l.target
}

// Run sends until ctx ends or the configured number of requests was sent, waits
// for the answers that are still due, and returns.
func (l *Load) Run(ctx context.Context) error {
	turns := make(chan struct{})
	go l.pace(ctx, turns)
	var customers sync.WaitGroup
	for range l.cfg.Concurrency {
		customers.Go(func() { l.visitUntilClosed(turns) })
	}
	customers.Wait()
	if n := l.ledger.Snapshot().Unanswered; n > 0 {
		return fmt.Errorf("drive %s: %d requests got no answer; the first: %w", l.cfg.Storefront, n, l.ledger.firstTrouble())
	}
	return nil
}

// pace hands out one turn per request and closes turns at the end. When the
// shop cannot keep up, at most a second's turns are made up for: a longer
// backlog sent at once would measure the backlog.
func (l *Load) pace(ctx context.Context, turns chan<- struct{}) {
	defer close(turns)
	defer l.ending.Store(true)
	start := time.Now()
	due := start
	timer := time.NewTimer(0)
	defer timer.Stop()
	for sent := 0; l.cfg.Requests == 0 || sent < l.cfg.Requests; sent++ {
		timer.Reset(time.Until(due))
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		select {
		case <-ctx.Done():
			return
		case turns <- struct{}{}:
		}
		due = due.Add(l.gap(time.Since(start)))
		if now := time.Now(); now.Sub(due) > time.Second {
			due = now
		}
	}
}

// Press makes the rate so many times what it would be, from now on: more
// customers than usual come, such as those who could not buy before.
func (l *Load) Press(times float64) { l.press.Store(math.Float64bits(times)) }

func (l *Load) pressed() float64 {
	if bits := l.press.Load(); bits != 0 {
		return math.Float64frombits(bits)
	}
	return 1
}

// gap is the time between two requests when the load has run for elapsed.
func (l *Load) gap(elapsed time.Duration) time.Duration {
	return time.Duration(float64(time.Second) / (l.cfg.Rate * l.cfg.busy(elapsed) * l.pressed()))
}

// visitUntilClosed lets one customer after another walk through the shop.
func (l *Load) visitUntilClosed(turns <-chan struct{}) {
	for {
		for _, r := range l.nextVisit() {
			if _, open := <-turns; !open {
				return
			}
			l.send(r)
		}
	}
}

func (l *Load) nextVisit() []request {
	l.planMu.Lock()
	defer l.planMu.Unlock()
	return l.plan.visit()
}

// send is not given the run's context: a request that was started is finished,
// else the shop would have served what the ledger does not know.
func (l *Load) send(r request) {
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.Timeout)
	defer cancel()
	to := l.begin()
	defer to.underWay.Done()
	a, err := l.answer(ctx, to.storefront, r)
	if err != nil {
		l.ledger.unanswered(r, err, reason(err, l.cfg.Timeout), l.phase(time.Now()))
		return
	}
	l.ledger.enter(r, a)
}

// maxAnswer bounds what is read of one answer; the shop's pages are far smaller.
const maxAnswer = 1 << 20

func (l *Load) answer(ctx context.Context, storefront string, r request) (answer, error) {
	req, err := r.http(ctx, storefront)
	if err != nil {
		return answer{}, err
	}
	start := time.Now()
	resp, err := l.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && n > maxAnswer {
		err = errors.New("answer is longer than 1 MiB")
	}
	if err != nil {
		return answer{}, fmt.Errorf("read answer to %s %s: %w", r.method, r.path, err)
	}
	return answer{status: resp.StatusCode, took: time.Since(start), worked: worked(resp.Header)}, nil
}
