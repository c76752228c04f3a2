// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chosen, rangeOfGeneration, ruleChange, ruleLines, sums } from '../src/generation';

const rule = (...lines: string[]): string => ['leadline indicator 1', ...lines, ''].join('\n');

test('a rule is read without its format, with durations in words', () => {
  assert.deepEqual(ruleLines(rule('kind latency', 'under 300000000')), ['kind latency', 'under 300 ms']);
  assert.deepEqual(ruleLines(rule('under 1500000000')), ['under 1.5 s']);
  assert.deepEqual(ruleLines(''), []);
});

test('two rules differ by their lines', () => {
  assert.deepEqual(ruleChange(rule('kind latency', 'under 300000000'), rule('kind latency', 'under 500000000')), { gone: ['under 300 ms'], added: ['under 500 ms'] });
  assert.deepEqual(ruleChange(rule('a'), rule('a')), { gone: [], added: [] });
});

test('an address means the newest earlier generation of an indicator', () => {
  const g = (indicator_id: string, from: string, to: string | null) => ({ indicator_id, from, to });
  const all = [g('a', '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'), g('b', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'), g('a', '2026-03-01T00:00:00Z', '2026-04-01T00:00:00Z'), g('c', '2026-04-01T00:00:00Z', null)];
  const slo = { generation: all[3]!, generations: all };
  assert.equal(chosen(slo, null), null);
  assert.equal(chosen(slo, 'c'), null);
  assert.equal(chosen(slo, 'nobody'), null);
  assert.equal(chosen(slo, 'a'), all[2]!);
});

test('a generation longer than one answer shows its end', () => {
  assert.deepEqual(rangeOfGeneration({ indicator_id: 'a', from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }), { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' });
  assert.deepEqual(rangeOfGeneration({ indicator_id: 'a', from: '2020-01-01T00:00:00Z', to: '2026-02-05T00:00:00Z' }), { from: '2025-01-01T00:00:00Z', to: '2026-02-05T00:00:00Z' });
  assert.equal(rangeOfGeneration({ indicator_id: 'a', from: null, to: null }), null);
});

test('steps add up, and nothing measured is not zero', () => {
  const series = { step_seconds: 60, from: '', to: '', timestamps: [1, 2], budget_remaining: [null, null], source: [null, null] };
  assert.equal(sums({ ...series, good: [null, null], bad: [null, null], excluded: [null, null] }), null);
  assert.deepEqual(sums({ ...series, good: [3, null], bad: [1, null], excluded: [0, null] }), { good: 3, bad: 1, excluded: 0 });
});
