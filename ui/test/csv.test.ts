// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cell, csv, fileName } from '../src/charts/csv';

test('cells: quoted where needed, formulas disarmed, unmeasured is empty', () => {
  for (const [value, want] of [[null, ''], [undefined, ''], [0, '0'], [0.25, '0.25'], [-1.5, '-1.5'], ['a,b', '"a,b"'], ['say "no"', '"say ""no"""'], ['=1+1', "'=1+1"], ['-x', "'-x"], ['two\nlines', '"two\nlines"']] as const) {
    assert.equal(cell(value), want);
  }
});

test('a file has a head and a line for each row', () => {
  assert.equal(csv(['step_end', 'SLI'], [['2026-11-23T06:00:00Z', 0.5], ['2026-11-23T07:00:00Z', null]]), 'step_end,SLI\r\n2026-11-23T06:00:00Z,0.5\r\n2026-11-23T07:00:00Z,\r\n');
});

test('a name that every file system takes', () => {
  assert.equal(fileName(['shop-api', 'POST /checkout', 'Burn rate'], 'csv'), 'shop-api-post-checkout-burn-rate.csv');
});
