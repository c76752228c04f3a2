// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Alert } from '../src/alert';
import { asSentence, broken, changed, failingSince, ranOut, since, speaking, subject, trustSaid } from '../src/answers';
import type { ObjectiveDetail, Series, Trust } from '../src/api';
import type { Comparison, Happenings, Version } from '../src/lane';

const alert = (over: Partial<Alert>): Alert => ({
  state: 'firing', phase: 'firing', severity: 'page', rule: 'page-1h', group: '', namespace: '', service: 'shop-api', environment: '', objective: 'o', journey: '', owner: '', runbook: '', episode: 1,
  since: '2026-11-23T05:29:00Z', started_at: '2026-11-23T05:29:00Z', ended_at: null, clear_since: null, verdict: 'critical', life: { word: 'critical', says: '' }, sentence: '', next_step: '',
  conditions: [{ kind: 'burn', long: { window: '1h', burn: 22.1, bad: 44, total: 4000 }, short: { window: '5m', burn: 16, bad: 9, total: 400 }, threshold: 13.44, within: '', share: null, verdict: 'critical', holds: true }],
  exhaustion: { state: 'unknown', at: null, window: '' }, frozen: '', inhibited_by: '', silenced_by: '', deliveries: [], ...over,
});

const objective = (over: Partial<ObjectiveDetail>): ObjectiveDetail => ({
  name: 'checkout-succeeds', namespace: '', service: 'shop-api', environment: '', journey: 'checkout', owner: '', runbook: '',
  indicator: { kind: 'availability', id: 'ab', description: '', rule: 'leadline indicator 1\nkind availability\noperation "POST /checkout"\n' },
  generation: null, target: '0.999', window: '28d', state: 'breaching', cause: '', cause_code: '', next_step: '', evaluated_at: '2026-11-23T06:00:00Z', from: null, to: null,
  sli: 0.9995, good: 99_950, bad: 50, total: 100_000, excluded: 0, budget: { allowed: 100, spent: 50, remaining: 50 },
  burn: [], trust: null, groups: [], generations: [], definition: null, alerts: [], ...over,
});

const rule = { name: 'page-1h', conditions: alert({}).conditions } as ObjectiveDetail['rules'] extends (infer R)[] | undefined ? R : never;

test('what is broken, by state and kind', () => {
  const kind = (kind: string): Partial<ObjectiveDetail> => ({ indicator: { kind, id: '', description: '', rule: 'operation "POST /checkout"' } });
  for (const [over, want] of [
    [{ alerts: [alert({})] }, '1.1% of POST /checkout failed in the last hour: 44 of 4,000 events; 2.2% in the last 5 min.'],
    [{ alerts: [alert({ group: 'tier=gold' })], ...kind('latency') }, '1.1% of POST /checkout (tier=gold) was too slow in the last hour: 44 of 4,000 events; 2.2% in the last 5 min.'],
    [{ alerts: [alert({ clear_since: '2026-11-23T05:55:00Z', ends_at: '2026-11-23T06:00:00Z' })] }, 'POST /checkout recovers: 2.2% failed in the last 5 min, 1.1% in the last hour (44 of 4,000 events). page-1h ends 2026-11-23 06:00:00 UTC if it stays so.'],
    // Without an alert of a burn the window speaks.
    [{ state: 'exhausted', good: 99_800, bad: 200 }, '0.20% of POST /checkout failed over 28d: 200 of 100,000 events, 100 allowed.'],
    [{ state: 'ok' }, 'Nothing is broken: 99.950% of POST /checkout succeeded over 28d, the target is 99.9%.'],
    // A deploy that just went wrong: no alert yet, and not nothing.
    [{ state: 'ok', verdict: { verdict: 'rising', rule: 'page-1h', sentence: '' }, rules: [rule] }, '2.2% of POST /checkout failed in the last 5 min, and nobody is called: 99.950% succeeded over 28d, the target is 99.9%.'],
    [{ state: 'ok', verdict: { verdict: 'recovering', rule: 'page-1h', sentence: '' }, rules: [rule] }, 'Nothing is broken: 99.950% of POST /checkout succeeded over 28d, the target is 99.9%.'],
    [{ state: 'ok', ...kind('custom') }, 'Nothing is broken: 99.950% of POST /checkout was good over 28d, the target is 99.9%.'],
    [{ state: 'no_data', cause: 'no event for 17m' }, 'Nobody can tell how POST /checkout does: no event for 17m.'],
    [{ state: 'not_measured', good: null, bad: null }, 'Nobody can tell how POST /checkout does: not measured.'],
    [{ state: 'paused', good: null, bad: null }, 'The target is 99.9% over 28d; no valid event stands behind a number yet.'],
  ] as [Partial<ObjectiveDetail>, string][]) {
    assert.equal(broken(objective(over)), want);
  }
});

test('an objective of many operations speaks by its name', () => {
  assert.equal(subject({ name: 'api-up', indicator: { kind: '', id: '', description: '', rule: 'kind availability\n' } }), 'api-up');
  assert.equal(subject({ name: 'both', indicator: { kind: '', id: '', description: '', rule: 'operation "GET /a"\noperation "GET /b"\n' } }), 'both');
  assert.equal(subject({ name: 'odd', indicator: { kind: '', id: '', description: '' } }), 'odd');
});

test('the alert that speaks: what calls before what is quiet, pages before tickets, the oldest first', () => {
  const rules = (...alerts: Partial<Alert>[]) => speaking(alerts.map(alert))?.rule;
  assert.equal(rules(), undefined);
  assert.equal(rules({ ended_at: '2026-11-23T05:40:00Z', state: 'resolved' }), undefined);
  assert.equal(rules({ rule: 'quiet', inhibited_by: 'x' }, { rule: 'ticket', severity: 'ticket' }, { rule: 'page' }), 'page');
  assert.equal(rules({ rule: 'quiet', inhibited_by: 'x' }, { rule: 'ticket', severity: 'ticket' }), 'ticket');
  assert.equal(rules({ rule: 'late' }, { rule: 'early', since: '2026-11-23T05:00:00Z' }), 'early');
});

test('since when', () => {
  const series = (budget_remaining: (number | null)[]): Series => ({ step_seconds: 3600, from: '2026-11-23T00:00:00Z', to: '2026-11-23T04:00:00Z', timestamps: [1, 2, 3, 4].map((h) => 1795392000 + h * 3600), good: [], bad: [], excluded: [], source: [], budget_remaining });
  const spent = { state: 'exhausted', budget: { allowed: 100, spent: 120, remaining: -20 } } as const;
  const said = (over: Partial<ObjectiveDetail>, s: Series | null = null) => {
    const { text, detail } = since(objective(over), s, 'utc');
    return `${text}; ${detail}`;
  };
  assert.equal(said({ alerts: [alert({})] }), '2026-11-23 05:29 UTC; page-1h began, 31 min ago');
  assert.equal(said(spent, series([0.2, 0.1, -0.1, -0.2])), '2026-11-23 03:00 UTC; the budget ran out, 3 h ago');
  assert.equal(said(spent, series([-0.2, -0.1, -0.1, -0.2])), 'Before 2026-11-23 00:00 UTC; overspent in all the time shown');
  assert.equal(said({ state: 'ok' }), 'Nothing fires; no alert remembered');
  const over = alert({ state: 'resolved', ended_at: '2026-11-23T05:40:00Z' });
  // What an inhibited alert still waits for is not what somebody asks of a calm objective.
  assert.equal(said({ state: 'ok', alerts: [alert({ rule: 'page-6h', inhibited_by: 'page-1h' }), over] }), 'Over since 2026-11-23 05:40 UTC; page-1h ended, 20 min ago');
  assert.equal(said({ state: 'ok', alerts: [alert({ state: 'resolved', ended_at: '2026-11-20T05:40:00Z' })] }), 'Nothing fires; the last alert ended 2026-11-20 05:40 UTC');
});

test('since when users suffer, before an alert began', () => {
  const at = (bad: (number | null)[], start: number, over = {}) =>
    failingSince({ step_seconds: 60, timestamps: bad.map((_, i) => i * 60), good: bad.map((b) => (b === null ? null : 2000 - b)), bad, ...over }, '0.9995', start);
  assert.equal(at([0, 0, 900, 900, 900], 240), 120);
  assert.equal(at([0, 0, 900, 900, 900], 235), 120, 'a minute that the alert begins in is not over');
  assert.equal(at([0, 900, 1, 900, 900], 240), 180, 'a minute at its target is a break');
  assert.equal(at([0, 900, null, 900, 900], 240), 180, 'and so is one that nobody measured');
  assert.equal(at([900, 900, 900], 180), null, 'it may have begun before');
  assert.equal(at([0, 900, 0, 0], 240), null);
  assert.equal(at([0, 900], 120, { step_seconds: 3600 }), null);
  assert.equal(at([], 120), null);
});

test('when a budget ran out', () => {
  const at = (budget_remaining: (number | null)[]) => ranOut({ timestamps: budget_remaining.map((_, i) => i), budget_remaining });
  assert.equal(at([1, 0.5, -0.1, -0.2]), 2);
  assert.equal(at([1, -0.5, 0.1, -0.2]), 3);
  assert.equal(at([1, -0.5, 0.1]), null);
  assert.equal(at([-1, -1]), null);
  assert.equal(at([1, null, -1]), 2);
  // Nothing was measured before: it began with the first events, however far the range reaches back.
  assert.equal(at([null, null, -1, -2]), 2);
  assert.equal(at([null, null]), null);
  assert.equal(at([]), null);
});

test('what changed', () => {
  const version = (version: string, over: Partial<Version> = {}): Version => ({ version, first_seen: '2026-11-20T00:00:00Z', last_seen: '2026-11-23T06:00:00Z', began: true, spans: [], good: 1, bad: 0, excluded: 0, p95_ms: null, source: 'live', ...over });
  const comparison: Comparison = { newer: '1.5.0', older: '1.4.2', since: '2026-11-23T05:20:00Z', newer_bad_share: 0.5, older_bad_share: 0, newer_total: 10, older_total: 10, p95_newer_ms: null, p95_older_ms: null, differs: true, judgement: 'worse', gone_since: null, back_since: null, sentence: 'It is worse.' };
  const all = (over: Partial<Happenings>): Happenings => ({ schema_version: 1, from: '', to: '', step_seconds: 60, versions: [], events: [], comparison: null, ...over });
  const said = (over: Partial<Happenings>, a: Alert | null = null) => {
    const { text, detail } = changed(all(over), a, 'utc');
    return `${text}; ${detail}`;
  };
  assert.equal(said({ comparison }, alert({})), 'Version 1.5.0 is worse than 1.4.2; It is worse. The alert followed 9 min later.');
  for (const [judgement, want] of [['too_few', 'Version 1.5.0 began'], ['alike', 'Version 1.5.0 began, not clearly different from 1.4.2'], ['better', 'Version 1.5.0 is better than 1.4.2']] as const) {
    assert.equal(said({ comparison: { ...comparison, judgement, sentence: 'So it is.' } }), `${want}; So it is.`);
  }
  for (const [older, want] of [['', 'what had no version'], ['(other versions)', 'other versions']] as const) {
    assert.equal(said({ comparison: { ...comparison, older } }), `Version 1.5.0 is worse than ${want}; It is worse.`);
  }
  const gone = { ...comparison, gone_since: '2026-11-23T05:40:00Z' };
  assert.equal(said({ comparison: gone }), 'Version 1.5.0 was worse than 1.4.2; It is worse.');
  assert.equal(said({ comparison: { ...gone, back_since: '2026-11-23T05:39:00Z' } }), '1.4.2 is back since 2026-11-23 05:39 UTC. Version 1.5.0 was worse than 1.4.2; It is worse.');
  // A version that came after the alert did not cause it.
  assert.equal(said({ comparison }, alert({ started_at: '2026-11-23T05:00:00Z' })), 'Version 1.5.0 is worse than 1.4.2; It is worse.');
  assert.equal(said({ versions: [version('1.4.2')] }), 'No new version; Nothing to compare in the last 24 h; 1.4.2 was seen since 2026-11-20 00:00 UTC.');
  assert.equal(said({ from: '2026-11-20T00:00:00Z', versions: [version('1.4.2', { began: false })] }), 'No new version; Nothing to compare in the last 24 h; 1.4.2 was seen all the time shown.');
  // The lane beside it shows versions of made-up history, so the words name them, as such.
  const past = [version('1.0', { source: 'backfill', first_seen: '2026-11-10T00:00:00Z' }), version('1.1', { source: 'backfill' })];
  assert.equal(said({ versions: past }), 'No new version; Nothing to compare in the last 24 h; back-filled history holds 1.1 since 2026-11-20 00:00 UTC.');
  assert.equal(said({ versions: [version('1.0'), ...past] }), 'No new version; Nothing to compare in the last 24 h; 1.0 was seen since 2026-11-20 00:00 UTC.');
  // What came in the last day is never passed over, whatever is known of it.
  const today = (over: Partial<Version>, ...others: Version[]) => said({ from: '2026-11-23T00:00:00Z', to: '2026-11-23T06:00:00Z', versions: [...others, version('1.5.0', { first_seen: '2026-11-23T05:21:00Z', began: false, good: 12, bad: 12, ...over })] });
  assert.equal(today({ first_live: true }, ...past), 'Version 1.5.0 first seen live; It ran when measuring began at 2026-11-23 05:21 UTC; before is back-filled history, so there is nothing to compare it with.');
  assert.equal(today({ began: true }), 'Version 1.5.0 began; First seen at 2026-11-23 05:21 UTC; 12 of 24 events were bad, and no other version was measured in the day before.');
  assert.equal(today({}, version('1.4.2')), 'Version 1.5.0 was seen; First seen at 2026-11-23 05:21 UTC; 12 of 24 events were bad: too few to tell whether it began then.');
  assert.equal(said({ versions: [] }), 'No version is known; The telemetry carries no service.version.');
});

test('trust is the word of the server', () => {
  const of = (verdict: string, ...reasons: string[]) => ({ verdict, reasons }) as unknown as Trust;
  for (const [trust, want] of [
    [null, 'unknown: Not measured; '],
    [of('trusted', '99.7% of the window was measured'), 'trusted: Yes; 99.7% of the window was measured'],
    [of('care', 'part of it is back-filled history', '2% of the spans were refused'), 'care: With care; part of it is back-filled history, 2% of the spans were refused'],
    [of('not', 'alerts are frozen'), 'not: No; alerts are frozen'],
    // A word of a newer server must not look fine.
    [of('wonderful', 'news'), 'unknown: Not measured; news'],
  ] as [Trust | null, string][]) {
    const { verdict, text, detail } = trustSaid(trust);
    assert.equal(`${verdict}: ${text}; ${detail}`, want);
  }
});

test('words of the server as a sentence', () => {
  assert.equal(asSentence('no event for 17m'), 'No event for 17m.');
  assert.equal(asSentence('1 h burn 22.1x'), '1 h burn 22.1x.');
  assert.equal(asSentence('services/shop.yaml:31:15: step is not defined'), 'services/shop.yaml:31:15: step is not defined.');
});
