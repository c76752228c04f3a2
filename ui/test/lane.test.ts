// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { during, items, lay, rangeFor, versionDetail } from '../src/lane';
import type { Happening, Happenings, Item, Version } from '../src/lane';
import { laneSummary } from '../src/parts/slo/lanesummary';
import { rfc3339 } from '../src/time';

const start = Date.parse('2026-11-23T00:00:00Z') / 1000;
const at = (hour: number): string => rfc3339(start + hour * 3600);

const version = (name: string, spans: [number, number][], over: Partial<Version> = {}): Version => ({
  version: name, first_seen: at(spans[0]![0]), last_seen: at(spans[spans.length - 1]![1]), began: true, spans: spans.map(([a, b]) => ({ from: at(a), to: at(b) })),
  good: 90, bad: 10, excluded: 0, p95_ms: 120, source: 'live', ...over,
});
const event = (kind: Happening['kind'], from: number, to: number | null, over: Partial<Happening> = {}): Happening => ({ kind, at: at(from), to: to === null ? null : at(to), title: kind, detail: '', severity: 'info', id: `${kind}${from}`, ...over });
const all = (over: Partial<Happenings>): Happenings => ({ schema_version: 1, from: at(0), to: at(10), step_seconds: 60, versions: [], events: [], comparison: null, ...over });
const laid = (found: Item[], width = 1000) => lay(found, start, start + 36_000, width);

test('versions are bars with their spans, and events of them are not told twice', () => {
  const found = items(all({ versions: [version('1.4.2', [[0, 3], [4, 6]], { began: false }), version('1.5.0', [[6, 10]])], events: [event('version', 6, null)] }));
  assert.deepEqual(found.map((i) => [i.name, i.spans.length, i.mark, i.to === null]), [['1.4.2', 2, null, false], ['1.5.0', 1, 'version', true]]);
});

test('a kind that this page does not know yet is left out', () => {
  assert.deepEqual(items(all({ events: [event('earthquake' as Happening['kind'], 1, 2)] })), []);
});

test('an alert that goes on lasts until the end of what was asked', () => {
  const [page, ticket] = items(all({ events: [event('alert', 2, null, { severity: 'page' }), event('alert', 3, 4, { severity: 'ticket' })] }));
  assert.deepEqual([page!.to, page!.spans, page!.mark, page!.tone], [null, [[start + 7200, start + 36_000]], 'page', 'page']);
  assert.deepEqual([ticket!.to, ticket!.mark, ticket!.tone], [start + 14_400, 'ticket', 'ticket']);
});

test('the newest version stands on top; those after each other share a track, those beside each other do not', () => {
  const tracks = (...versions: Version[]) => laid(items(all({ versions })))[0]!.placed.map((p) => [p.item.name, p.track]);
  assert.deepEqual(tracks(version('v1', [[0, 3]]), version('v2', [[3, 6]]), version('v3', [[6, 10]])), [['v3', 0], ['v2', 0], ['v1', 0]]);
  assert.deepEqual(tracks(version('v1', [[0, 7]]), version('v2', [[3, 10]])), [['v2', 0], ['v1', 1]]);
  // The name of a short one beside it takes room too.
  assert.deepEqual(tracks(version('v1', [[0, 9.99]]), version('v2', [[9.99, 10]])), [['v2', 0], ['v1', 1]]);
});

test('alerts at the same time lie under each other, later ones take the first free track', () => {
  const [row] = laid(items(all({ events: [event('alert', 1, 4), event('alert', 2, 3), event('alert', 5, 6)] })));
  assert.deepEqual(row!.placed.map((p) => p.track), [0, 1, 0]);
  assert.equal(row!.tracks, 2);
});

test('more at once than there are tracks is still there', () => {
  const [row] = laid(items(all({ events: Array.from({ length: 7 }, (_, i) => event('alert', i * 0.1, 9)) })));
  assert.equal(row!.placed.length, 7);
  assert.equal(row!.tracks, 4);
});

test('short ones can be hit, and stay within the lane', () => {
  const [row] = laid(items(all({ events: [event('gap', 1, 1), event('gap', 9.9999, 10)] })));
  for (const p of row!.placed) {
    assert.ok(p.right - p.left >= 0.0059, `${p.right - p.left}`);
    assert.ok(p.left >= 0 && p.right <= 1);
  }
});

test('a name stands inside, after or before its bar, and never over another', () => {
  const title = 'x'.repeat(20);
  const labels = (events: Happening[]) => laid(items(all({ events })))[0]!.placed.map((p) => p.label);
  assert.deepEqual(labels([event('gap', 1, 4, { title })]), ['inside']);
  assert.deepEqual(labels([event('gap', 1, 1.1, { title })]), ['after']);
  assert.deepEqual(labels([event('gap', 9.9, 10, { title })]), ['before']);
  // The second would be written over the name of the first.
  assert.deepEqual(labels([event('gap', 6.5, 6.6, { title }), event('gap', 9.9, 10, { title })]), ['after', 'before']);
  assert.deepEqual(labels([event('gap', 8, 8.1, { title }), event('gap', 9.9, 10, { title })]), ['after', 'none']);
  assert.deepEqual(laid(items(all({ events: [event('alert', 1, 1.1, { title: 'page-1h fired' })] })))[0]!.placed[0]!.item.name, 'page-1h');
});

test('a rule in force all the time is no event of that time, one that began is', () => {
  assert.deepEqual(laid(items(all({ events: [event('generation', -3, null)] }))), []);
  assert.equal(laid(items(all({ events: [event('generation', 3, null)] }))).length, 1);
});

test('what ended before the range or begins after it has no place', () => {
  assert.deepEqual(laid(items(all({ events: [event('alert', -3, -1), event('alert', 11, 12)] }))), []);
});

test('the range around something: with a margin, live while it goes on, never beyond now', () => {
  const now = start + 36_000;
  assert.deepEqual(rangeFor(start, start + 14_400, now), { from: at(-1), to: at(5) });
  assert.deepEqual(rangeFor(start + 32_400, start + 36_000, now), { from: at(8.75), to: at(10) });
  assert.deepEqual(rangeFor(start + 34_200, null, now), { from: 'now-1h', to: 'now' });
  assert.deepEqual(rangeFor(start - 30 * 86_400, null, now), { from: rfc3339(start - 30 * 86_400 - (30 * 86_400 + 36_000) / 4), to: 'now' });
});

test('what held at an instant', () => {
  const found = items(all({ events: [event('gap', 1, 2), event('alert', 1.5, 4)] }));
  assert.deepEqual([0.5, 1.6, 3].map((hour) => during(found, start + hour * 3600).map((i) => i.row)), [[], ['gap', 'alert'], ['alert']]);
});

test('what a version did in words', () => {
  assert.equal(versionDetail(version('1', [[0, 1]])), '10.00% of 100 events bad, p95 120 ms');
  assert.equal(versionDetail(version('1', [[0, 1]], { good: null })), 'not measured');
  assert.equal(versionDetail(version('1', [[0, 1]], { good: 0, bad: 0, p95_ms: null, source: 'backfill' })), 'no valid event, back-filled history');
});

test('the lane in a sentence', () => {
  const said = (over: Partial<Happenings>, omitted = 0) => laneSummary(items(all(over)), start, start + 36_000, omitted, 'utc');
  assert.equal(said({}), 'No version was seen. No alert fired.');
  assert.equal(
    said({ versions: [version('1.4.2', [[0, 6]], { began: false }), version('1.5.0', [[6, 10]])], events: [event('alert', 7, null, { severity: 'page' }), event('gap', 1, 2), event('exclusion', 3, 4), event('made_up', -5, 2, { title: 'made-up history' })] }, 3),
    '2 versions ran; 1.5.0 began 2026-11-23 06:00 UTC. 1 alert fired, and still does. 1 stretch of time is left out. 1 gap in what was measured. Made-up history until 2026-11-23 02:00 UTC. 3 earlier events are not listed.',
  );
});
