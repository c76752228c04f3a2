// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Exhaustion } from '../src/alert';
import type { Objective, ObjectiveDetail, State } from '../src/api';
import { budgetLeft, exhaustion, leftText, sentence, severity, states, worstFirst } from '../src/verdict';

const objective = (over: Partial<Objective>): Objective => ({
  name: 'checkout-succeeds', namespace: 'shop', service: 'shop-api', environment: 'production', journey: 'checkout', owner: 'team-checkout', runbook: '',
  indicator: { kind: 'availability', id: 'ab', description: '' }, generation: null, target: '0.999', window: '28d',
  state: 'ok', cause: '', cause_code: '', next_step: '', evaluated_at: null, from: null, to: null,
  sli: 0.9995, good: 99_950, bad: 50, total: 100_000, excluded: 0, budget: { allowed: 100, spent: 50, remaining: 50 },
  burn: [{ window: '1h', rate: 2 }], trust: null, ...over,
});

test('worst first: state, then what is left, unmeasured budgets last of their state', () => {
  const order: [State, number | null][] = [['ok', 10], ['breaching', 80], ['ok', null], ['exhausted', -5], ['breaching', 20], ['no_data', 1]];
  const sorted = order.map(([state, remaining]) => objective({ state, budget: { allowed: 100, spent: 0, remaining } })).sort(worstFirst);
  assert.deepEqual(sorted.map((o) => `${o.state} ${o.budget?.remaining}`), ['breaching 20', 'breaching 80', 'exhausted -5', 'no_data 1', 'ok 10', 'ok null']);
});

test('states stand in the order of slo.State.Worse', () => {
  assert.deepEqual(states, ['breaching', 'exhausted', 'misconfigured', 'at_risk', 'no_data', 'not_measured', 'paused', 'ok']);
});

test('a state this UI does not know never sorts as fine', () => {
  assert.equal(severity('something_new' as State), 0);
  assert.equal(states[states.length - 1], 'ok');
});

test('budgetLeft is a share of the budget, or not known', () => {
  assert.equal(budgetLeft(objective({})), 0.5);
  assert.equal(budgetLeft(objective({ budget: { allowed: 100, spent: 134, remaining: -34 } })), -0.34);
  assert.equal(budgetLeft(objective({ budget: { allowed: null, spent: null, remaining: null } })), null);
  assert.equal(budgetLeft(objective({ budget: null })), null);
  assert.equal(budgetLeft(objective({ budget: { allowed: 0, spent: 0, remaining: 0 } })), null);
  assert.equal(budgetLeft(objective({ budget: { allowed: 0, spent: 1, remaining: -1 } })), -Infinity);
});

test('leftText invents no share where there is none', () => {
  assert.equal(leftText(objective({})), '50.0%');
  assert.equal(leftText(objective({ budget: { allowed: null, spent: null, remaining: null } })), 'not measured');
  assert.equal(leftText(objective({ budget: { allowed: 0, spent: 0, remaining: 0 } })), '0 events');
  assert.equal(leftText(objective({ budget: { allowed: 0, spent: 1, remaining: -1 } })), 'overspent');
});

test('exhaustion is the forecast that the server decided for', () => {
  const evaluated_at = '2026-11-23T06:00:00Z';
  const told = (over: Partial<ObjectiveDetail>) => exhaustion({ ...objective({}), evaluated_at, ...over }, 'utc');
  const of = (state: Exhaustion['state'], at: string | null, window: string): Partial<ObjectiveDetail> => ({ exhaustion: { state, at, window } });
  assert.deepEqual(told(of('expected', '2026-11-30T06:00:00Z', '1h')), { text: 'in 7 d', detail: '2026-11-30 06:00 UTC, if it goes on as in the last 1h' });
  assert.deepEqual(told(of('never', null, '6h')), { text: 'not at all', detail: 'if it goes on as in the last 6h' });
  assert.equal(told({}).text, 'not measured');
  assert.equal(told({ budget: null }).text, 'not measured');
  assert.equal(told({ budget: { allowed: 0, spent: 0, remaining: 0 } }).text, 'no budget yet');
  assert.equal(told({ budget: { allowed: 100, spent: 134, remaining: -34 } }).text, 'spent');
});

test('sentence: evidence, target, what is left', () => {
  assert.equal(sentence(objective({})), '99.950% of 100,000 valid events were good, the target is 99.9% over 28d. 50 more bad events fit into the budget.');
  assert.equal(sentence(objective({ good: 0, bad: 1, budget: { allowed: 0, spent: 1, remaining: -1 } })), '0.000% of 1 valid event was good, the target is 99.9% over 28d. The budget is overspent by 1 event.');
  assert.equal(sentence(objective({ good: 412, bad: 0, budget: { allowed: 0, spent: 0, remaining: 0 } })), '100.000% of 412 valid events were good, the target is 99.9% over 28d. These are too few events to allow a bad one.');
  assert.equal(sentence(objective({ good: null, bad: null })), 'The target is 99.9% over 28d; no valid event stands behind a number yet.');
});
