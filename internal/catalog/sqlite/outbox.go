// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

package sqlite

import (
	"context"
	"database/sql"

	"github.com/leadline/leadline/internal/catalog"
	"github.com/leadline/leadline/internal/errs"
)

const deliveryColumns = `id, receiver, group_key, reason, content, due, created, state, attempts, attempted, doubtful, finished, error, version, holder, leased`

// Commit implements catalog.OutboxStore.
func (s *Store) Commit(ctx context.Context, c *catalog.Commit) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		done, err := affected(tx.ExecContext(ctx, `UPDATE outbox SET revision = revision + 1 WHERE revision = ?`, c.Revision))
		if err == nil && !done {
			err = errs.New(errs.Conflict, "revision %d of the outbox is not the newest", c.Revision)
		}
		if err != nil {
			return err
		}
		for i := range c.Transitions {
			if err := putTransition(ctx, tx, &c.Transitions[i]); err != nil {
				return err
			}
		}
		for i := range c.Amended {
			if err := amend(ctx, tx, &c.Amended[i]); err != nil {
				return err
			}
		}
		for i := range c.Deliveries {
			if err := putDelivery(ctx, tx, c, &c.Deliveries[i]); err != nil {
				return err
			}
		}
		return putNotifications(ctx, tx, c)
	})
	return s.wrap("commit to the outbox of", err)
}

func putDelivery(ctx context.Context, tx *sql.Tx, c *catalog.Commit, d *catalog.Delivery) (err error) {
	var done bool
	if d.Version == 1 {
		done, err = insertDelivery(ctx, tx, d)
	} else {
		done, err = updateDelivery(ctx, tx, c, d)
	}
	if err == nil && !done {
		err = errs.New(errs.Conflict, "delivery %s is not in the version before %d, or held by another writer", d.ID, d.Version)
	}
	return err
}

// Revision implements catalog.OutboxStore.
func (s *Store) Revision(ctx context.Context) (revision uint64, err error) {
	err = s.db.QueryRowContext(ctx, `SELECT revision FROM outbox`).Scan(&revision)
	return revision, s.wrap("read the revision of", err)
}

func insertDelivery(ctx context.Context, tx *sql.Tx, d *catalog.Delivery) (bool, error) {
	return affected(tx.ExecContext(ctx, `INSERT INTO delivery (`+deliveryColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		d.ID, d.Receiver, d.GroupKey, d.Reason, blob(d.Content), orZero(d.Due), orZero(d.Created), string(d.State),
		d.Attempts, orZero(d.Attempted), d.Doubtful, orZero(d.Finished), d.Error, d.Version, d.Holder, orZero(d.Leased)))
}

// updateDelivery says in its condition what catalog.Delivery.Held does.
func updateDelivery(ctx context.Context, tx *sql.Tx, c *catalog.Commit, d *catalog.Delivery) (bool, error) {
	return affected(tx.ExecContext(ctx, `UPDATE delivery SET receiver = ?, group_key = ?, reason = ?, content = ?, due = ?,
		created = ?, state = ?, attempts = ?, attempted = ?, doubtful = ?, finished = ?, error = ?, version = ?, holder = ?, leased = ?
		WHERE id = ? AND version = ? AND NOT (state = ? AND holder <> ? AND leased > ? AND leased <= ?)`,
		d.Receiver, d.GroupKey, d.Reason, blob(d.Content), orZero(d.Due), orZero(d.Created), string(d.State),
		d.Attempts, orZero(d.Attempted), d.Doubtful, orZero(d.Finished), d.Error, d.Version, d.Holder, orZero(d.Leased),
		d.ID, d.Version-1, string(catalog.Attempting), c.Writer, orZero(c.At), orZero(c.At.Add(catalog.LongestLease))))
}

func putNotifications(ctx context.Context, tx *sql.Tx, c *catalog.Commit) error {
	for i := range c.Forgotten {
		if _, err := tx.ExecContext(ctx, `DELETE FROM notification WHERE receiver = ? AND `+thisAlert+` AND episode = ?`,
			notificationArgs(&c.Forgotten[i])...); err != nil {
			return err
		}
	}
	for i := range c.Notified {
		n := &c.Notified[i]
		if _, err := tx.ExecContext(ctx, `INSERT OR REPLACE INTO notification (receiver, `+alertKey+`, episode, group_key, at, refused)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			append(notificationArgs(&n.NotificationKey), n.GroupKey, orZero(n.At), n.Refused)...); err != nil {
			return err
		}
	}
	return nil
}

func notificationArgs(k *catalog.NotificationKey) []any {
	return append(append([]any{k.Receiver}, alertKeyOf(&k.Alert)...), k.Episode)
}

// Outbox implements catalog.OutboxStore.
func (s *Store) Outbox(ctx context.Context) ([]catalog.Delivery, error) {
	ds, err := deliveries(ctx, s.db, ` WHERE finished = 0 ORDER BY number`)
	return ds, s.wrap("read the outbox of", err)
}

// Deliveries implements catalog.OutboxStore.
func (s *Store) Deliveries(ctx context.Context, receiver string, limit int) ([]catalog.Delivery, error) {
	where, args := ` WHERE receiver = ?`, []any{receiver, limit}
	if receiver == "" {
		where, args = "", args[1:]
	}
	ds, err := deliveries(ctx, s.db, where+` ORDER BY number DESC LIMIT ?`, args...)
	return ds, s.wrap("read deliveries from", err)
}

func deliveries(ctx context.Context, q querier, where string, args ...any) (ds []catalog.Delivery, err error) {
	err = each(ctx, q, func(rows *sql.Rows) error {
		var (
			d                                         catalog.Delivery
			due, created, attempted, finished, leased int64
		)
		err := rows.Scan(&d.ID, &d.Receiver, &d.GroupKey, &d.Reason, &d.Content, &due, &created, &d.State,
			&d.Attempts, &attempted, &d.Doubtful, &finished, &d.Error, &d.Version, &d.Holder, &leased)
		d.Due, d.Created, d.Attempted, d.Finished = fromOrZero(due), fromOrZero(created), fromOrZero(attempted), fromOrZero(finished)
		d.Leased = fromOrZero(leased)
		ds = append(ds, d)
		return err
	}, `SELECT `+deliveryColumns+` FROM delivery`+where, args...)
	return ds, err
}

// Notifications implements catalog.OutboxStore.
func (s *Store) Notifications(ctx context.Context) (ns []catalog.Notification, err error) {
	err = each(ctx, s.db, func(rows *sql.Rows) error {
		var (
			n  catalog.Notification
			at int64
		)
		into := append([]any{&n.Receiver}, places(&n.Alert.Objective)...)
		err := rows.Scan(append(into, &n.Alert.Rule, &n.Alert.Group, &n.Episode, &n.GroupKey, &at, &n.Refused)...)
		n.At = fromOrZero(at)
		ns = append(ns, n)
		return err
	}, `SELECT receiver, `+alertKey+`, episode, group_key, at, refused FROM notification ORDER BY receiver, `+alertKey+`, episode`)
	return ns, s.wrap("read notifications from", err)
}

// Prune implements catalog.OutboxStore.
func (s *Store) Prune(ctx context.Context, p catalog.Prune) error {
	err := s.transact(ctx, func(tx *sql.Tx) error {
		for _, c := range prunings(p) {
			if _, err := tx.ExecContext(ctx, c.statement, c.args...); err != nil {
				return err
			}
		}
		return nil
	})
	return s.wrap("prune", err)
}

type pruning struct {
	statement string
	args      []any
}

func prunings(p catalog.Prune) []pruning {
	return []pruning{
		{`DELETE FROM delivery WHERE finished <> 0 AND finished < ?`, []any{orZero(p.Finished)}},
		{`DELETE FROM delivery WHERE number IN (SELECT number FROM (SELECT number,
			ROW_NUMBER() OVER (PARTITION BY receiver ORDER BY number DESC) AS age FROM delivery WHERE finished <> 0) WHERE age > ?)`,
			[]any{p.KeepDeliveries}},
		{`DELETE FROM transition WHERE at < ?`, []any{orZero(p.Transitions)}},
		{`DELETE FROM transition WHERE (` + alertKey + `, sequence) IN (SELECT ` + alertKey + `, sequence FROM (SELECT ` + alertKey + `, sequence,
			ROW_NUMBER() OVER (PARTITION BY ` + alertKey + ` ORDER BY sequence DESC) AS age FROM transition) WHERE age > ?)`,
			[]any{p.KeepTransitions}},
		{`DELETE FROM silence WHERE ends < ?`, []any{orZero(p.Silences)}},
		{`DELETE FROM alert WHERE "over" <> 0 AND "over" < ? AND (` + alertKey + `) NOT IN (SELECT ` + alertKey + ` FROM notification)
			AND (` + alertKey + `) NOT IN (SELECT ` + alertKey + ` FROM transition)`,
			[]any{orZero(p.Alerts)}},
	}
}
