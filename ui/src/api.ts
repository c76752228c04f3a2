// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The shapes of /api/v1 as this UI reads them. null always means "not measured".
import { signal } from '@preact/signals';
import type { Alert, Correction, Exclusion, LeftOut, Rule, Severity, Verdict, Exhaustion } from './alert';

export type State =
  | 'misconfigured' | 'paused' | 'not_measured' | 'no_data' | 'breaching' | 'exhausted' | 'at_risk' | 'ok';

export type Source = 'live' | 'backfill' | 'healed' | 'mixed';

export interface Trust {
  verdict: 'trusted' | 'care' | 'not' | 'unknown';
  /** What limits the numbers, worst first, or what they rest on. */
  reasons: string[];
  coverage: number | null;
  late_share: number | null;
  refused_share: number | null;
  excluded_share: number | null;
  unevaluated_share?: number | null;
  sampling: number | null;
  resets: number | null;
  source: string | null;
  measured_since: string | null;
  writers: string[];
  notes: string[] | null;
}

export interface Burn {
  window: string;
  rate: number | null;
}

/** What good, bad and the budget count; a microslice is a millionth of a slice of time. Older servers say nothing: events. */
export type Unit = 'events' | 'slices' | 'microslices';

/** One of an objective's windows; former is the period before the one at hand. */
export interface Standing {
  window: string;
  former: boolean;
  from: string;
  to: string;
  sli: number | null;
  good: number | null;
  bad: number | null;
  budget: { allowed: number | null; spent: number | null; remaining: number | null } | null;
}

export interface Objective {
  name: string;
  namespace: string;
  service: string;
  environment: string;
  journey: string;
  description?: string;
  owner: string;
  runbook: string;
  indicator: { kind: string; id: string; description: string; rule?: string };
  generation: { indicator_id: string; from: string | null } | null;
  target: string;
  window: string;
  windows?: Standing[] | null;
  budgeting?: string;
  unit?: Unit;
  state: State;
  cause: string;
  cause_code: string;
  next_step: string;
  evaluated_at: string | null;
  from: string | null;
  to: string | null;
  sli: number | null;
  good: number | null;
  bad: number | null;
  total: number | null;
  excluded: number | null;
  budget: { allowed: number | null; spent: number | null; remaining: number | null } | null;
  burn: Burn[] | null;
  /** The worst of its pairs of alert windows. */
  verdict?: { verdict: Verdict; rule: string; sentence: string };
  /** Why nothing is counted now, and until when; empty while it is. */
  excluding?: string;
  trust: Trust | null;
}

export interface Group {
  group: string;
  good: number | null;
  bad: number | null;
  excluded: number | null;
  sli: number | null;
  state: 'measured' | 'not_measured';
  cause: string;
  measured_since: string | null;
}

/** A span in which an objective kept one rule; rule, target and window are missing from older servers. */
export interface Generation {
  indicator_id: string;
  from: string | null;
  to: string | null;
  number?: number;
  rule?: string;
  target?: string;
  window?: string;
}

export interface ObjectiveDetail extends Objective {
  groups: Group[] | null;
  generations: Generation[] | null;
  rules?: Rule[];
  alerts?: Alert[];
  /** The one answer to when the budget is gone. */
  exhaustion?: Exhaustion;
  exclusions?: Exclusion[];
  left_out?: LeftOut[];
  corrections?: Correction[] | null;
  dropped_tiers?: { long: string; short: string; threshold: number; reason: string }[] | null;
  definition: { file: string; line: number } | null;
}

/** How fast the budget burned by the long window of one pair of alert windows, at the end of each step. */
export interface BurnLine { rule: string; severity: Severity; window: string; threshold: number; rates: (number | null)[] }

export interface Series {
  step_seconds: number;
  unit?: Unit;
  from: string;
  to: string;
  timestamps: number[];
  good: (number | null)[];
  bad: (number | null)[];
  excluded: (number | null)[];
  budget_remaining: (number | null)[];
  source: (Source | null)[];
  /** Missing from older servers; empty where a budget of slices has no rate. */
  burn?: BurnLine[];
}

export interface Operation {
  namespace: string;
  service: string;
  environment: string;
  operation: string;
  kind: string;
  good: number | null;
  bad: number | null;
  excluded: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  versions: { version: string; good: number | null; bad: number | null }[] | null;
  bound: boolean;
}

export interface SignalIntake {
  signal: string;
  requests?: number | null;
  items?: number | null;
  accepted: number | null;
  duplicates: number | null;
  late: number | null;
  future: number | null;
  invalid?: number | null;
  ignored?: Record<string, number> | null;
}

export interface ServiceIntake {
  namespace: string;
  service: string;
  environment: string;
  spans: number | null;
  points: number | null;
  records: number | null;
  last_seen: string | null;
}

/** A mistake in a service file; line and column are 0 when it has no place. */
export interface FileProblem { file: string; line: number; column: number; what: string; why: string; mend: string }

export interface Fleet {
  slos: Objective[] | null;
  /** Those that the server has of itself. */
  self?: Objective[] | null;
  evaluated_at?: string;
  problems?: FileProblem[];
}
export interface OneObjective { slo: ObjectiveDetail; series: Series | null }
export interface Operations { operations: Operation[] | null; window: string; from?: string; to?: string; backfilled?: number }
export interface Intake {
  signals: SignalIntake[] | null;
  services: ServiceIntake[] | null;
  log: { bytes: number | null; segments: number | null; waiting_minutes?: number; id_bytes?: number; damage: { segment: string; offset: number; reason: string }[] | null } | null;
  health: { state: 'ok' | 'red'; cause: string } | null;
  /** What is wrong while counting goes on; missing from older servers. */
  warnings?: string[];
  /** Since when this process has listened, and its totals count. */
  started_at?: string;
  endpoints?: { grpc: string; http: string };
  /** Requests that were turned away before anything in them was read. */
  refused?: { transport: string; reason: string; requests: number }[];
  store?: { open: boolean; last: string | null };
  evaluation?: { at: string | null; took_ms: number; objectives: number };
}

/** True while the server wants a token; the shell then shows the sign-in form instead of a page. */
export const signedOut = signal(false);

/** Grows by one when a sign-in succeeded, so that every page asks again. */
export const session = signal(0);

export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly hint: string) {
    super(message);
  }
}

const schemaVersion = 1;

/** What every answer has. */
export interface Answer { schema_version: number }

export async function get<T>(url: string, abort: AbortSignal): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, { signal: abort, headers: { Accept: 'application/json' } });
  } catch (error) {
    if (abort.aborted) throw error;
    throw new ApiError(0, 'The server does not answer.', 'Is `leadline serve` still running?');
  }
  if (response.status === 401) signedOut.value = true;
  if (!response.ok) throw await explain(response);
  return read<T>(response);
}

async function read<T>(response: Response): Promise<T> {
  const body = (await response.json()) as T & { schema_version?: number };
  if (body.schema_version !== schemaVersion) {
    throw new ApiError(response.status, `The server speaks schema version ${body.schema_version ?? 'unknown'}, this page reads ${schemaVersion}.`, 'Reload the page.');
  }
  return body;
}

/** Asks for a change, and returns what the server made of it. */
export async function change<T>(method: 'POST' | 'DELETE', url: string, body?: object): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (body) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(url, { method, headers, body: body ? JSON.stringify(body) : null });
  } catch {
    throw new ApiError(0, 'The server does not answer.', 'Nothing is known to have changed. Is `leadline serve` still running?');
  }
  if (response.status === 401) signedOut.value = true;
  if (!response.ok) throw await explain(response);
  return read<T>(response);
}

/** Posts the token that the sign-in form took; the server answers with a cookie that scripts cannot read. */
export async function signIn(token: string): Promise<void> {
  const response = await fetch('/api/v1/session', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ token }),
  });
  if (response.status === 401 || response.status === 403) throw new ApiError(response.status, 'This token is not the one the server knows.', '');
  if (!response.ok) throw await explain(response);
  signedOut.value = false;
  signedIn.value = true;
  session.value++;
}

/** Whether there is something to sign out of; scripts cannot see the cookie, so the server is asked. */
export const signedIn = signal(false);

export async function learnSession(): Promise<void> {
  try {
    const response = await fetch('/api/v1/session', { headers: { Accept: 'application/json' } });
    signedIn.value = response.ok && ((await response.json()) as { signed_in?: boolean }).signed_in === true;
  } catch {
    // Without an answer the pages say that there is none; nothing is offered that may not work.
    signedIn.value = false;
  }
}

/** Gives the cookie back. Every page then asks for the token, because the numbers were for who had it. */
export async function signOut(): Promise<void> {
  const response = await fetch('/api/v1/session', { method: 'DELETE' });
  if (!response.ok) throw await explain(response);
  signedIn.value = false;
  signedOut.value = true;
}

/** Reads the server's own words out of an error body, whichever of the usual shapes it has. */
async function explain(response: Response): Promise<ApiError> {
  const fallback = `The server answered ${response.status} ${response.statusText}`.trim() + '.';
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const inner = typeof body['error'] === 'object' && body['error'] !== null ? (body['error'] as Record<string, unknown>) : body;
    const words = [inner['message'], inner['detail'], inner['error'], inner['title']].find((w) => typeof w === 'string' && w !== '');
    const hint = typeof inner['hint'] === 'string' ? inner['hint'] : '';
    return new ApiError(response.status, typeof words === 'string' ? words : fallback, hint);
  } catch {
    return new ApiError(response.status, fallback, '');
  }
}

/** The address of one objective's page, and of its document in the API. */
export function objectivePath(o: Pick<Objective, 'service' | 'name'>): string {
  return `/slos/${encodeURIComponent(o.service)}/${encodeURIComponent(o.name)}`;
}
