// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What is derived from the steps of a series before anything is drawn.
import type { LeftOut } from '../alert';
import type { Objective, Series } from '../api';
import { unix } from '../time';

/** Share of good events of a step; null when it had no valid event or was not measured. */
export function stepShare(series: Series, i: number): number | null {
  const [good, bad] = [series.good[i], series.bad[i]];
  if (good == null || bad == null || good + bad === 0) return null;
  return good / (good + bad);
}

/**
 * The burn-down of the events that are in the window now: what was left of the
 * present budget after each step. It is walked back from the evaluation's own
 * rest, so that it ends on exactly the number the page shows; null outside the window.
 */
export function burnDown(series: Series, o: Pick<Objective, 'budget' | 'from' | 'to'>): (number | null)[] {
  const [from, to] = [unix(o.from), unix(o.to)];
  const { allowed = null, remaining = null } = o.budget ?? {};
  const stamps = series.timestamps;
  const out: (number | null)[] = stamps.map(() => null);
  const last = stamps[stamps.length - 1];
  // A range that ends before the window does misses bad events, so nothing true can be drawn.
  if (from === null || to === null || allowed === null || remaining === null || allowed <= 0 || last === undefined || last + series.step_seconds <= to) return out;
  let left = remaining;
  for (let i = stamps.length - 1; i >= 0 && stamps[i]! > from; i--) {
    if (stamps[i]! - series.step_seconds < to) out[i] = left / allowed;
    if (stamps[i]! <= to) left += series.bad[i] ?? 0;
  }
  return out;
}

/** An even spend of the whole budget over the window, from its start; steps outside the window have none. */
export function evenSpend(stamps: readonly number[], from: number | null, length: number | null): (number | null)[] {
  return stamps.map((t) => {
    if (from === null || length === null || t < from || t > from + length) return null;
    return 1 - (t - from) / length;
  });
}

/** [first, last] index of every run of steps for which the test holds. */
export function spans<T>(values: readonly T[], holds: (value: T, index: number) => boolean): [number, number][] {
  const found: [number, number][] = [];
  values.forEach((value, i) => {
    if (!holds(value, i)) return;
    const last = found[found.length - 1];
    if (last && last[1] === i - 1) last[1] = i;
    else found.push([i, i]);
  });
  return found;
}

/** Why time of each step is left out, in whole or in part; empty where all of it counts. Both lists are in order. */
export function leftOutReasons(series: Pick<Series, 'timestamps' | 'step_seconds'>, out: readonly LeftOut[]): string[] {
  const edges = out.map((x) => ({ from: unix(x.from) ?? 0, to: unix(x.to) ?? 0, reason: x.reason }));
  let first = 0;
  return series.timestamps.map((end) => {
    const start = end - series.step_seconds;
    while (first < edges.length && edges[first]!.to <= start) first++;
    const reasons = new Set<string>();
    for (let i = first; i < edges.length && edges[i]!.from < end; i++) {
      if (edges[i]!.to > start) reasons.add(edges[i]!.reason);
    }
    return [...reasons].join(', ');
  });
}

/** Early in a window a few bad events can be many budgets; the axis stops here unless the line ends below it. The table goes on. */
const lowestAxis = -2;

/** Where the axis of a budget chart ends: it shows where the line ends, however much is overspent. */
export function lowestDrawn(left: readonly (number | null)[], burned: readonly (number | null)[]): number {
  const lowest = [...left, ...burned].reduce<number>((low, v) => (v === null ? low : Math.min(low, v)), 0);
  const last = left.reduce<number>((before, v) => v ?? before, 0);
  return lowest < 0 ? Math.max(lowest * 1.1, Math.min(lowestAxis, last * 1.1)) : 0;
}
