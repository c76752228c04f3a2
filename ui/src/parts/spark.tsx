// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { sparkHeight } from '../trend';
import type { Spark as Drawn } from '../trend';

/** The picture of a trend; what was back-filled is lighter and stands on a broken line. */
export function Spark({ of }: { of: Drawn | undefined }) {
  if (of === undefined || of.paths.length === 0) return null;
  return (
    <svg class="spark" width={of.width} height={sparkHeight} viewBox={`0 0 ${of.width} ${sparkHeight}`} role="img">
      <title>{of.title}</title>
      {of.paths.map(({ look, d }) => <path key={look} class={look} d={d} />)}
    </svg>
  );
}
