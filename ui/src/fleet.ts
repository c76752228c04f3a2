// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The list of objectives without its elements: what filters it, how it is
// grouped, and what is said above it. The state is the server's; nothing here
// decides it.
import type { Alert } from './alert';
import type { Objective, State } from './api';
import * as format from './format';
import { instant, unix } from './time';
import type { Zone } from './time';
import { budgetLeft, pace, severity, stateLabel, states, worstFirst } from './verdict';

/** By what objectives are narrowed and grouped. The key is that of the address. */
export interface Facet { key: string; name: string; all: string; none: string; of: (o: Objective) => string }

export const facets: readonly Facet[] = [
  { key: 'service', name: 'Service', all: 'All services', none: 'no service', of: (o) => o.service },
  { key: 'team', name: 'Team', all: 'All teams', none: 'no team', of: (o) => o.owner },
  { key: 'journey', name: 'Journey', all: 'All journeys', none: 'no journey', of: (o) => o.journey },
  { key: 'environment', name: 'Environment', all: 'All environments', none: 'no environment', of: (o) => o.environment },
];

/** In the address, where an absent parameter already means all: objectives that have none. */
export const none = '-';

export interface Filter { text: string; states: ReadonlySet<string>; facets: ReadonlyMap<string, string> }

export function filterOf(from: URLSearchParams): Filter {
  return {
    text: from.get('q') ?? '',
    states: new Set((from.get('state') ?? '').split(',').filter((s) => s !== '')),
    facets: new Map(facets.flatMap(({ key }) => (from.get(key) ?? '') === '' ? [] : [[key, from.get(key)!]])),
  };
}

/** Whether a filter takes an objective. One of its parts can be left out, to count what another choice of it would show. */
export function matches(o: Objective, filter: Filter, without = ''): boolean {
  if (without !== 'state' && filter.states.size > 0 && !filter.states.has(o.state)) return false;
  for (const facet of facets) {
    const want = filter.facets.get(facet.key);
    if (want !== undefined && without !== facet.key && facet.of(o) !== (want === none ? '' : want)) return false;
  }
  if (filter.text === '') return true;
  const haystack = [o.name, o.service, o.namespace, o.environment, o.journey, o.owner, o.cause].join(' ').toLowerCase();
  return filter.text.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}

/** The choices of a facet among what the other filters take, with how many each would show. */
export function choices(facet: Facet, slos: readonly Objective[], filter: Filter): { value: string; label: string; n: number }[] {
  const counted = new Map<string, number>();
  for (const o of slos) {
    if (matches(o, filter, facet.key)) counted.set(facet.of(o) || none, (counted.get(facet.of(o) || none) ?? 0) + 1);
  }
  const chosen = filter.facets.get(facet.key);
  if (chosen !== undefined && !counted.has(chosen)) counted.set(chosen, 0);
  const last = (value: string): number => (value === none ? 1 : 0);
  return [...counted].map(([value, n]) => ({ value, label: value === none ? facet.none : value, n }))
    .sort((a, b) => last(a.value) - last(b.value) || a.value.localeCompare(b.value));
}

/** What narrows the list, each as words and as the parameters that take it away. */
export function narrowings(filter: Filter): { label: string; without: Record<string, string | null> }[] {
  const all: { label: string; without: Record<string, string | null> }[] = [];
  for (const state of filter.states) {
    const rest = [...filter.states].filter((s) => s !== state).join(',');
    all.push({ label: stateLabel[state as State] ?? state, without: { state: rest } });
  }
  for (const facet of facets) {
    const value = filter.facets.get(facet.key);
    if (value !== undefined) all.push({ label: value === none ? facet.none : `${facet.name} ${value}`, without: { [facet.key]: null } });
  }
  if (filter.text !== '') all.push({ label: `“${filter.text}”`, without: { q: null } });
  return all;
}

export const noFilter: Record<string, null> = Object.fromEntries(['q', 'state', ...facets.map((f) => f.key)].map((key) => [key, null]));

/** Objectives that belong together, worst first, and groups by their worst. One group without a name when there is nothing to group by. */
export interface Group { name: string; slos: Objective[] }

export function grouped(slos: readonly Objective[], by: string): Group[] {
  const sorted = [...slos].sort(worstFirst);
  const facet = facets.find((f) => f.key === by);
  if (facet === undefined) return [{ name: '', slos: sorted }];
  const groups = new Map<string, Objective[]>();
  for (const o of sorted) {
    const name = facet.of(o) || facet.none;
    groups.get(name)?.push(o) ?? groups.set(name, [o]);
  }
  return [...groups].map(([name, of]) => ({ name, slos: of }));
}

/** How many are in each state that there is, worst first. */
export const tally = (slos: readonly Objective[]): { state: State; n: number }[] =>
  states.map((state) => ({ state, n: slos.filter((o) => o.state === state).length })).filter(({ n }) => n > 0);

/** Somebody should look now. What is paused, or was never measured, waits. */
export const needsYou = (state: State): boolean => severity(state) <= severity('no_data');

/** The fleet in a sentence. */
export interface Headline { verdict: string; worst: { of: Objective; says: string }[]; more: number; rest: string }

const named = 3;

export function headline(slos: readonly Objective[], alerts: readonly Alert[], zone: Zone, now: number): Headline {
  const need = slos.filter((o) => needsYou(o.state)).sort(worstFirst);
  const counted = tally(slos);
  const n = (state: State): number => counted.find((c) => c.state === state)?.n ?? 0;
  const rest: string[] = [];
  if (n('not_measured') > 0 && n('not_measured') < slos.length) rest.push(`${n('not_measured')} ${n('not_measured') === 1 ? 'is' : 'are'} not measured yet`);
  if (n('paused') > 0) rest.push(`${n('paused')} ${n('paused') === 1 ? 'is' : 'are'} paused`);
  return {
    verdict: verdictOf(slos.length, need.length, n('ok'), n('not_measured')),
    worst: need.slice(0, named).map((o) => ({ of: o, says: trouble(o, since(o, alerts), zone, now) })),
    more: Math.max(0, need.length - named),
    rest: rest.join(', '),
  };
}

function verdictOf(all: number, need: number, ok: number, unmeasured: number): string {
  const of = format.plural(all, 'objective', 'objectives');
  if (need > 0) return all === 1 ? 'Your objective needs you' : `${need} of ${of} ${need === 1 ? 'needs' : 'need'} you`;
  if (unmeasured === all) return all === 1 ? 'Your objective is not measured yet' : `None of ${of} is measured yet`;
  if (ok === all) return all === 1 ? 'Your objective is within its budget' : `All ${of} are within their budgets`;
  return `${ok} of ${of} ${ok === 1 ? 'is within its budget' : 'are within their budgets'}`;
}

/** When the alert that calls about an objective began; the oldest, when several do. */
function since(o: Objective, alerts: readonly Alert[]): number | null {
  const of = alerts.filter((a) => a.state === 'firing' && a.objective === o.name && a.service === o.service && a.namespace === o.namespace && a.environment === o.environment);
  const began = of.map((a) => unix(a.started_at)).filter((at) => at !== null);
  return began.length === 0 ? null : Math.min(...began);
}

function trouble(o: Objective, began: number | null, zone: Zone, now: number): string {
  const rate = pace(o);
  const when = began === null ? '' : ` since ${clock(began, zone, now)}`;
  const burns = rate === null || rate.rate < 1 ? '' : `burns ${format.burnRate(rate.rate)}${when}`;
  const left = budgetLeft(o);
  switch (o.state) {
    case 'breaching': return burns === '' ? `is called for${when}` : burns;
    case 'exhausted': return left === null || left === -Infinity ? 'has overspent its budget' : `has overspent its budget by ${format.share(-left, 0)}`;
    case 'at_risk':
      if (o.cause_code === 'low_trust') return `is at risk: ${o.cause}`;
      return burns !== '' ? burns : left === null ? 'is at risk' : `has ${format.share(left)} of its budget left`;
    case 'misconfigured': return 'cannot be measured as it is written';
    case 'no_data': return 'gets no events';
    default: return (stateLabel[o.state] ?? o.state).toLowerCase();
  }
}

/** '12:04 UTC' for what began within a day, with the date before. */
const clock = (at: number, zone: Zone, now: number): string => {
  const text = instant(at, zone);
  return now - at < 20 * 3600 ? text.slice(11) : text;
};
