// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { Alert } from '../src/alert';
import type { Objective, State } from '../src/api';
import { choices, facets, filterOf, grouped, headline, matches, narrowings } from '../src/fleet';

const objective = (over: Partial<Objective>): Objective => ({
  name: 'checkout-succeeds', namespace: 'shop', service: 'shop-api', environment: 'production', journey: 'checkout', owner: 'team-checkout', runbook: '',
  indicator: { kind: 'availability', id: 'ab', description: '' }, generation: null, target: '0.999', window: '28d',
  state: 'ok', cause: '', cause_code: '', next_step: '', evaluated_at: null, from: null, to: null,
  sli: 0.9995, good: 99_950, bad: 50, total: 100_000, excluded: 0, budget: { allowed: 100, spent: 50, remaining: 50 },
  burn: [{ window: '1h', rate: 2 }], trust: null, ...over,
});
const filter = (text: string) => filterOf(new URLSearchParams(text));
const facet = (key: string) => facets.find((f) => f.key === key)!;

test('filters join, search takes every word, and one of them can be left out', () => {
  const o = objective({});
  for (const [text, want] of [['', true], ['q=SHOP+checkout', true], ['q=shop+mailer', false], ['state=breaching', false], ['state=breaching,ok', true], ['service=mailer', false],
    ['team=team-checkout&journey=checkout&environment=production', true], ['journey=-', false]] as const) {
    assert.equal(matches(o, filter(text)), want, text);
  }
  assert.equal(matches(o, filter('state=breaching&team=x'), 'state'), false);
  assert.equal(matches(o, filter('state=breaching'), 'state'), true);
  assert.equal(matches(objective({ journey: '' }), filter('journey=-')), true);
});

test('choices count what each would show under the other filters', () => {
  const all = [objective({}), objective({ owner: 'team-b' }), objective({ owner: '', service: 'mailer' })];
  assert.deepEqual(choices(facet('team'), all, filter('')).map((c) => `${c.label} ${c.n}`), ['team-b 1', 'team-checkout 1', 'no team 1']);
  assert.deepEqual(choices(facet('team'), all, filter('service=mailer&team=gone')).map((c) => `${c.label} ${c.n}`), ['gone 0', 'no team 1']);
});

test('each narrowing is said, and takes only itself away', () => {
  assert.deepEqual(narrowings(filter('state=breaching,ok&journey=-&team=a&q=x')), [
    { label: 'Breaching', without: { state: 'ok' } },
    { label: 'OK', without: { state: 'breaching' } },
    { label: 'Team a', without: { team: null } },
    { label: 'no journey', without: { journey: null } },
    { label: '“x”', without: { q: null } },
  ]);
});

test('groups stand by their worst, objectives without one together', () => {
  const all = [objective({ service: 'a' }), objective({ service: 'b', state: 'breaching' }), objective({ service: 'b' }), objective({ service: 'c', journey: '', state: 'at_risk' })];
  assert.deepEqual(grouped(all, 'service').map((g) => [g.name, g.slos.length]), [['b', 2], ['c', 1], ['a', 1]]);
  assert.deepEqual(grouped(all, 'journey').map((g) => g.name), ['checkout', 'no journey']);
  assert.deepEqual(grouped(all, 'nothing').map((g) => [g.name, g.slos.length]), [['', 4]]);
});

const now = Date.parse('2026-11-23T12:30:00Z') / 1000;
const alert = (over: Partial<Alert>): Alert => ({ state: 'firing', objective: 'checkout-succeeds', service: 'shop-api', namespace: 'shop', environment: 'production', started_at: '2026-11-23T12:04:00Z', ...over }) as Alert;
const say = (all: Partial<Objective>[], alerts: Alert[] = []) => {
  const h = headline(all.map(objective), alerts, 'utc', now);
  return [h.verdict, ...h.worst.map(({ of, says }) => `${of.name} ${says}`), h.more > 0 ? `${h.more} more` : '', h.rest].filter((s) => s !== '').join('; ');
};

test('the fleet in a sentence', () => {
  const breaching: Partial<Objective> = { state: 'breaching', burn: [{ window: '5m', rate: 50 }, { window: '1h', rate: 31.2 }] };
  const over = { state: 'exhausted' as State, name: 'b', budget: { allowed: 100, spent: 134, remaining: -34 } };
  for (const [want, all, alerts] of [
    ['Your objective is within its budget', [{}], []],
    ['All 2 objectives are within their budgets', [{}, {}], []],
    ['None of 2 objectives is measured yet', [{ state: 'not_measured' }, { state: 'not_measured' }], []],
    ['1 of 2 objectives is within its budget; 1 is not measured yet', [{}, { state: 'not_measured' }], []],
    ['1 of 3 objectives needs you; checkout-succeeds burns 31.2x since 12:04 UTC; 1 is paused', [breaching, {}, { state: 'paused' }], [alert({}), alert({ service: 'other', started_at: '2026-11-23T01:00:00Z' })]],
    ['2 of 2 objectives need you; checkout-succeeds burns 31.2x since 2026-11-20 12:04 UTC; b has overspent its budget by 34%', [over, breaching], [alert({ started_at: '2026-11-20T12:04:00Z' })]],
    ['Your objective needs you; checkout-succeeds is at risk: part of the window was not measured', [{ state: 'at_risk', cause_code: 'low_trust', cause: 'part of the window was not measured' }], []],
    ['Your objective needs you; checkout-succeeds has 50.0% of its budget left', [{ state: 'at_risk', burn: [{ window: '1h', rate: 0.2 }] }], []],
    ['5 of 5 objectives need you; a cannot be measured as it is written; b cannot be measured as it is written; c gets no events; 2 more',
      [{ name: 'a', state: 'misconfigured' }, { name: 'b', state: 'misconfigured' }, { name: 'c', state: 'no_data' }, { name: 'd', state: 'no_data' }, { name: 'e', state: 'no_data' }], []],
  ] as [string, Partial<Objective>[], Alert[]][]) assert.equal(say(all, alerts), want);
});
