// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { nines, shareLabel } from '../src/charts/nines';

const targets = [0.5, 0.9, 0.95, 0.99, 0.999, 0.9995, 0.99999, 0.999999999];

test('the nines axis is finite and grows strictly with the share', () => {
  for (const target of targets) {
    const scale = nines(target);
    const shares = [0, 0.1, 0.5, 0.9, 0.99, 0.999, 1];
    const at = shares.map(scale.at);
    at.forEach((y, i) => assert.ok(Number.isFinite(y) && (i === 0 || y > at[i - 1]!), `target ${target}, share ${shares[i]}`));
  }
});

test('the target is always labelled, 100% whenever it is in view, and ticks keep their distance', () => {
  for (const target of targets) {
    const scale = nines(target);
    const [min, max] = [scale.at(1 - 4 * (1 - target)), scale.at(1)];
    for (const most of [3, 5, 8]) {
      const ticks = scale.ticks(min, max, most);
      assert.ok(ticks.includes(target));
      assert.ok(ticks.includes(1));
      ticks.slice(1).forEach((share, i) => assert.ok(scale.at(share) - scale.at(ticks[i]!) >= (max - min) / most - 1e-9));
    }
  }
});

test('shareLabel is short and exact', () => {
  assert.equal(shareLabel(0.9995), '99.95%');
  assert.equal(shareLabel(1), '100%');
  assert.equal(shareLabel(0.999999999), '99.9999999%');
});
