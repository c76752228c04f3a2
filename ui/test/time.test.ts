// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { follows, instant, opening, orderedAbsolute, parseInstant, rangeProblem, unix, windowSeconds } from '../src/time';

test('windowSeconds', () => {
  assert.equal(windowSeconds('28d'), 2_419_200);
  assert.equal(windowSeconds('90m'), 5400);
  assert.equal(windowSeconds('1w'), 604_800);
  assert.equal(windowSeconds('1h4m17s'), 3857);
  assert.equal(windowSeconds('month'), null);
  assert.equal(windowSeconds(''), null);
});

test('parseInstant takes what a person types', () => {
  assert.equal(parseInstant(' now-6h ', 'utc'), 'now-6h');
  assert.equal(parseInstant('now', 'utc'), 'now');
  assert.equal(parseInstant('2026-11-23', 'utc'), '2026-11-23T00:00:00Z');
  assert.equal(parseInstant('2026-11-23 14:05', 'utc'), '2026-11-23T14:05:00Z');
  assert.equal(parseInstant('2026-11-23T14:05:06+02:00', 'utc'), '2026-11-23T12:05:06Z');
  for (const nonsense of ['', 'yesterday', 'now+6h', 'now-6', 'now-1w', '2026-13-40', '14:05']) assert.equal(parseInstant(nonsense, 'utc'), null, nonsense);
});

test('rangeProblem and orderedAbsolute refuse a range that ends before it starts', () => {
  assert.equal(rangeProblem('now-6h', 'now'), null);
  assert.ok(rangeProblem('now', 'now-6h'));
  assert.ok(rangeProblem('now-1h', 'now-6h'));
  assert.ok(rangeProblem(null, 'now'));
  assert.ok(rangeProblem('now', null));
  assert.equal(orderedAbsolute('2026-11-23T00:00:00Z', '2026-11-22T00:00:00Z'), false);
  assert.equal(orderedAbsolute('2026-11-22T00:00:00Z', 'now'), true);
});

test('a young objective opens with the shortest preset that holds all of it', () => {
  const now = 1_000_000_000;
  assert.equal(opening(now - 600, now, '28d'), '15m');
  assert.equal(opening(now - 1200, now, '28d'), '1h');
  assert.equal(opening(now - 5 * 3600, now, '28d'), '6h');
  assert.equal(opening(now - 3 * 86400, now, '28d'), '3d');
  assert.equal(opening(now - 4 * 86400, now, '28d'), null);
  assert.equal(opening(now - 600, now, '1h'), null);
  assert.equal(opening(now - 60, now, '15m'), null);
  assert.equal(opening(null, now, '28d'), null);
});

test('only a range that ends now follows new data', () => {
  assert.equal(follows({ from: 'now-6h', to: 'now' }), true);
  assert.equal(follows({ from: 'now-6h', to: 'now-1h' }), false);
  assert.equal(follows({ from: '2026-11-22T00:00:00Z', to: 'now' }), false);
});

test('instant says its zone and never uses a 12 hour clock', () => {
  const at = unix('2026-11-23T15:04:05Z');
  assert.equal(instant(at, 'utc'), '2026-11-23 15:04 UTC');
  assert.equal(instant(at, 'utc', 'second'), '2026-11-23 15:04:05 UTC');
  assert.equal(instant(null, 'utc'), 'not known');
  assert.equal(unix('not a time'), null);
  assert.equal(unix('0001-01-01T00:00:00Z'), null);
});
