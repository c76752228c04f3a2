// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// A logarithmic axis for burn rates, so that a spike of 500x leaves room for the
// threshold of 2.8x. It has no zero: what burns slower than its floor is drawn
// on the floor, and the floor's label says so.

/** Slower burns are all the same: of a budget for 28 days they spend less than a tenth. */
export const usualFloor = 0.1;

export interface LogAxis { min: number; max: number }

/** Holds every threshold and the highest rate with some room above, and starts a decade below the lowest threshold. */
export function logAxis(rates: readonly (readonly (number | null)[])[], thresholds: readonly number[]): LogAxis {
  const peak = rates.flat().reduce<number>((high, r) => (r !== null && Number.isFinite(r) && r > high ? r : high), 1);
  const positive = thresholds.filter((t) => t > 0);
  const lowest = Math.min(1, ...positive);
  const min = lowest >= usualFloor * 5 ? usualFloor : 10 ** (Math.floor(Math.log10(lowest)) - 1);
  return { min, max: Math.max(peak * 1.25, Math.max(1, ...positive) * 1.7, 5) };
}

/** Where a rate is drawn; null stays a gap, 0 lies on the floor. */
export const onAxis = (axis: LogAxis, rate: number | null | undefined): number | null =>
  rate == null || !Number.isFinite(rate) ? null : Math.min(axis.max, Math.max(axis.min, rate));

/** Whole decades, with 2 and 5 between them while there is room for so many ticks. */
export function logTicks({ min, max }: LogAxis, most: number): number[] {
  const between = (steps: readonly number[]): number[] => {
    const found: number[] = [];
    for (let decade = Math.floor(Math.log10(min)); 10 ** decade <= max; decade++) {
      // Powers of ten are not exact in floats, their text is.
      for (const step of steps) found.push(Number(`${step}e${decade}`));
    }
    return found.filter((t) => t >= min && t <= max);
  };
  const fine = between([1, 2, 5]);
  if (fine.length <= most) return fine;
  const decades = between([1]);
  const every = Math.ceil(decades.length / Math.max(1, most));
  return decades.filter((_, i) => i % every === 0);
}

/** Moves labels apart that would stand closer than the gap, each as little as needed and none beyond the ends. */
export function apart(wanted: readonly number[], gap: number, from: number, to: number): number[] {
  const order = wanted.map((at, i) => ({ at, i })).sort((a, b) => a.at - b.at);
  order.forEach((label, k) => (label.at = Math.max(label.at, k === 0 ? from : order[k - 1]!.at + gap)));
  for (let k = order.length - 1; k >= 0; k--) {
    const limit = k === order.length - 1 ? to : order[k + 1]!.at - gap;
    order[k]!.at = Math.min(order[k]!.at, limit);
  }
  const placed: number[] = [];
  for (const { at, i } of order) placed[i] = at;
  return placed;
}
