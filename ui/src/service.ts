// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One service as /api/v1/services/{service} tells of it, its address, and what
// its page works out of the answer before anything is drawn.
import type { Objective, Series, State } from './api';
import * as format from './format';

/** Where a service runs; both may be empty. */
export interface Place { namespace: string; environment: string }

export interface Counts { good: number; bad: number; excluded: number }

export interface ServiceObjective extends Pick<Objective, 'namespace' | 'service' | 'environment' | 'name' | 'journey' | 'state' | 'target' | 'window' | 'unit' | 'sli' | 'good' | 'bad' | 'total' | 'excluded' | 'budget'> {
  operation: string;
  under_ms: number | null;
}

export interface ServiceOperation extends Counts {
  operation: string;
  kind: string;
  /** Asked of the service, and not by it of others. */
  entry: boolean;
  rate: number;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  objectives: string[];
}

export interface ServiceSeries extends Pick<Series, 'step_seconds' | 'timestamps' | 'good' | 'bad' | 'excluded' | 'source'> {
  p50_ms: (number | null)[];
  p95_ms: (number | null)[];
  p99_ms: (number | null)[];
}

export interface Bucket { over_ms: number; up_to_ms: number; count: number }

export interface Distribution {
  count: number;
  mean_ms: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  buckets: Bucket[];
}

export interface ServiceVersion extends Counts {
  version: string;
  first_seen: string;
  last_seen: string;
  p95_ms: number | null;
  series_valid: (number | null)[];
  series_bad: (number | null)[];
}

export interface ServiceDocument extends Place {
  service: string;
  from: string;
  to: string;
  others: Place[];
  state: State | null;
  owners: string[];
  objectives: ServiceObjective[];
  operation: string;
  scope: 'operation' | 'entry' | 'all';
  operations: ServiceOperation[];
  series: ServiceSeries;
  distribution: Distribution;
  versions: ServiceVersion[];
}

export interface ServiceSummary extends Place, Counts {
  service: string;
  owners: string[];
  state: State | null;
  states: { state: State; objectives: number }[];
  last_seen: string | null;
  versions: string[];
}

export interface Services { from: string; to: string; services: ServiceSummary[] }

/** The address of a service's page; what it is about is said even where it is empty. */
export function servicePath(s: Place & { service: string }, also: Record<string, string> = {}): { path: string; params: URLSearchParams } {
  return { path: `/services/${encodeURIComponent(s.service)}`, params: new URLSearchParams({ namespace: s.namespace, environment: s.environment, ...also }) };
}

/** 'shop · production', or what stands for a place without names. */
export const placeText = (p: Place): string => format.dotted(p.namespace, p.environment === '' ? 'no environment' : p.environment);

export const valid = (c: Pick<Counts, 'good' | 'bad'>): number => c.good + c.bad;

/** Share of bad events; null without a valid one. */
export const errorShare = (c: Pick<Counts, 'good' | 'bad'>): number | null => (valid(c) === 0 ? null : c.bad / valid(c));

/** Of a smaller share nothing turns red: a few bad events of many are what budgets are for. */
export const notable = 0.01;

export const redIf = (c: Pick<Counts, 'good' | 'bad'>): string => ((errorShare(c) ?? 0) >= notable ? 'bad-text' : '');

/** The share of bad events of each step. */
export const errorShares = (s: Pick<ServiceSeries, 'good' | 'bad'>): (number | null)[] =>
  s.good.map((good, i) => {
    const bad = s.bad[i];
    return good == null || bad == null ? null : errorShare({ good, bad });
  });

/** The steps in the shape in which the charts of objectives take them. */
export const asSeries = (d: Pick<ServiceDocument, 'series' | 'from' | 'to'>): Series => ({ ...d.series, from: d.from, to: d.to, budget_remaining: [] });

/** What the charts add up, in counts. */
export function shown(d: Pick<ServiceDocument, 'operations' | 'operation' | 'scope'>): Counts {
  const of = d.operations.filter((o) => (d.scope === 'operation' ? o.operation === d.operation : d.scope === 'all' || o.entry));
  return of.reduce((sum, o) => ({ good: sum.good + o.good, bad: sum.bad + o.bad, excluded: sum.excluded + o.excluded }), { good: 0, bad: 0, excluded: 0 });
}

/** Events a second, as coarse as is still true: '42/s', '3.1/min', '5.0/h'. */
export function rate(perSecond: number): string {
  if (perSecond >= 1) return `${coarse(perSecond)}/s`;
  if (perSecond * 60 >= 1) return `${coarse(perSecond * 60)}/min`;
  return perSecond === 0 ? '0/s' : `${coarse(Math.max(0.1, perSecond * 3600))}/h`;
}

const coarse = (n: number): string => (n >= 10 ? format.count(n) : n.toFixed(1));

export const sorts = ['traffic', 'errors', 'p95'] as const;
export type Sort = (typeof sorts)[number];

const weight: Record<Sort, (o: ServiceOperation) => number> = {
  traffic: valid,
  errors: (o) => errorShare(o) ?? -1,
  p95: (o) => o.p95_ms ?? -1,
};

/** Most first; what others ask of the service stands before what it asks of them. */
export const sorted = (all: readonly ServiceOperation[], by: Sort): ServiceOperation[] =>
  [...all].sort((a, b) => Number(b.entry) - Number(a.entry) || weight[by](b) - weight[by](a) || valid(b) - valid(a) || a.operation.localeCompare(b.operation));

export interface Threshold { under: number; names: string[] }

/** The thresholds of objectives that count what is shown, each once, the shortest first. */
export function thresholds(d: Pick<ServiceDocument, 'objectives' | 'operation' | 'scope'>): Threshold[] {
  const found = new Map<number, string[]>();
  for (const o of d.objectives) {
    const counts = d.scope !== 'operation' || o.operation === '' || o.operation === d.operation;
    if (o.under_ms !== null && counts) found.set(o.under_ms, [...(found.get(o.under_ms) ?? []), o.name]);
  }
  return [...found].map(([under, names]) => ({ under, names })).sort((a, b) => a.under - b.under);
}

/** Which operations of the service the quantiles are of, in words. */
export const scopeText = (d: Pick<ServiceDocument, 'operation' | 'scope'>): string =>
  d.scope === 'operation' ? d.operation : d.scope === 'entry' ? 'all entry operations' : 'all operations';

/** [first, last] step of every run in which a version was seen, with its own counts. */
export function appearances(v: Pick<ServiceVersion, 'series_valid' | 'series_bad'>): { first: number; last: number }[] {
  const runs: { first: number; last: number }[] = [];
  v.series_valid.forEach((n, i) => {
    if (n === null) return;
    const last = runs[runs.length - 1];
    if (last && last.last === i - 1) last.last = i;
    else runs.push({ first: i, last: i });
  });
  return runs;
}

/** The version that runs: of those seen last the busiest in its last step. */
export function running(all: readonly ServiceVersion[]): ServiceVersion | undefined {
  const last = (v: ServiceVersion): number => v.series_valid.reduce<number>((n, x) => x ?? n, 0);
  return [...all].sort((a, b) => b.last_seen.localeCompare(a.last_seen) || last(b) - last(a))[0];
}
