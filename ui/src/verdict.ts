// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the pages say about an objective beyond the server's own words. The
// state, its cause and the next step are the server's; nothing here decides them.
import { forecast } from './alert';
import type { Objective, ObjectiveDetail, State } from './api';
import * as format from './format';
import { unix, windowSeconds } from './time';
import type { Zone } from './time';

/** Worst first, in the order in which the server and the command line sort: what hurts users, what may unseen, what will, what is blind, what is fine. */
export const states: readonly State[] = [
  'breaching', 'exhausted', 'misconfigured', 'at_risk', 'no_data', 'not_measured', 'paused', 'ok',
];

export const stateLabel: Record<State, string> = {
  breaching: 'Breaching',
  exhausted: 'Exhausted',
  at_risk: 'At risk',
  misconfigured: 'Misconfigured',
  no_data: 'No data',
  not_measured: 'Not measured',
  paused: 'Paused',
  ok: 'OK',
};

/** An unknown state of a newer server sorts with the worst: unknown must never look fine. */
export const severity = (state: State): number => Math.max(0, states.indexOf(state));

/** Somebody should look at what is not fine, or say that it may wait. */
export const needsAttention = (state: State): boolean => severity(state) < severity('ok');

/**
 * Share of the budget that is left: 1 is untouched, below 0 is overspent, null
 * is not measured or not yet a share, because too few events allow no bad one.
 */
export function budgetLeft(o: Pick<Objective, 'budget'>): number | null {
  const { allowed, remaining } = o.budget ?? { allowed: null, remaining: null };
  if (allowed === null || remaining === null) return null;
  if (allowed <= 0) return remaining < 0 ? -Infinity : null;
  return remaining / allowed;
}

/** The same as text; a budget of no event at all has no share, so it is told in events. */
export function leftText(o: Pick<Objective, 'budget'>): string {
  const left = budgetLeft(o);
  if (left === -Infinity) return 'overspent';
  if (left !== null) return format.share(left);
  return o.budget?.allowed === 0 ? '0 events' : format.notMeasured;
}

export function worstFirst(a: Objective, b: Objective): number {
  return (
    severity(a.state) - severity(b.state) ||
    (budgetLeft(a) ?? Infinity) - (budgetLeft(b) ?? Infinity) ||
    a.service.localeCompare(b.service) ||
    a.name.localeCompare(b.name)
  );
}

/** The burn rate worth naming first: the shortest window of an hour or more, since shorter ones flicker. */
export function pace(o: Pick<Objective, 'burn'>): { window: string; rate: number } | null {
  const known = (o.burn ?? []).flatMap((b) => (b.rate === null ? [] : [{ window: b.window, rate: b.rate, seconds: windowSeconds(b.window) ?? 0 }]));
  known.sort((a, b) => a.seconds - b.seconds);
  return known.find((b) => b.seconds >= 3600) ?? known[known.length - 1] ?? null;
}

/** When the budget is gone: the server's one answer, in words. */
export function exhaustion(o: Pick<ObjectiveDetail, 'budget' | 'exhaustion' | 'evaluated_at'>, zone: Zone): { text: string; detail: string } {
  const left = budgetLeft(o);
  if (left === null && o.budget?.allowed === 0) return { text: 'no budget yet', detail: 'too few events to allow a bad one' };
  if (left === -Infinity) return { text: 'spent', detail: 'no bad event was allowed' };
  if (left !== null && left < 0) return { text: 'spent', detail: `overspent by ${format.share(-left)} of the budget` };
  return forecast(left === null || o.exhaustion === undefined ? { state: 'unknown', at: null, window: '' } : o.exhaustion, unix(o.evaluated_at), zone);
}

/** The one sentence under the title: evidence, target and what is left, all from the same evaluation. */
export function sentence(o: Objective): string {
  const goal = `${format.target(o.target)} over ${o.window}`;
  if (o.good === null || o.bad === null || o.good + o.bad === 0) return `The target is ${goal}; no valid event stands behind a number yet.`;
  const valid = o.good + o.bad;
  const measured = `${format.sli(o.good, o.bad, format.digitsFor(o.target))} of ${format.amount(valid, o.unit)} valid ${format.noun(valid, o.unit)} ${format.inUnit(valid, o.unit) === 1 ? 'was' : 'were'} good, the target is ${goal}.`;
  const remaining = o.budget?.remaining;
  if (remaining == null) return measured;
  if (o.budget?.allowed === 0 && remaining >= 0) return `${measured} These are too few events to allow a bad one.`;
  return remaining < 0
    ? `${measured} The budget is overspent by ${format.amount(-remaining, o.unit)} ${format.noun(-remaining, o.unit)}.`
    : `${measured} ${format.amount(remaining, o.unit)} more bad ${format.noun(remaining, o.unit)} ${format.inUnit(remaining, o.unit) === 1 ? 'fits' : 'fit'} into the budget.`;
}
