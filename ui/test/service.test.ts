// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { tickText, latencyAxis } from '../src/charts/latency';
import { bars, distributionSummary } from '../src/distribution';
import { appearances, errorShares, placeText, rate, servicePath, shown, sorted, thresholds } from '../src/service';
import type { ServiceDocument, ServiceObjective, ServiceOperation } from '../src/service';
import { errorSummary, latencySummary } from '../src/servicesummary';

const operation = (name: string, change: Partial<ServiceOperation> = {}): ServiceOperation => ({
  operation: name, kind: 'http', entry: true, good: 90, bad: 10, excluded: 1, rate: 1, p50_ms: 10, p95_ms: 20, p99_ms: 30, objectives: [], ...change,
});

const operations = [
  operation('GET /a', { good: 500, bad: 0, p95_ms: null }),
  operation('GET /b', { p95_ms: 700 }),
  operation('GET /c', { good: 0, bad: 0 }),
  operation('call x', { entry: false, good: 9000, bad: 1000, p95_ms: 9000 }),
];

const names = (all: ServiceOperation[]): string => all.map((o) => o.operation.split(' ')[1]).join('');

test('operations: most first, what is asked of others always last', () => {
  assert.equal(names(sorted(operations, 'traffic')), '/a/b/cx');
  assert.equal(names(sorted(operations, 'errors')), '/b/a/cx');
  assert.equal(names(sorted(operations, 'p95')), '/b/c/ax');
});

test('what is shown adds up the operations of the scope', () => {
  assert.deepEqual(shown({ operations, operation: '', scope: 'entry' }), { good: 590, bad: 10, excluded: 3 });
  assert.deepEqual(shown({ operations, operation: 'call x', scope: 'operation' }), { good: 9000, bad: 1000, excluded: 1 });
  assert.deepEqual(shown({ operations, operation: '', scope: 'all' }), { good: 9590, bad: 1010, excluded: 4 });
  assert.deepEqual(shown({ operations, operation: 'GET /gone', scope: 'operation' }), { good: 0, bad: 0, excluded: 0 });
});

test('a rate is as coarse as is still true', () => {
  assert.deepEqual([0, 0.00001, 0.001, 0.05, 0.5, 3.14, 42, 12345].map(rate), ['0/s', '0.1/h', '3.6/h', '3.0/min', '30/min', '3.1/s', '42/s', '12,345/s']);
});

test('steps without valid events have no share of errors', () => {
  assert.deepEqual(errorShares({ good: [3, 0, null, 0], bad: [1, 0, null, 2] }), [0.25, null, null, 1]);
});

test('thresholds are those of what is shown, each once', () => {
  const o = (name: string, of: string, under_ms: number | null) => ({ name, operation: of, under_ms }) as ServiceObjective;
  const objectives = [o('up', '', null), o('fast', 'GET /a', 300), o('good', 'GET /a', 300), o('all', '', 1000), o('other', 'GET /b', 50)];
  const of = (scope: ServiceDocument['scope'], chosen: string) => thresholds({ objectives, scope, operation: chosen });
  assert.deepEqual(of('operation', 'GET /a'), [{ under: 300, names: ['fast', 'good'] }, { under: 1000, names: ['all'] }]);
  assert.deepEqual(of('entry', '').map((t) => t.under), [50, 300, 1000]);
});

test('a version that came back has two appearances', () => {
  assert.deepEqual(appearances({ series_valid: [null, 3, 0, null, 5], series_bad: [null, 0, 0, null, 1] }), [{ first: 1, last: 2 }, { first: 4, last: 4 }]);
  assert.deepEqual(appearances({ series_valid: [null, null], series_bad: [null, null] }), []);
});

test('the address says what is empty', () => {
  const { path, params } = servicePath({ service: 'a/b', namespace: '', environment: '' }, { operation: 'GET /' });
  assert.equal(`${path}?${params}`, '/services/a%2Fb?namespace=&environment=&operation=GET+%2F');
  assert.equal(placeText({ namespace: '', environment: '' }), 'no environment');
  assert.equal(placeText({ namespace: 'shop', environment: 'prod' }), 'shop · prod');
});

const bucket = (i: number, count: number) => ({ over_ms: 2 ** ((i - 1) / 8), up_to_ms: 2 ** (i / 8), count });

test('bars stand for gaps too, and what took no time stands first', () => {
  const of = { count: 10, mean_ms: 1, p50_ms: 1, p95_ms: 2, p99_ms: 2, buckets: [{ over_ms: 0, up_to_ms: 0, count: 1 }, bucket(1, 4), bucket(5, 5)] };
  const got = bars(of);
  assert.deepEqual(got.map((b) => b.count), [1, 4, 0, 0, 0, 5]);
  assert.deepEqual(got.map((b) => b.below), [0.1, 0.5, 0.5, 0.5, 0.5, 1]);
  assert.ok(got.every((b, i) => i === 0 || b.from > got[i - 1]!.from));
  assert.deepEqual(bars({ ...of, count: 0, buckets: [] }), []);
});

test('the distribution in a sentence', () => {
  const none = { count: 0, mean_ms: null, p50_ms: null, p95_ms: null, p99_ms: null, buckets: [] };
  assert.equal(distributionSummary(none), 'No duration was measured in this range.');
  assert.equal(distributionSummary({ ...none, count: 2, p50_ms: 1, p95_ms: 2, p99_ms: 2, buckets: [bucket(8, 2)] }), 'Half of 2 events took at most 1.0 ms, 95% at most 2.0 ms, 99% at most 2.0 ms, the slowest at most 2.0 ms.');
});

test('the latency axis holds what is drawn, and thresholds that are near', () => {
  const axis = latencyAxis([[10, null, 40]], [100, 100_000]);
  assert.ok(axis.min < 10 && axis.max > 100 && axis.max < 1000);
  assert.deepEqual(latencyAxis([[null]], [100]), { min: 1, max: 1000 });
  assert.deepEqual([0.5, 200, 2000].map(tickText), ['0.5 ms', '200 ms', '2 s']);
});

test('errors and durations in a sentence', () => {
  const timestamps = [60, 120];
  assert.equal(errorSummary({ timestamps, good: [null, 0], bad: [null, 0] }, 'utc'), 'No valid event in this range.');
  assert.equal(errorSummary({ timestamps, good: [1, 1], bad: [0, 0] }, 'utc'), 'None of 2 valid events was bad.');
  assert.equal(errorSummary({ timestamps, good: [9, 5], bad: [1, 5] }, 'utc'), '30.00% of valid events were bad; 50.00% at the worst, in the step ending 1970-01-01 00:02 UTC.');
  assert.equal(latencySummary({ timestamps, p50_ms: [null, null], p95_ms: [null, null] }, 'utc'), 'No duration was measured in this range.');
  assert.equal(latencySummary({ timestamps, p50_ms: [20, 30], p95_ms: [90, 50] }, 'utc'), 'p50 between 20 ms and 30 ms; p95 at most 90 ms, in the step ending 1970-01-01 00:01 UTC.');
});
