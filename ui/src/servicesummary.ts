// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a look at the charts of a service would say, for those who listen.
import * as format from './format';
import { errorShares } from './service';
import type { ServiceSeries } from './service';
import { instant } from './time';
import type { Zone } from './time';

/** Where a list is highest; null when nothing is in it. */
function peak(values: readonly (number | null)[]): { at: number; value: number } | null {
  return values.reduce<{ at: number; value: number } | null>((best, value, at) => (value !== null && (best === null || value > best.value) ? { at, value } : best), null);
}

export function errorSummary(s: Pick<ServiceSeries, 'good' | 'bad' | 'timestamps'>, zone: Zone): string {
  const highest = peak(errorShares(s));
  if (highest === null) return 'No valid event in this range.';
  const sum = (list: readonly (number | null)[]): number => list.reduce<number>((all, n) => all + (n ?? 0), 0);
  const [good, bad] = [sum(s.good), sum(s.bad)];
  if (bad === 0) return `None of ${format.plural(good, 'valid event', 'valid events')} was bad.`;
  return `${format.share(bad / (good + bad), 2)} of valid events were bad; ${format.share(highest.value, 2)} at the worst, in the step ending ${instant(s.timestamps[highest.at] ?? null, zone)}.`;
}

export function latencySummary(s: Pick<ServiceSeries, 'p50_ms' | 'p95_ms' | 'timestamps'>, zone: Zone): string {
  const highest = peak(s.p95_ms);
  if (highest === null) return 'No duration was measured in this range.';
  const medians = s.p50_ms.filter((v): v is number => v !== null);
  return `p50 between ${format.millis(Math.min(...medians))} and ${format.millis(Math.max(...medians))}; p95 at most ${format.millis(highest.value)}, in the step ending ${instant(s.timestamps[highest.at] ?? null, zone)}.`;
}
