// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { barHeight, partsOf, sparkOf } from '../src/trend';
import type { Trend } from '../src/trend';

const trend = (over: Partial<Trend>): Trend => ({
  name: 'up', namespace: '', service: 'shop-api', environment: '', unit: 'events', from: '2026-11-20T00:00:00Z', to: '2026-11-24T00:00:00Z', step_seconds: 86400,
  good: [1000, 989, null, 980], bad: [0, 11, null, 20], backfilled: [], ...over,
});

test('a part is the share of the whole budget that it spent, below when it is worse than the target', () => {
  // 3,000 valid events at 99% allow 30 bad ones.
  assert.deepEqual(partsOf(trend({}), '0.99'), [
    { share: 0, below: false, backfilled: false },
    { share: 11 / 30, below: true, backfilled: false },
    null,
    { share: 20 / 30, below: true, backfilled: false },
  ]);
  assert.equal(partsOf(trend({ good: [999], bad: [1] }), '0.999')[0]!.below, false, 'exactly at the target is not below it');
  assert.equal(partsOf(trend({ good: [0], bad: [1] }), '1')[0]!.share, Infinity);
});

test('a part that touches what was back-filled is marked', () => {
  const filled = partsOf(trend({ backfilled: [{ from: '2026-11-20T06:00:00Z', to: '2026-11-21T00:00:00Z' }] }), '0.99');
  assert.deepEqual(filled.map((p) => p?.backfilled), [true, false, undefined, false]);
});

test('bars are as high as what was spent, never invisible and never higher than the picture', () => {
  assert.deepEqual([0, 0.0001, 1 / 28, 0.25, 4, Infinity].map(barHeight), [0, 2, 7, 18, 18, 18]);
});

test('what was not measured is not drawn', () => {
  const { paths, width } = sparkOf(trend({}), '0.99', 'utc');
  assert.equal(width, 20);
  assert.deepEqual(paths.map((p) => p.look), ['base', 'below']);
  assert.equal(paths[0]!.d, 'M0 19.5h5M5 19.5h5M15 19.5h5');
  assert.deepEqual(sparkOf(trend({ good: [], bad: [] }), '0.99', 'utc').paths, []);
});

test('the picture is told in a sentence', () => {
  const told = (over: Partial<Trend>) => sparkOf(trend(over), '0.99', 'utc').title;
  assert.equal(told({}), '2 of 3 parts of 1 d below the target; the most spent at once was 66.6% of the budget, from 2026-11-23 00:00 UTC; 1 part without events.');
  assert.equal(told({ good: [10, 10, null, null], bad: [0, 0, null, null], to: '2026-11-22T00:00:00Z' }), 'No part of 1 d below the target.');
  assert.equal(told({ good: [10], bad: [0], to: '2026-11-20T12:00:00Z', backfilled: [{ from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' }] }), 'No part of 1 d below the target; all of it back-filled.');
  assert.equal(told({ good: [null], bad: [null] }), 'Nothing was measured in this window.');
});
