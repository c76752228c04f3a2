// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apart, logAxis, logTicks, onAxis } from '../src/charts/logaxis';

test('the axis holds every threshold and every rate, and has no zero', () => {
  for (const [rates, thresholds, min, most] of [
    [[], [], 0.1, 1],
    [[[null, 0, 0.2]], [13.44, 5.6, 2.8, 1], 0.1, 13.44],
    [[[900, null]], [13.44], 0.1, 900],
    // A threshold near the usual floor gets a decade below it.
    [[[0]], [0.3], 0.01, 1],
    [[[Infinity, NaN]], [2], 0.1, 2],
  ] as [(number | null)[][], number[], number, number][]) {
    const axis = logAxis(rates, thresholds);
    assert.ok(Math.abs(axis.min - min) < 1e-12, `${axis.min}`);
    assert.ok(axis.max > most && Number.isFinite(axis.max), `${axis.max}`);
  }
});

test('rates off the axis lie on its edges, unmeasured ones nowhere', () => {
  const axis = { min: 0.1, max: 100 };
  assert.deepEqual([null, undefined, NaN, 0, 0.02, 0.1, 3, 100, 2000].map((r) => onAxis(axis, r)), [null, null, null, 0.1, 0.1, 0.1, 3, 100, 100]);
});

test('ticks: 1-2-5 where there is room, else decades, else fewer', () => {
  assert.deepEqual(logTicks({ min: 0.1, max: 25 }, 20), [0.1, 0.2, 0.5, 1, 2, 5, 10, 20]);
  assert.deepEqual(logTicks({ min: 0.1, max: 25 }, 4), [0.1, 1, 10]);
  assert.deepEqual(logTicks({ min: 0.1, max: 12_000 }, 3), [0.1, 10, 1000]);
  assert.deepEqual(logTicks({ min: 0.01, max: 3 }, 3), [0.01, 0.1, 1]);
});

test('labels move apart, in their order, within the ends', () => {
  assert.deepEqual(apart([10, 50], 14, 0, 100), [10, 50]);
  assert.deepEqual(apart([50, 10], 14, 0, 100), [50, 10]);
  assert.deepEqual(apart([10, 12, 14], 14, 0, 100), [10, 24, 38]);
  assert.deepEqual(apart([95, 97, 99], 14, 0, 100), [72, 86, 100]);
  assert.deepEqual(apart([-5], 14, 7, 100), [7]);
  assert.deepEqual(apart([], 14, 0, 100), []);
});
