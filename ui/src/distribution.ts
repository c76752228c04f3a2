// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What is derived from the buckets of a distribution before it is drawn.
import { logTicks } from './charts/logaxis';
import * as format from './format';
import type { Bucket, Distribution } from './service';

export interface Bar extends Bucket {
  /** Where the bar begins on the axis; what took no time has a bar of its own before the first. */
  from: number;
  share: number;
  /** Share of all that took at most as long as this bar ends. */
  below: number;
}

/** Eight buckets are a power of two. */
const width = 2 ** (1 / 8);

/** One bar for each bucket between the first and the last, empty ones too, so that a gap is seen as one. */
export function bars(of: Distribution): Bar[] {
  const timed = of.buckets.filter((b) => b.up_to_ms > 0);
  const zero = of.buckets.find((b) => b.up_to_ms === 0);
  const first = timed[0] ?? { over_ms: 1, up_to_ms: width, count: 0 };
  const found: Bar[] = [];
  let sum = 0;
  const push = (b: Bucket, from: number): void => {
    sum += b.count;
    found.push({ ...b, from, share: b.count / of.count, below: sum / of.count });
  };
  if (zero) push({ ...zero }, first.over_ms / width);
  for (const bucket of timed) {
    const before = found[found.length - 1];
    // Bounds are floats of whole powers: a gap is at least one whole bucket wide.
    for (let over = before && before.up_to_ms > 0 ? before.up_to_ms : bucket.over_ms; bucket.over_ms / over > 1.01; over *= width) push({ over_ms: over, up_to_ms: over * width, count: 0 }, over);
    push(bucket, bucket.over_ms);
  }
  return found;
}

export const durationTicks = (min: number, max: number, most: number): number[] => logTicks({ min, max }, Math.max(2, most));

export function distributionSummary(of: Distribution): string {
  if (of.count === 0) return 'No duration was measured in this range.';
  const last = of.buckets[of.buckets.length - 1]!;
  return `Half of ${format.plural(of.count, 'event', 'events')} took at most ${format.millis(of.p50_ms)}, 95% at most ${format.millis(of.p95_ms)}, 99% at most ${format.millis(of.p99_ms)}, the slowest at most ${format.millis(last.up_to_ms)}.`;
}
