// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { quantileDashes } from '../../charts/latency';

/** A quantile's own line, as the charts draw it. */
export function QuantileSwatch({ of }: { of: 0 | 1 | 2 }) {
  return <svg class={`swatch swatch-q${of}`} viewBox="0 0 28 10" width="28" height="10" aria-hidden="true"><path d="M0 5h28" stroke-dasharray={quantileDashes[of]?.join(' ')} /></svg>;
}
