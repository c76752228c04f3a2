// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast, isOpen, matcherText, matchersOf, matching, parseMatcher } from '../src/alert';
import type { Alert, AlertState, Exhaustion, Matcher } from '../src/alert';
import { leftOutReasons } from '../src/charts/steps';

const alert = (over: Partial<Alert>): Alert => ({
  state: 'firing', phase: 'firing', severity: 'page', rule: 'page-1h', group: '', namespace: '', service: 'shop-api', environment: 'production',
  objective: 'up', journey: '', owner: 'team', runbook: '', episode: 1, since: '2026-11-23T05:00:00Z', started_at: '2026-11-23T05:00:00Z', ended_at: null, clear_since: null,
  verdict: 'critical', life: { word: 'critical', says: '' }, sentence: '', next_step: '', conditions: [], exhaustion: { state: 'unknown', at: null, window: '' }, frozen: '', inhibited_by: '', silenced_by: '', deliveries: [], ...over,
});

test('a matcher is read as the server reads it, or not at all', () => {
  for (const [text, want] of [
    ['service="shop-api"', { label: 'service', operator: '=', value: 'shop-api' }],
    ['service=shop-api', { label: 'service', operator: '=', value: 'shop-api' }],
    [' group =~ "eu-.*" ', { label: 'group', operator: '=~', value: 'eu-.*' }],
    ['severity!="page"', { label: 'severity', operator: '!=', value: 'page' }],
    ['group!~"a\\"b"', { label: 'group', operator: '!~', value: 'a"b' }],
    ['rule=""', { label: 'rule', operator: '=', value: '' }],
    ['colour="red"', null],
    ['service', null],
    ['service="open', null],
    ['service=~', { label: 'service', operator: '=~', value: '' }],
  ] as [string, Matcher | null][]) {
    assert.deepEqual(parseMatcher(text), want, text);
  }
});

test('a matcher that is written is read again', () => {
  for (const value of ['shop-api', 'a"b', 'line\nbreak', '']) {
    const m: Matcher = { label: 'group', operator: '=', value };
    assert.deepEqual(parseMatcher(matcherText(m)), m);
  }
});

test('the matchers of an alert match it and no other', () => {
  const one = alert({ group: 'tier=gold' });
  const all = [one, alert({ group: 'tier=trial' }), alert({ rule: 'page-6h', group: 'tier=gold' }), alert({ service: 'cart', group: 'tier=gold' })];
  assert.equal(matching(all, matchersOf(one)), 1);
  assert.equal(matching(all, [{ label: 'service', operator: '!=', value: 'cart' }]), 3);
  assert.equal(matching(all, []), 4);
  assert.equal(matching(all, [{ label: 'group', operator: '=~', value: '.*' }]), null);
});

test('what is open may call somebody', () => {
  for (const [state, want] of [['firing', true], ['pending', true], ['frozen', true], ['resolved', false], ['no_longer_measured', false]] as [AlertState, boolean][]) {
    assert.equal(isOpen(alert({ state })), want, state);
  }
  assert.equal(isOpen(alert({ state: 'resolved', ended_at: '2026-11-23T06:00:00Z' })), false);
});

test('a forecast in words', () => {
  const now = Date.parse('2026-11-23T06:00:00Z') / 1000;
  for (const [x, text, detail] of [
    [{ state: 'expected', at: '2026-11-24T13:00:00Z', window: '1h' }, 'in 1 d 7 h', '2026-11-24 13:00 UTC, if it goes on as in the last 1h'],
    [{ state: 'exhausted', at: null, window: '1h' }, 'gone already', ''],
    [{ state: 'never', at: null, window: '6h' }, 'not at all', 'if it goes on as in the last 6h'],
    [{ state: 'unknown', at: null, window: '' }, 'not measured', 'needs a budget and a burn rate'],
  ] as [Exhaustion, string, string][]) {
    assert.deepEqual(forecast(x, now, 'utc'), { text, detail });
  }
});

test('steps say what of their time is left out', () => {
  const series = { step_seconds: 3600, timestamps: [3600, 7200, 10_800, 14_400] };
  const out = (from: number, to: number, reason: string) => ({ from: new Date(from * 1000).toISOString(), to: new Date(to * 1000).toISOString(), reason, correction: 0 });
  assert.deepEqual(leftOutReasons(series, []), ['', '', '', '']);
  assert.deepEqual(leftOutReasons(series, [out(3600, 7200, 'a')]), ['', 'a', '', '']);
  assert.deepEqual(leftOutReasons(series, [out(3599, 7201, 'a'), out(7201, 7300, 'b')]), ['a', 'a', 'a, b', '']);
  assert.deepEqual(leftOutReasons(series, [out(0, 99_999, 'a')]), ['a', 'a', 'a', 'a']);
});
