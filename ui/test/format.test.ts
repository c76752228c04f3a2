// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import * as format from '../src/format';

const cases = <I extends unknown[]>(name: string, f: (...input: I) => string, table: [input: I, want: string][]): void =>
  test(name, () => {
    for (const [input, want] of table) assert.equal(f(...input), want, `${name}(${JSON.stringify(input)})`);
  });

cases('target keeps every digit of its decimal text', format.target, [
  [['0.999'], '99.9%'],
  [['0.9995'], '99.95%'],
  [['0.95'], '95%'],
  [['0.9'], '90%'],
  [['0.5'], '50%'],
  [['0.05'], '5%'],
  [['0.005'], '0.5%'],
  [['0.999999999'], '99.9999999%'],
  [['0.9990'], '99.9%'],
  [['.99'], '99%'],
  [['1'], '100%'],
  [['what'], 'what'],
]);

cases('ratio is cut off, never rounded up', format.ratio, [
  [[999_999, 1_000_000, 2], '99.99%'],
  [[1_000_000, 1_000_000, 2], '100.00%'],
  [[999_999_999, 1_000_000_000, 4], '99.9999%'],
  [[9991, 10_000, 2], '99.91%'],
  [[0, 10, 1], '0.0%'],
  [[2, 3, 0], '66%'],
  [[0, 0, 2], 'not measured'],
]);

cases('sli says when nothing stands behind it', format.sli, [
  [[null, null, 2], 'not measured'],
  [[0, 0, 2], 'not measured'],
  [[5, null, 2], 'not measured'],
  [[999, 1, 1], '99.9%'],
]);

cases('share cuts towards zero and keeps what is small visible', format.share, [
  [[null], 'not measured'],
  [[undefined], 'not measured'],
  [[NaN], 'not measured'],
  [[0], '0%'],
  [[0.0004], '< 0.1%'],
  [[-0.0004], '> -0.1%'],
  [[0.9999], '99.9%'],
  [[0.99], '99.0%'],
  [[0.29], '29.0%'],
  [[-0.342], '-34.2%'],
  [[1], '100.0%'],
  [[-24.609], '-2,460%'],
]);

cases('count groups digits and never shows an absent number as 0', format.count, [
  [[null], 'not measured'],
  [[0], '0'],
  [[1_234_567], '1,234,567'],
]);

cases('digitsFor gives two digits more than the target', (text: string) => String(format.digitsFor(text)), [
  [['0.95'], '2'],
  [['0.999'], '3'],
  [['0.9995'], '4'],
  [['0.999999999'], '6'],
  [['0.9'], '2'],
  [['0.9500'], '2'],
]);

cases('burnRate', format.burnRate, [
  [[null], 'not measured'],
  [[0], '0x'],
  [[0.004], '< 0.01x'],
  [[1.234], '1.23x'],
  [[14.4], '14.4x'],
  [[720.6], '721x'],
]);

cases('duration names two units at most', format.duration, [
  [[0.4], '< 1 s'],
  [[45], '45 s'],
  [[125], '2 min 5 s'],
  [[12 * 60 + 30], '12 min'],
  [[3 * 86400 + 4 * 3600 + 59], '3 d 4 h'],
  [[28 * 86400], '28 d'],
]);

cases('millis', format.millis, [
  [[null], 'not measured'],
  [[0], '0.0 ms'],
  [[0.0532], '0.053 ms'],
  [[0.96], '1.0 ms'],
  [[4.26], '4.3 ms'],
  [[120.4], '120 ms'],
  [[1943], '1.94 s'],
  [[12_345], '12 s'],
]);

cases('bytes', format.bytes, [
  [[null], 'not measured'],
  [[0], '0 B'],
  [[1023], '1023 B'],
  [[268_435_456], '256.0 MiB'],
]);
