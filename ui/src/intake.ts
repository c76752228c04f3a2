// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the state of the intake means: from facts to the next step. Pure, so that
// every case is tested without a page.
import type { Intake, Objective, Series, SignalIntake } from './api';
import type { Receivers } from './alert';
import * as format from './format';
import { rfc3339, unix } from './time';
import { needsAttention } from './verdict';

/** GET /api/v1/intake/arrivals: lists with a number for each timestamp; null is not known. */
export interface Arrivals {
  window: string;
  to: string;
  step_seconds: number;
  timestamps: number[];
  accepted: (number | null)[];
  refused: (number | null)[];
  duplicates: (number | null)[];
  backfilled: number;
  services: { namespace: string; service: string; environment: string; accepted: number[] }[];
  others: number;
}

/** GET /api/v1/services, as far as this page reads it. */
export interface SeenService { namespace: string; service: string; environment: string; state: string | null; states: { state: string; objectives: number }[]; last_seen: string | null; versions: string[] }
export interface SeenServices { services: SeenService[] | null }

/** What something that was not counted is, and what to do about it. Fine says that nothing is to be done. */
export interface Meaning { name: string; is: string; next: string; fine: boolean }

const meanings: Record<string, Meaning> = {
  duplicates: { name: 'sent again', is: 'The sender repeated what had been acknowledged; each event counts once.', next: 'Nothing to do, unless it is most of the traffic: then answers do not reach the sender in time.', fine: true },
  late: { name: 'too late', is: 'The span ended more than 10 minutes before it arrived, in a minute that was closed.', next: 'Look for a Collector that queues for long, or a host whose clock is behind.', fine: false },
  future: { name: 'in the future', is: 'The span ended after it arrived.', next: 'Set the clock of the sending host: its time runs ahead.', fine: false },
  invalid: { name: 'invalid', is: 'The span has no valid ids or no end.', next: 'Look at what makes these spans: instrumentation written by hand, or a processor that rewrites them.', fine: false },
  internal: { name: 'internal steps', is: 'Spans of kind INTERNAL are steps inside an operation.', next: 'Nothing to do. To count one as an operation, give it the kind SERVER or CONSUMER.', fine: true },
  no_kind: { name: 'without a kind', is: 'The span does not say whether it serves, calls, sends or receives.', next: 'Give entry points the kind SERVER or CONSUMER where they are started by hand.', fine: false },
  asgi_event: { name: 'ASGI events', is: 'FastAPI and Starlette write a span for each piece of a request; the request itself is counted.', next: 'Nothing to do. `exclude_spans=["send", "receive"]` in instrument_app saves the traffic.', fine: true },
  poll: { name: 'polls of a broker', is: 'A request for messages; each message that came has a span of its own, which is counted.', next: 'Nothing to do.', fine: true },
  unknown: { name: 'of no known kind of call', is: 'The span has a kind, but no attribute that says what was called.', next: 'Update the instrumentation: it writes neither the old nor the stable names of HTTP, RPC, messaging or databases.', fine: false },
  unauthenticated: { name: 'without a valid token', is: 'The request had no token, or not the one of this server.', next: 'Set OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN for the application.', fine: false },
  unavailable: { name: 'not now', is: 'The server was starting, full or overloaded; senders try such requests again.', next: 'Nothing to do if it has stopped; else see what Leadline itself says above.', fine: false },
  too_large: { name: 'too large', is: 'The request, or what it unpacks to, exceeds the limit.', next: 'Let the sender make smaller batches: OTEL_BSP_MAX_EXPORT_BATCH_SIZE, or send_batch_max_size of a Collector.', fine: false },
  path: { name: 'to a wrong address', is: 'OTLP over HTTP is served at /v1/traces, /v1/metrics and /v1/logs.', next: 'Set OTEL_EXPORTER_OTLP_ENDPOINT to the address without a path; the exporter adds it.', fine: false },
  method: { name: 'not a POST', is: 'Telemetry is sent with POST.', next: 'Something that is no exporter asks here, such as a browser or a probe.', fine: true },
  content_type: { name: 'of another content type', is: 'The body is neither protobuf nor JSON.', next: 'Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.', fine: false },
  content_encoding: { name: 'compressed in a way that is not read', is: 'gzip, zstd and deflate are.', next: 'Set OTEL_EXPORTER_OTLP_COMPRESSION=gzip.', fine: false },
  origin: { name: 'from a web page of another origin', is: 'A browser may send telemetry only from origins that the server was told.', next: 'Allow the origin in the configuration of the server.', fine: false },
  protocol: { name: 'in another protocol', is: 'HTTP reached the gRPC port, gRPC the HTTP port, or TLS either of them.', next: 'Set OTEL_EXPORTER_OTLP_ENDPOINT for the application: http://HOST:4317 for gRPC, http://HOST:4318 with OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf.', fine: false },
  connections: { name: 'connections above the limit', is: 'More connections are open than the server takes.', next: 'Let a Collector bundle them.', fine: false },
  invalid_request: { name: 'unreadable', is: 'The body is not OTLP, or is cut off.', next: 'Look at what stands between: a proxy may cut or change requests.', fine: false },
  internal_error: { name: 'our own fault', is: 'The server failed on the request.', next: 'Its log says more; please report it.', fine: false },
};

/** The words for a reason of the API; one that is not known stands for itself. */
export const meaningOf = (reason: string): Meaning => meanings[reason] ?? { name: reason.replaceAll('_', ' '), is: '', next: '', fine: false };

/** Two kinds of errors are called like reasons for ignoring spans. */
const refusalMeaning = (reason: string): Meaning => meaningOf({ invalid: 'invalid_request', internal: 'internal_error' }[reason] ?? reason);

const transports: Record<string, string> = { grpc: 'gRPC', http_protobuf: 'HTTP', http_json: 'HTTP with JSON' };

/** Everything that arrived and was not counted, with what it means; the most first, what needs somebody before what does not. */
export interface Uncounted { n: number; of: string; meaning: Meaning }

export function uncounted(intake: Intake): Uncounted[] {
  const found: Uncounted[] = [];
  const add = (n: number | null | undefined, of: string, meaning: Meaning): void => {
    if (n != null && n > 0) found.push({ n, of, meaning });
  };
  for (const s of intake.signals ?? []) {
    for (const key of ['late', 'future', 'invalid', 'duplicates'] as const) add(s[key], s.signal, meaningOf(key));
    for (const [reason, n] of Object.entries(s.ignored ?? {})) add(n, s.signal, meaningOf(reason));
  }
  for (const r of intake.refused ?? []) add(r.requests, `requests over ${transports[r.transport] ?? r.transport}`, refusalMeaning(r.reason));
  return found.sort((a, b) => Number(a.meaning.fine) - Number(b.meaning.fine) || b.n - a.n);
}

/** One line of a list of checks. Unknown: its facts are not there yet. */
export interface Check { state: 'holds' | 'fails' | 'unknown'; title: string; says: string; next: string; link?: { words: string; path: string } }

export interface Facts { intake: Intake; services: readonly SeenService[] | null; objectives: readonly Objective[] | null; receivers: Receivers | null }

const traces = (intake: Intake): SignalIntake | undefined => (intake.signals ?? []).find((s) => s.signal === 'traces');
const names = (all: readonly { service: string }[]): string => {
  const unique = [...new Set(all.map((s) => s.service))];
  return unique.length > 4 ? `${unique.slice(0, 4).join(', ')} and ${unique.length - 4} more` : unique.join(', ');
};

/** How long a service may be silent before that is said; exporters send every 5 seconds, metrics once a minute. */
export const silentAfter = 180;

/** How long ago something was heard: 'now' only within the minute that is counted, and the one before. */
export const heardWords = (seconds: number): string => (seconds < 120 ? 'now' : `${format.duration(seconds)} ago`);

/** The way of an event, in its order: the first check that fails is why nothing is seen. */
export function checklist({ intake, services, objectives }: Facts, now: number): Check[] {
  const [spans, endpoints] = [traces(intake), intake.endpoints];
  const arrived = (intake.signals ?? []).reduce((n, s) => n + (s.accepted ?? 0) + (s.duplicates ?? 0) + (s.late ?? 0) + (s.future ?? 0) + (s.invalid ?? 0) + sum(s.ignored), 0);
  const turned = (intake.refused ?? []).reduce((n, r) => n + r.requests, 0);
  const bad = uncounted(intake).filter((u) => !u.meaning.fine);
  const lost = bad.filter((u) => !u.of.startsWith('requests') || turned > 0);
  const checks: Check[] = [
    intake.health === null ? { state: 'unknown', title: 'Leadline takes telemetry', says: 'The server has not said how it is.', next: '' }
      : intake.health.state === 'red' ? { state: 'fails', title: 'Leadline takes telemetry', says: intake.health.cause, next: 'Mend the cause and start the server again; senders keep what was not acknowledged.' }
      : { state: 'holds', title: 'Leadline takes telemetry', says: endpoints === undefined ? '' : `OTLP over gRPC at ${endpoints.grpc}, over HTTP at ${endpoints.http}.`, next: '' },
    arrived > 0 ? { state: 'holds', title: 'Something arrives', says: `${format.count(arrived)} spans, points and records since the server started.`, next: '' }
      : turned > 0 ? { state: 'fails', title: 'Something arrives', says: `${format.plural(turned, 'request was', 'requests were')} refused and none taken.`, next: lost[0]?.meaning.next ?? '' }
      : (intake.warnings ?? []).length > 0 ? { state: 'fails', title: 'Something arrives', says: sentence(intake.warnings![0]!), next: '' }
      : { state: 'fails', title: 'Something arrives', says: 'Nothing has, since the server started.', next: endpoints === undefined ? 'Point an application at this server.' : `Start the application with OTEL_EXPORTER_OTLP_ENDPOINT=http://${endpoints.grpc} and OTEL_SERVICE_NAME.` },
  ];
  if (arrived + turned > 0) {
    const worst = lost[0];
    checks.push(worst === undefined ? { state: 'holds', title: 'Nothing is refused or lost', says: 'Everything that was sent could be taken.', next: '' }
      : { state: 'fails', title: 'Nothing is refused or lost', says: `${format.count(worst.n)} ${worst.of} ${worst.meaning.name}. ${worst.meaning.is}`, next: worst.meaning.next });
  }
  if (spans !== undefined && arrived > 0) checks.push(counting(spans));
  if (services !== null && services.length > 0) checks.push(...ofServices(services, now));
  if (objectives !== null && objectives.length > 0) checks.push(measured(objectives));
  return checks;
}

const sum = (all: Record<string, number> | null | undefined): number => Object.values(all ?? {}).reduce((a, b) => a + b, 0);

function counting(spans: SignalIntake): Check {
  const [accepted, ignored] = [spans.accepted ?? 0, sum(spans.ignored)];
  if (accepted > 0) return { state: 'holds', title: 'Spans are operations', says: `${format.count(accepted)} counted, ${format.count(ignored)} ignored, most of them steps inside of one.`, next: '' };
  const most = Object.entries(spans.ignored ?? {}).sort((a, b) => b[1] - a[1])[0];
  return { state: 'fails', title: 'Spans are operations', says: ignored > 0 ? `All ${format.count(ignored)} spans were ignored, most as ${meaningOf(most![0]).name}.` : 'No span has arrived, only metrics or logs.', next: ignored > 0 ? 'Only requests, tasks and calls are counted: add the instrumentation of the framework.' : 'Set OTEL_TRACES_EXPORTER=otlp for the application.' };
}

function ofServices(services: readonly SeenService[], now: number): Check[] {
  const heard = services.filter((s) => s.last_seen !== null);
  const silent = heard.filter((s) => now - unix(s.last_seen)! > silentAfter);
  const bare = heard.filter((s) => s.state === null);
  if (heard.length === 0) return []; // of none that sends, all do: a tick for nothing
  return [
    silent.length === 0 ? { state: 'holds', title: 'Every service still sends', says: `${format.plural(heard.length, 'service', 'services')} within the last minutes.`, next: '' }
      : { state: 'fails', title: 'Every service still sends', says: `${names(silent)}: nothing for ${format.duration(now - Math.max(...silent.map((s) => unix(s.last_seen)!)))} or longer.`, next: 'Look whether it runs, and whether its exporter reaches this server.' },
    bare.length === 0 ? { state: 'holds', title: 'Every service has an objective', says: '', next: '' }
      : { state: 'fails', title: 'Every service has an objective', says: `${names(bare)}: counted, but held against nothing.`, next: '`leadline init` drafts a service file from what was measured.', link: { words: 'Its operations', path: `/operations?q=${encodeURIComponent(bare[0]!.service)}` } },
  ];
}

function measured(objectives: readonly Objective[]): Check {
  const without = objectives.filter((o) => o.state === 'not_measured' || o.state === 'no_data' || o.state === 'misconfigured');
  if (without.length === 0) return { state: 'holds', title: 'Every objective sees events', says: `${format.plural(objectives.length, 'objective', 'objectives')}.`, next: '' };
  const first = without[0]!;
  return { state: 'fails', title: 'Every objective sees events', says: `${without.length} of ${objectives.length} do not. ${first.name}: ${first.cause}`, next: first.next_step, link: { words: 'Show them', path: '/?state=not_measured,no_data,misconfigured' } };
}

/** Is Leadline itself well? Each part that counting and telling depend on. */
export function vitals({ intake, receivers }: Facts, self: readonly Objective[] | null, now: number): Check[] {
  const { log, store, evaluation } = intake;
  const damage = log?.damage?.length ?? 0;
  const found: Check[] = [
    intake.health === null ? { state: 'unknown', title: 'Intake', says: 'not known', next: '' }
      : intake.health.state === 'red' ? { state: 'fails', title: 'Intake', says: intake.health.cause, next: '' }
      : { state: (intake.warnings ?? []).length > 0 ? 'fails' : 'holds', title: 'Intake', says: sentence((intake.warnings ?? [])[0] ?? 'every acknowledged request is in the log.'), next: '' },
    log === null ? { state: 'unknown', title: 'Intake log', says: 'not known', next: '' }
      : { state: damage > 0 ? 'fails' : 'holds', title: 'Intake log', says: `${format.bytes(log.bytes)} in ${format.plural(log.segments ?? 0, 'segment', 'segments')}, ${damage === 0 ? 'no damage found' : format.plural(damage, 'damaged record', 'damaged records')}.`, next: '' },
  ];
  if (store !== undefined) found.push(storeVital(store, log?.waiting_minutes ?? 0));
  if (evaluation !== undefined) found.push(evaluationVital(evaluation, now));
  if (receivers !== null) found.push(delivery(receivers));
  if (self !== null && self.length > 0) {
    const ill = self.filter((o) => needsAttention(o.state));
    found.push({ state: ill.length > 0 ? 'fails' : 'holds', title: 'Its own objectives', says: ill.length > 0 ? ill.map((o) => `${o.name}: ${o.cause}`).join('; ') : `${self.map((o) => o.name).join(', ')}: none in trouble.`, next: '', link: { words: 'Show them', path: '/' } });
  }
  return found;
}

/** The server's words begin small, as errors do. */
const sentence = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

function storeVital(store: NonNullable<Intake['store']>, waiting: number): Check {
  if (!store.open) return { state: 'unknown', title: 'Series store', says: 'It is being opened; counting goes on meanwhile.', next: '' };
  // A minute closes 10 minutes after its end; more than a few that wait say that the store does not keep up.
  const behind = waiting > 5;
  return { state: behind ? 'fails' : 'holds', title: 'Series store', says: waiting === 0 ? 'Every closed minute is stored.' : `${format.plural(waiting, 'closed minute waits', 'closed minutes wait')} for it.`, next: '' };
}

function evaluationVital(e: NonNullable<Intake['evaluation']>, now: number): Check {
  const at = unix(e.at);
  if (at === null) return { state: 'unknown', title: 'Evaluation', says: 'None was made yet.', next: '' };
  const stuck = now - at > 60;
  return { state: stuck ? 'fails' : 'holds', title: 'Evaluation', says: `${format.plural(e.objectives, 'objective', 'objectives')} in ${format.millis(e.took_ms)}${stuck ? `, last ${format.duration(now - at)} ago` : ''}.`, next: '' };
}

function delivery(r: Receivers): Check {
  const failing = r.receivers.filter((x) => x.failing !== '');
  const says = r.trouble !== '' ? r.trouble : r.not_alive !== '' ? r.not_alive
    : failing.length > 0 ? `${failing.map((x) => x.name).join(', ')}: ${failing[0]!.failing}`
    : r.receivers.length === 0 ? (r.unrouted > 0 ? 'No receiver: alerts are told to nobody.' : 'No receiver is configured.')
    : `${format.plural(r.receivers.length, 'receiver', 'receivers')}, none fails.`;
  return { state: r.trouble !== '' || r.not_alive !== '' || failing.length > 0 || r.unrouted > 0 ? 'fails' : 'holds', title: 'Delivery', says, next: '', link: { words: 'Receivers', path: '/receivers' } };
}

/** A step that has just begun says nothing of a minute yet. */
const tooShort = 0.25;

/** Numbers of a minute, in the shape that charts are drawn of. The last step may be short. */
export function seriesOf(a: Arrivals): Series {
  const to = unix(a.to) ?? 0;
  const minutes = a.timestamps.map((end) => (Math.min(end, to) - (end - a.step_seconds)) / 60);
  const rate = (all: (number | null)[]): (number | null)[] => all.map((n, i) => (n === null || minutes[i]! < tooShort ? null : n / minutes[i]!));
  const [bad, total] = [rate(a.refused), rate(a.accepted)];
  return {
    step_seconds: a.step_seconds, timestamps: a.timestamps, good: total, bad, excluded: a.timestamps.map(() => 0), budget_remaining: a.timestamps.map(() => null),
    source: total.map((n) => (n === null ? null : 'live')),
    from: rfc3339((a.timestamps[0] ?? 0) - a.step_seconds), to: rfc3339(a.timestamps[a.timestamps.length - 1] ?? 0),
  };
}

/** How many spans arrived in the window, the minute that runs included; history that was taken in did not arrive. */
export function arrivedWords(a: Arrivals): string {
  const [total, refused] = [a.accepted, a.refused].map((all) => all.reduce<number>((n, x) => n + (x ?? 0), 0)) as [number, number];
  const said = total === 0 && refused === 0 ? `No span arrived in the last ${a.window}.` : `${format.plural(total, 'span', 'spans')} arrived and ${total === 1 ? 'was' : 'were'} counted in the last ${a.window}, ${format.count(refused)} refused.`;
  return a.backfilled === 0 ? said : `${said} ${format.count(a.backfilled)} more of that time were back-filled: they did not arrive, and are not drawn.`;
}
