// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package operation_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/leadline/leadline/internal/operation"
)

func route(t *testing.T, route string) *operation.Facts {
	return facts(t, []string{"kind server", "http.method = GET", "http.route = " + route})
}

func call(t *testing.T, host string) *operation.Facts {
	return facts(t, []string{"kind client", "http.method = GET", "http.url = http://" + host + "/"})
}

func intern(table *operation.Table, f *operation.Facts) *operation.Entry {
	return table.Intern(f.Identity(), f)
}

func newTable(operations int) *operation.Table {
	c := operation.NewCatalogue(operation.Limits{Operations: operations, Services: 1})
	return c.Table(operation.Service{Name: "shop"})
}

func TestInternReturnsOneEntry(t *testing.T) {
	table := newTable(10)
	a := intern(table, route(t, "/items/{id}"))
	tests := []struct {
		name string
		f    *operation.Facts
		same bool
	}{
		{"again", route(t, "/items/{id}"), true},
		{"another spelling", route(t, "items/<int:id>/"), true},
		{"another operation", route(t, "/items"), false},
		{"ignored", facts(t, []string{"kind internal"}), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := intern(table, test.f) == a; got != test.same {
				t.Errorf("same entry = %t, want %t", got, test.same)
			}
		})
	}
	for i, e := range table.Entries() {
		if e.Number != i {
			t.Errorf("entry %d (%s) has number %d", i, e.Name, e.Number)
		}
	}
}

func TestIgnoredTakesNoRoom(t *testing.T) {
	table := newTable(1)
	for _, lines := range [][]string{{"kind internal"}, {"kind unspecified"}, {"kind server"}, {"kind internal", "asgi.event.type = x"}} {
		if e := intern(table, facts(t, lines)); e.Ignored == operation.NotIgnored {
			t.Errorf("%v is %s, want it ignored", lines, e.Name)
		}
	}
	if e := intern(table, route(t, "/a")); e.Name != "GET /a" {
		t.Errorf("the first operation is %s", e.Name)
	}
}

func TestOverflowKeepsTheKind(t *testing.T) {
	const limit = 10
	table := newTable(limit)
	for i := range 5000 {
		e := intern(table, route(t, fmt.Sprintf("/%d", i)))
		if over := e.Name == operation.Overflow.Name; over != (i >= limit) || e.Kind != operation.HTTP {
			t.Fatalf("operation %d is %s of kind %s", i, e.Name, e.Kind)
		}
	}
	if e := intern(table, call(t, "a.example")); e.Name != operation.Overflow.Name || e.Kind.Entry() {
		t.Errorf("a call beyond the cap is %s, entry point: %t", e.Name, e.Kind.Entry())
	}
	if e := intern(table, route(t, "/3")); e.Name != "GET /3" {
		t.Errorf("a known operation became %s", e.Name)
	}
	// More identities than are remembered: still one name for one operation.
	if e := intern(table, route(t, "3/")); e.Name != "GET /3" {
		t.Errorf("another spelling of a known operation is %s", e.Name)
	}
	if n := len(table.Entries()); n != limit+2 {
		t.Errorf("%d entries, want %d operations and 2 of overflow", n, limit)
	}
}

func TestReservedOperationsAreNeverHidden(t *testing.T) {
	table := newTable(1)
	intern(table, route(t, "/a"))
	checkout := route(t, "/checkout")
	if e := intern(table, checkout); e.Name != operation.Overflow.Name {
		t.Fatalf("beyond the cap: %s", e.Name)
	}
	reserved := table.Reserve(operation.Operation{Name: "GET /checkout", Kind: operation.HTTP})
	if e := intern(table, checkout); e != reserved {
		t.Errorf("after it was reserved: %s", e.Name)
	}
	if again := table.Reserve(reserved.Operation); again != reserved {
		t.Error("reserving twice gave two entries")
	}
	if e := intern(table, route(t, "/b")); e.Name != operation.Overflow.Name {
		t.Errorf("another one beyond the cap: %s", e.Name)
	}
}

func TestServicesAreCapped(t *testing.T) {
	c := operation.NewCatalogue(operation.Limits{Operations: 10, Services: 2})
	service := func(name string) operation.Service { return operation.Service{Name: name} }
	a, b := c.Table(service("a")), c.Table(service("b"))
	if a == b || a.Service.Name != "a" || c.Table(service("a")) != a {
		t.Fatal("two services are not told apart")
	}
	if got := c.Table(service("c")).Service; got != operation.OverflowService {
		t.Errorf("beyond the cap: %s", got)
	}
	if got := c.Reserve(service("d")).Service; got != service("d") || c.Table(service("d")).Service != got {
		t.Errorf("reserved beyond the cap: %s", got)
	}
}

// TestInternConcurrently is for the race detector, and holds that no two
// entries are made of one operation.
func TestInternConcurrently(t *testing.T) {
	const operations, goroutines = 300, 4
	table := newTable(operations / 2)
	all := make([]*operation.Facts, operations)
	for i := range all {
		all[i] = route(t, fmt.Sprintf("/%d", i))
	}
	var seen [goroutines][operations]*operation.Entry
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for n := range operations {
				i := (n*7 + g) % operations
				seen[g][i] = intern(table, all[i])
				if n%100 == 50 {
					table.Reserve(operation.Operation{Name: "GET /reserved", Kind: operation.HTTP})
				}
			}
		})
	}
	wg.Wait()
	for g := 1; g < goroutines; g++ {
		for i := range operations {
			if seen[g][i] != seen[0][i] {
				t.Fatalf("operation %d has two entries: %s and %s", i, seen[g][i].Name, seen[0][i].Name)
			}
		}
	}
}
