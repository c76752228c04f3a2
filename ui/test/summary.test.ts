// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BurnLine, Series } from '../src/api';
import { budgetSummary, burnSummary, historyNote, leftOutNote, sliSummary, trafficSummary } from '../src/charts/summary';

const none: null[] = [null, null, null, null];
const series = (change: Partial<Series>): Series => ({
  step_seconds: 3600, from: '2026-11-23T00:00:00Z', to: '2026-11-23T04:00:00Z',
  timestamps: [1795395600, 1795399200, 1795402800, 1795406400],
  good: none, bad: none, excluded: none, budget_remaining: none, source: none, ...change,
});

test('the budget in a sentence', () => {
  for (const [budget_remaining, want] of [
    [none, 'No budget was measured in this range.'],
    [[1, 0.742, 0.5, 0.3291], 'Budget left at the start of this range: 100.0%; at its end: 32.9%.'],
    [[null, 0.742, 0.12, 0.3291], 'No budget was measured in this range before 2026-11-23 02:00 UTC; budget left then: 74.2%; at its end: 32.9%, and 12.0% at its lowest, 2026-11-23 03:00 UTC.'],
    [[0.5, -0.452, -1.25, -0.1], 'Budget left at the start of this range: 50.0%; at its end: overspent by 10.0%, and overspent by 125.0% at its lowest, 2026-11-23 03:00 UTC.'],
    [[0.5, 0.5, 0.5, 0.5], 'Budget left at the start of this range: 50.0%; at its end: 50.0%.'],
  ] as [(number | null)[], string][]) {
    assert.equal(budgetSummary(series({ budget_remaining }), 'utc'), want);
  }
});

test('back-filled steps are said', () => {
  assert.equal(historyNote(series({ source: ['live', null, 'live', 'healed'] })), '');
  assert.equal(historyNote(series({ source: ['backfill', null, 'live', 'live'] })), ' 1 of 4 steps, hatched in the chart, holds back-filled history.');
  assert.equal(historyNote(series({ source: ['backfill', 'mixed', 'live', 'live'] })), ' 2 of 4 steps, hatched in the chart, hold back-filled history.');
});

test('the burn in a sentence', () => {
  const line = (rule: string, threshold: number, rates: (number | null)[]): BurnLine => ({ rule, severity: 'page', window: '1h', threshold, rates });
  for (const [burn, want] of [
    [[], 'No burn rate was measured in this range.'],
    [[line('page-1h', 13.44, none)], 'No burn rate was measured in this range.'],
    [[line('page-1h', 13.44, [0, 0, null, 0])], 'Over 1h the budget burned at most 0x; no long window was above its threshold.'],
    [[line('page-1h', 13.44, [0.2, 22.1, null, 1])], 'Over 1h the budget burned at most 22.1x, 2026-11-23 02:00 UTC; long windows were above their thresholds for page-1h (13.44x).'],
    // What crossed its threshold is told before what is only more urgent.
    [[line('page-1h', 13.44, [0.2, 9, null, 1]), line('ticket-3d', 1, [0.5, 0.7, 1.2, 1])], 'Over 1h the budget burned at most 1.20x, 2026-11-23 03:00 UTC; long windows were above their thresholds for ticket-3d (1x).'],
  ] as [BurnLine[], string][]) {
    assert.equal(burnSummary(series({ burn }), 'utc'), want);
  }
});

test('the SLI in a sentence', () => {
  assert.equal(sliSummary(series({}), '0.999'), 'No valid event in this range.');
  assert.equal(sliSummary(series({ good: [999, 0, 0, 10], bad: [1, 0, 1, 0] }), '0.999'), 'The SLI was below the target of 99.9% in 1 of 3 steps with events.');
  assert.equal(sliSummary(series({ good: [9, null, 9, null], bad: [0, null, 0, null] }), '0.999'), 'The SLI was below the target of 99.9% in none of 2 steps with events. 2 steps were not measured.');
});

test('the traffic in a sentence', () => {
  assert.equal(trafficSummary(series({})), 'Nothing was measured in this range.');
  assert.equal(trafficSummary(series({ good: [1999, null, 1, 0], bad: [5, null, 0, 0] })), '2,000 good and 5 bad events in this range.');
});

test('what is left out is said with its reasons', () => {
  const out = (reason: string) => ({ from: '', to: '', reason, correction: 0 });
  assert.equal(leftOutNote([]), '');
  assert.equal(leftOutNote([out('a')]), ' 1 stretch of time is left out, shaded in the chart: a.');
  assert.equal(leftOutNote(['a', 'b', 'a', 'c', 'd'].map(out)), ' 5 stretches of time are left out, shaded in the chart: a; b; c and others.');
});
