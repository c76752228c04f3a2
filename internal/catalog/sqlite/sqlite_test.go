// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/catalog/catalogtest"
	"github.com/leadline/leadline/internal/catalog/sqlite"
	"github.com/leadline/leadline/internal/errs"
	"github.com/leadline/leadline/internal/operation"
	"github.com/leadline/leadline/internal/slo"
)

// path returns a file for a catalog, in a directory with a difficult name.
func path(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "data ?#%20é")
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "catalog.db")
}

func open(t *testing.T, file string) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func opener(t *testing.T) catalogtest.Opener {
	file := path(t)
	return func() (catalog.Store, error) {
		s, err := sqlite.Open(context.Background(), file)
		if err != nil {
			return nil, err
		}
		return s, nil
	}
}

func TestConformance(t *testing.T) { catalogtest.Run(t, opener) }

// The stores that are broken on purpose; each must be found out.
type (
	restless  struct{ catalog.Store } // opens a generation for what has not changed
	forgetful struct{ catalog.Store } // drops a generation that ended
	sloppy    struct{ catalog.Store } // loses the old text's successor
	stubborn  struct{ catalog.Store } // never forgets a file
)

func (s restless) Reconcile(ctx context.Context, cs []catalog.Current, at time.Time) ([]catalog.Change, error) {
	if _, err := s.Store.Reconcile(ctx, nil, at); err != nil {
		return nil, err
	}
	return s.Store.Reconcile(ctx, cs, at)
}

func (s forgetful) Generations(ctx context.Context, k slo.Key) ([]catalog.Generation, error) {
	gs, err := s.Store.Generations(ctx, k)
	if len(gs) > 1 {
		gs = gs[len(gs)-1:]
	}
	return gs, err
}

func (s sloppy) SaveDefinition(ctx context.Context, d catalog.Definition) error {
	all, err := s.LastGood(ctx)
	for _, old := range all {
		if old.Path == d.Path {
			return err
		}
	}
	return s.Store.SaveDefinition(ctx, d)
}

func (stubborn) ForgetDefinition(context.Context, string) error { return nil }

type (
	halfway    struct{ catalog.Store } // commits the parts one after the other
	obliging   struct{ catalog.Store } // takes the second writer's change too
	unordered  struct{ catalog.Store } // returns the outbox by receiver
	careless   struct{ catalog.Store } // forgets what receivers were told
	rigid      struct{ catalog.Store } // does not amend alerts
	optimistic struct{ catalog.Store } // takes any version of a delivery
	thorough   struct{ catalog.Store } // prunes alerts whose end is still to be told
	eternal    struct{ catalog.Store } // never prunes
	fixed      struct{ catalog.Store } // never changes a silence
	hasty      struct{ catalog.Store } // lets everybody attempt what another holds
	fleeting   struct{ catalog.Store } // forgets who holds a delivery
	unaware    struct{ catalog.Store } // does not look whether another was first
)

func (s halfway) Commit(ctx context.Context, c *catalog.Commit) error {
	for i, part := range []catalog.Commit{
		{Transitions: c.Transitions, Amended: c.Amended}, {Notified: c.Notified, Forgotten: c.Forgotten}, {Deliveries: c.Deliveries},
	} {
		part.Writer, part.At, part.Revision = c.Writer, c.At, c.Revision+uint64(i)
		if err := s.Store.Commit(ctx, &part); err != nil {
			return err
		}
	}
	return nil
}

func (s obliging) Commit(ctx context.Context, c *catalog.Commit) error {
	as, err := s.Alerts(ctx)
	if err != nil {
		return err
	}
	for i := range c.Transitions {
		for _, a := range as {
			if t := &c.Transitions[i]; a.Key == t.Alert.Key {
				t.Alert.Sequence = max(t.Alert.Sequence, a.Sequence+1)
			}
		}
	}
	return s.Store.Commit(ctx, c)
}

func (s unordered) Outbox(ctx context.Context) ([]catalog.Delivery, error) {
	ds, err := s.Store.Outbox(ctx)
	slices.SortStableFunc(ds, func(a, b catalog.Delivery) int { return strings.Compare(a.Receiver, b.Receiver) })
	return ds, err
}

func (s rigid) Commit(ctx context.Context, c *catalog.Commit) error {
	part := *c
	part.Amended = nil
	return s.Store.Commit(ctx, &part)
}

func (s careless) Commit(ctx context.Context, c *catalog.Commit) error {
	part := *c
	part.Notified = nil
	return s.Store.Commit(ctx, &part)
}

func (s optimistic) Commit(ctx context.Context, c *catalog.Commit) error {
	ds, err := s.Deliveries(ctx, "", 100)
	if err != nil {
		return err
	}
	for i := range c.Deliveries {
		for _, d := range ds {
			if d.ID == c.Deliveries[i].ID {
				c.Deliveries[i].Version = d.Version + 1
			}
		}
	}
	return s.Store.Commit(ctx, c)
}

func (s thorough) Prune(ctx context.Context, p catalog.Prune) error {
	ns, err := s.Notifications(ctx)
	if err != nil {
		return err
	}
	var c catalog.Commit
	if c.Revision, err = s.Revision(ctx); err != nil {
		return err
	}
	for _, n := range ns {
		c.Forgotten = append(c.Forgotten, n.NotificationKey)
	}
	if err := s.Store.Commit(ctx, &c); err != nil {
		return err
	}
	return s.Store.Prune(ctx, p)
}

func (eternal) Prune(context.Context, catalog.Prune) error { return nil }

func (s fixed) SaveSilence(ctx context.Context, c catalog.Silence) error {
	all, err := s.Silences(ctx)
	if slices.ContainsFunc(all, func(old catalog.Silence) bool { return old.ID == c.ID }) {
		return err
	}
	return s.Store.SaveSilence(ctx, c)
}

type (
	tidy       struct{ catalog.Store } // keeps no correction that was withdrawn
	generous   struct{ catalog.Store } // gives an entry whatever number is next
	agreeable  struct{ catalog.Store } // takes a second withdrawal
	persistent struct{ catalog.Store } // enters whoever has gone
)

func (s tidy) Ledger(ctx context.Context) ([]catalog.Entry, error) {
	all, err := s.Store.Ledger(ctx)
	withdrawn := catalog.Withdrawn(all)
	return slices.DeleteFunc(all, func(e catalog.Entry) bool { return withdrawn[e.ID] > 0 }), err
}

func (s generous) Enter(ctx context.Context, e catalog.Entry) error {
	all, err := s.Ledger(ctx)
	if err != nil {
		return err
	}
	e.ID = int64(len(all)) + 1
	return s.Store.Enter(ctx, e)
}

func (s agreeable) Enter(ctx context.Context, e catalog.Entry) error {
	all, err := s.Ledger(ctx)
	if err != nil || catalog.Withdrawn(all)[e.Withdraws] > 0 {
		return err
	}
	return s.Store.Enter(ctx, e)
}

func (s persistent) Enter(ctx context.Context, e catalog.Entry) error {
	return s.Store.Enter(context.WithoutCancel(ctx), e)
}

func (s hasty) Commit(ctx context.Context, c *catalog.Commit) error {
	part := *c
	part.At = part.At.Add(time.Hour)
	return s.Store.Commit(ctx, &part)
}

func (s fleeting) Commit(ctx context.Context, c *catalog.Commit) error {
	part := *c
	part.Deliveries = slices.Clone(c.Deliveries)
	for i := range part.Deliveries {
		part.Deliveries[i].Holder = ""
	}
	return s.Store.Commit(ctx, &part)
}

func (s unaware) Commit(ctx context.Context, c *catalog.Commit) (err error) {
	part := *c
	if part.Revision, err = s.Revision(ctx); err != nil {
		return err
	}
	return s.Store.Commit(ctx, &part)
}

func TestBrokenStoresAreFound(t *testing.T) {
	for _, c := range []struct {
		name   string
		breaks func(catalog.Store) catalog.Store
		clause string
	}{
		{"restless", func(s catalog.Store) catalog.Store { return restless{s} }, "an unchanged objective is left alone"},
		{"forgetful", func(s catalog.Store) catalog.Store { return forgetful{s} }, "a changed rule starts another generation"},
		{"sloppy", func(s catalog.Store) catalog.Store { return sloppy{s} }, "definitions are kept until they are forgotten"},
		{"stubborn", func(s catalog.Store) catalog.Store { return stubborn{s} }, "definitions are kept until they are forgotten"},
		{"halfway", func(s catalog.Store) catalog.Store { return halfway{s} }, "a change and what it causes are one transaction"},
		{"obliging", func(s catalog.Store) catalog.Store { return obliging{s} }, "the second writer of a change is refused"},
		{"unordered", func(s catalog.Store) catalog.Store { return unordered{s} }, "the outbox is in order of first commits"},
		{"rigid", func(s catalog.Store) catalog.Store { return rigid{s} }, "an alert is amended until it goes on"},
		{"careless", func(s catalog.Store) catalog.Store { return careless{s} }, "notifications are kept until they are forgotten"},
		{"optimistic", func(s catalog.Store) catalog.Store { return optimistic{s} }, "an outdated version of a delivery is refused"},
		{"thorough", func(s catalog.Store) catalog.Store { return thorough{s} }, "pruning removes what is over and nothing else"},
		{"eternal", func(s catalog.Store) catalog.Store { return eternal{s} }, "pruning keeps the newest"},
		{"tidy", func(s catalog.Store) catalog.Store { return tidy{s} }, "a correction is withdrawn once, and stays"},
		{"generous", func(s catalog.Store) catalog.Store { return generous{s} }, "entries are numbered one after the other"},
		{"agreeable", func(s catalog.Store) catalog.Store { return agreeable{s} }, "a correction is withdrawn once, and stays"},
		{"persistent", func(s catalog.Store) catalog.Store { return persistent{s} }, "a failed entry changes nothing"},
		{"hasty", func(s catalog.Store) catalog.Store { return hasty{s} }, "a delivery that is being attempted is held until its lease ends"},
		{"fleeting", func(s catalog.Store) catalog.Store { return fleeting{s} }, "a delivery that is being attempted is held until its lease ends"},
		{"unaware", func(s catalog.Store) catalog.Store { return unaware{s} }, "a commit that was made of an older revision is refused"},
		{"fixed", func(s catalog.Store) catalog.Store { return fixed{s} }, "silences are kept as they were saved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := catalogtest.Check(func() catalogtest.Opener {
				sound := opener(t)
				return func() (catalog.Store, error) {
					s, err := sound()
					return c.breaks(s), err
				}
			})
			if found[c.clause] == nil {
				t.Errorf("clause %q holds for a broken store; found %v", c.clause, found)
			}
		})
	}
}

func TestDamagedFile(t *testing.T) {
	sound := path(t)
	s := open(t, sound)
	for i := range 200 {
		d := catalog.Definition{Path: fmt.Sprintf("%d.yaml", i), Content: make([]byte, 2000)}
		if err := s.SaveDefinition(t.Context(), d); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(sound)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		damage func([]byte) []byte
	}{
		{"another file", func([]byte) []byte { return []byte(strings.Repeat("not a database\n", 1000)) }},
		{"a damaged page", func(b []byte) []byte { copy(b[8192:], strings.Repeat("\xff", 4096)); return b }},
		{"a file cut short", func(b []byte) []byte { return b[:len(b)/2] }},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := path(t)
			if err := os.WriteFile(file, c.damage(append([]byte(nil), content...)), 0o666); err != nil {
				t.Fatal(err)
			}
			_, err := sqlite.Open(t.Context(), file)
			if err == nil || !strings.Contains(err.Error(), file) {
				t.Fatalf("got %v, want an error that names %s", err, file)
			}
			if hint := errs.HintOf(err); !strings.Contains(hint, "backup") {
				t.Errorf("hint %q says nothing about a backup (error: %v)", hint, err)
			}
		})
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	file := path(t)
	if err := open(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), file)
	if got := errs.KindOf(err); got != errs.Unsupported || errs.HintOf(err) == "" {
		t.Errorf("got %v of kind %s, want unsupported with a hint", err, got)
	}
}

// TestTheLedgerIsNotEdited tries it with SQL.
func TestTheLedgerIsNotEdited(t *testing.T) {
	file := filepath.Join(t.TempDir(), "catalog.db")
	s := open(t, file)
	e := catalog.Entry{Correction: slo.Correction{ID: 1, Kind: slo.ExcludeAll, Author: "ada", Reason: "ours"}}
	if err := s.Enter(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, edit := range []string{`UPDATE correction SET author = 'eve'`, `DELETE FROM correction`} {
		if _, err := db.Exec(edit); err == nil || !strings.Contains(err.Error(), "entries of the ledger do not") {
			t.Errorf("%s: got %v", edit, err)
		}
	}
}

func TestNoDirectory(t *testing.T) {
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "absent", "catalog.db"))
	if err == nil || errs.HintOf(err) == "" {
		t.Errorf("got %v, want an error with a hint", err)
	}
}

// TestManyAtOnce reconciles and reads from several goroutines: nobody fails,
// and every objective ends with one running generation.
func TestManyAtOnce(t *testing.T) {
	s := open(t, path(t))
	defer s.Close()
	key := slo.Key{Service: operation.Service{Name: "shop"}, Name: "api-up"}
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			c := catalog.Current{Objective: key, Indicator: "a1"}
			if i%2 == 0 {
				c.Indicator = "a2"
			}
			if _, err := s.Reconcile(context.Background(), []catalog.Current{c}, at); err != nil {
				t.Error(err)
			}
			if gs, err := s.Running(context.Background()); err != nil || len(gs) != 1 {
				t.Errorf("running: got %v %v, want one", gs, err)
			}
		})
	}
	wg.Wait()
}
