// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Series } from '../src/api';
import { burnDown, evenSpend, lowestDrawn, spans, stepShare } from '../src/charts/steps';

const at = (hours: number): string => new Date(hours * 3600e3).toISOString();

/** Hourly steps that end at 1 h, 2 h, ... after the epoch. */
const hourly = (bad: (number | null)[], good: (number | null)[] = bad.map(() => 10)): Series => ({
  step_seconds: 3600, from: at(0), to: at(bad.length), timestamps: bad.map((_, i) => (i + 1) * 3600), good, bad, excluded: [], budget_remaining: [], source: [],
});

const budget = (allowed: number | null, remaining: number | null) => ({ allowed, spent: null, remaining });

test('the burn-down ends on the evaluation and walks back over the bad events', () => {
  const got = burnDown(hourly([1, 2, 0, 3]), { budget: budget(10, 4), from: at(0), to: at(4) });
  assert.deepEqual(got, [0.9, 0.7, 0.7, 0.4]);
});

test('steps outside the window have no burn-down', () => {
  const got = burnDown(hourly([5, 5, 2, 3, 1]), { budget: budget(10, 5), from: at(2), to: at(4) });
  assert.deepEqual(got, [null, null, 0.8, 0.5, null]);
});

test('an unmeasured step spends nothing', () => {
  assert.deepEqual(burnDown(hourly([1, null, 1]), { budget: budget(4, 2), from: at(0), to: at(3) }), [0.75, 0.75, 0.5]);
});

test('a range that ends before the window, or no budget, draws nothing', () => {
  const none = [null, null];
  assert.deepEqual(burnDown(hourly([1, 1]), { budget: budget(10, 8), from: at(0), to: at(4) }), none);
  assert.deepEqual(burnDown(hourly([1, 1]), { budget: budget(0, -2), from: at(0), to: at(2) }), none);
  assert.deepEqual(burnDown(hourly([1, 1]), { budget: budget(null, null), from: at(0), to: at(2) }), none);
  assert.deepEqual(burnDown(hourly([1, 1]), { budget: budget(10, 8), from: null, to: null }), none);
});

test('a step without valid events has no share', () => {
  const series = hourly([1, 0, null], [3, 0, null]);
  assert.deepEqual([0, 1, 2].map((i) => stepShare(series, i)), [0.75, null, null]);
});

test('spans finds every run', () => {
  assert.deepEqual(spans([1, 0, 1, 1, 0, 1], (v) => v === 1), [[0, 0], [2, 3], [5, 5]]);
  assert.deepEqual(spans([], () => true), []);
});

test('an even spend goes from all to nothing and exists only inside the window', () => {
  assert.deepEqual(evenSpend([1, 2, 4, 6, 7], 2, 4), [null, 1, 0.5, 0, null]);
  assert.deepEqual(evenSpend([1], null, 4), [null]);
});

test('the axis of a budget shows where the line ends', () => {
  for (const [name, left, want] of [
    ['nothing overspent', [1, null, 0.5], 0],
    ['a little', [1, -1, 0.2], -1.1],
    ['far for a while, as early in a window', [-30, 0.2, 0.5], -2],
    ['far at the end', [0.5, -2, -10, null], -11],
    ['less far at the end than before', [-40, -10], -11],
    ['nothing measured', [null, null], 0],
  ] as [string, (number | null)[], number][]) {
    assert.ok(Math.abs(lowestDrawn(left, []) - want) < 1e-9, name);
  }
});
