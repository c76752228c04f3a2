// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Intake, Objective } from '../src/api';
import { arrivedWords, checklist, heardWords, seriesOf, uncounted, vitals } from '../src/intake';
import type { SeenService } from '../src/intake';

const now = Date.parse('2026-11-23T06:00:00Z') / 1000;
const fresh: Intake = {
  signals: [{ signal: 'traces', accepted: 0, duplicates: 0, late: 0, future: 0, invalid: 0, ignored: {} }],
  services: [], log: { bytes: 0, segments: 1, damage: [] }, health: { state: 'ok', cause: '' }, warnings: [], refused: [],
  endpoints: { grpc: '127.0.0.1:4317', http: '127.0.0.1:4318' }, store: { open: true, last: null }, evaluation: { at: '2026-11-23T05:59:58Z', took_ms: 1, objectives: 0 },
};
const spans = (part: object): Intake => ({ ...fresh, signals: [{ ...fresh.signals![0]!, ...part }] });
const service = (part: Partial<SeenService>): SeenService => ({ namespace: '', service: 'shop-api', environment: '', state: 'ok', states: [], last_seen: '2026-11-23T05:59:30Z', versions: [], ...part });
const facts = (intake: Intake, services: SeenService[] = [], objectives: Objective[] = []) => ({ intake, services, objectives, receivers: null });
const failing = (f: ReturnType<typeof facts>): string => checklist(f, now).filter((c) => c.state === 'fails').map((c) => `${c.title}: ${c.says} ${c.next}`).join(' | ');

test('the first check that fails says why nothing is seen', () => {
  const cases: [string, ReturnType<typeof facts>, RegExp][] = [
    ['nothing has arrived', facts(fresh), /^Something arrives: Nothing has.*OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:4317/],
    ['it misses the port', facts({ ...fresh, warnings: ['telemetry arrives at the wrong port'] }), /^Something arrives: Telemetry arrives at the wrong port/],
    ['all is turned away', facts({ ...fresh, refused: [{ transport: 'grpc', reason: 'unauthenticated', requests: 3 }] }), /^Something arrives: 3 requests were refused and none taken.*OTEL_EXPORTER_OTLP_HEADERS.*Nothing is refused or lost: 3 requests over gRPC without a valid token/],
    ['all is ignored', facts(spans({ ignored: { internal: 9 } })), /^Spans are operations: All 9 spans were ignored, most as internal steps/],
    ['some is late', facts(spans({ accepted: 5, late: 2 })), /^Nothing is refused or lost: 2 traces too late/],
    ['a service stopped', facts(spans({ accepted: 5 }), [service({ last_seen: '2026-11-23T05:30:00Z' })]), /^Every service still sends: shop-api: nothing for 30 min/],
    ['a service has no objective', facts(spans({ accepted: 5 }), [service({ state: null })]), /^Every service has an objective: shop-api/],
    ['an objective sees nothing', facts(spans({ accepted: 5 }), [], [{ name: 'up', state: 'no_data', cause: 'no event for 17 min', next_step: 'Check it.' } as Objective]), /^Every objective sees events: 1 of 1 do not\. up: no event for 17 min Check it\.$/],
    ['the server is ill', facts({ ...spans({ accepted: 5 }), health: { state: 'red', cause: 'disk full' } }), /^Leadline takes telemetry: disk full/],
  ];
  for (const [name, given, want] of cases) assert.ok(want.test(failing(given)), `${name}: ${failing(given)}`);
  assert.equal(failing(facts(spans({ accepted: 5, ignored: { internal: 2 }, duplicates: 1 }), [service({})])), '');
});

test('no service that sends is no tick, and three minutes ago is not now', () => {
  const titles = checklist(facts(fresh, [service({ last_seen: null })]), now).map((c) => c.title);
  assert.deepEqual(titles.filter((t) => t.startsWith('Every service')), []);
  assert.deepEqual([heardWords(30), heardWords(170)], ['now', '2 min 50 s ago']);
});

test('what was not counted is told with its meaning, what needs somebody first', () => {
  const told = uncounted(spans({ accepted: 1, late: 3, duplicates: 90, ignored: { internal: 70, something_new: 4 } }));
  assert.deepEqual(told.map((u) => `${u.n} ${u.meaning.name}`), ['4 something new', '3 too late', '90 sent again', '70 internal steps']);
});

test('the parts of the server say how they are', () => {
  const of = (intake: Intake, receivers: never | null = null): string => vitals({ ...facts(intake), receivers }, [], now).filter((v) => v.state !== 'holds').map((v) => `${v.title} ${v.state}`).join();
  assert.equal(of(fresh), '');
  assert.equal(of({ ...fresh, store: { open: false, last: null } }), 'Series store unknown');
  assert.equal(of({ ...fresh, evaluation: { at: '2026-11-23T05:00:00Z', took_ms: 1, objectives: 1 } }), 'Evaluation fails');
  assert.equal(of({ ...fresh, log: { bytes: 1, segments: 1, waiting_minutes: 9, damage: [{ segment: '1', offset: 1, reason: 'x' }] } }), 'Intake log fails,Series store fails');
});

test('arrivals are of a minute, also in a last step that is short', () => {
  const series = seriesOf({ window: '6h', to: '2026-11-23T06:00:00Z', step_seconds: 300, timestamps: [now - 120, now + 180], accepted: [500, 200], refused: [null, 0], duplicates: [0, 0], backfilled: 0, services: [], others: 0 });
  assert.deepEqual([series.good, series.bad, series.source], [[100, 100], [null, 0], ['live', 'live']]);
});

test('the sum of arrivals holds the minute that runs, the chart only when it says something, and neither what was back-filled', () => {
  const of = { window: '1h', to: '2026-11-23T06:00:06Z', step_seconds: 60, timestamps: [now - 60, now, now + 60], accepted: [null, 500, 40], refused: [null, 1, 0], duplicates: [null, 0, 0], backfilled: 4400, services: [], others: 0 };
  assert.deepEqual([seriesOf(of).good, seriesOf(of).source], [[null, 500, null], [null, 'live', null]]);
  assert.deepEqual(seriesOf({ ...of, to: '2026-11-23T06:00:30Z' }).good, [null, 500, 80]);
  assert.equal(arrivedWords(of), '540 spans arrived and were counted in the last 1h, 1 refused. 4,400 more of that time were back-filled: they did not arrive, and are not drawn.');
  assert.equal(arrivedWords({ ...of, accepted: [null, 0, 0], refused: [null, 0, 0], backfilled: 0 }), 'No span arrived in the last 1h.');
});
