// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a look at each chart would say, in whole sentences for those who listen.
import type { LeftOut } from '../alert';
import type { Series } from '../api';
import * as format from '../format';
import { instant } from '../time';
import type { Zone } from '../time';
import { stepShare } from './steps';

const known = (values: (number | null)[]): number[] => values.filter((v): v is number => v !== null);

const sum = (values: number[]): number => values.reduce((a, b) => a + b, 0);

/** What is left of a budget, or by how much of it more was spent than it allowed. */
const left = (share: number): string => (share < 0 ? `overspent by ${format.share(-share)}` : format.share(share));

export function budgetSummary(series: Series, zone: Zone): string {
  const all = known(series.budget_remaining);
  if (all.length === 0) return 'No budget was measured in this range.';
  const [first, last] = [all[0]!, all[all.length - 1]!];
  const lowest = all.reduce((low, v) => Math.min(low, v), Infinity);
  const at = instant(series.timestamps[series.budget_remaining.indexOf(lowest)] ?? null, zone);
  const dip = lowest < Math.min(first, last) ? `, and ${left(lowest)} at its lowest, ${at}` : '';
  const begin = series.budget_remaining[0] === null
    ? `No budget was measured in this range before ${instant(series.timestamps[series.budget_remaining.findIndex((v) => v !== null)] ?? null, zone)}; budget left then`
    : 'Budget left at the start of this range';
  return `${begin}: ${left(first)}; at its end: ${left(last)}${dip}.`;
}

export function sliSummary(series: Series, target: string): string {
  const shares = series.timestamps.map((_, i) => stepShare(series, i)).filter((s): s is number => s !== null);
  if (shares.length === 0) return 'No valid event in this range.';
  const below = shares.filter((s) => s < Number(target)).length;
  const blank = series.good.filter((v) => v === null).length;
  const count = `${below === 0 ? 'none' : format.count(below)} of ${format.plural(shares.length, 'step', 'steps')} with events`;
  return `The SLI was below the target of ${format.target(target)} in ${count}.${blank === 0 ? '' : ` ${format.plural(blank, 'step was', 'steps were')} not measured.`}`;
}

export function trafficSummary(series: Series): string {
  const [good, bad] = [known(series.good), known(series.bad)];
  if (good.length === 0) return 'Nothing was measured in this range.';
  return `${format.amount(sum(good), series.unit)} good and ${format.amount(sum(bad), series.unit)} bad ${format.noun(0, series.unit)} in this range.`;
}

/** The most urgent pair is what pages, so its peak is what a look finds first. */
export function burnSummary(series: Pick<Series, 'burn' | 'timestamps'>, zone: Zone): string {
  const lines = series.burn ?? [];
  const crossed = lines.filter((l) => l.rates.some((r) => r !== null && r > l.threshold));
  const urgent = crossed[0] ?? lines[0];
  const rates = known(urgent?.rates ?? []);
  if (urgent === undefined || rates.length === 0) return 'No burn rate was measured in this range.';
  const peak = rates.reduce((high, r) => Math.max(high, r), 0);
  const at = instant(series.timestamps[urgent.rates.indexOf(peak)] ?? null, zone);
  const most = `Over ${urgent.window} the budget burned at most ${format.burnRate(peak)}${peak > 0 ? `, ${at}` : ''}`;
  if (crossed.length === 0) return `${most}; no long window was above its threshold.`;
  return `${most}; long windows were above their thresholds for ${crossed.map((l) => `${l.rule} (${l.threshold}x)`).join(', ')}.`;
}

/** What of a range counts nowhere, said after each chart's own sentence. */
export function leftOutNote(out: readonly LeftOut[]): string {
  if (out.length === 0) return '';
  const reasons = [...new Set(out.map((x) => x.reason))];
  return ` ${format.plural(out.length, 'stretch of time is', 'stretches of time are')} left out, shaded in the chart: ${reasons.slice(0, 3).join('; ')}${reasons.length > 3 ? ' and others' : ''}.`;
}

/** Made-up and recorded history is in the numbers, and is never taken for measured. */
export function historyNote(series: Pick<Series, 'source' | 'timestamps'>): string {
  const history = series.source.filter((s) => s === 'backfill' || s === 'mixed').length;
  if (history === 0) return '';
  return ` ${format.count(history)} of ${format.plural(series.timestamps.length, 'step', 'steps')}, hatched in the chart, ${history === 1 ? 'holds' : 'hold'} back-filled history.`;
}
