// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The little pieces of line that stand in the legends, in colour and dash those of the charts.
import { burnDashes } from '../../charts/burn';

export function Swatch({ kind }: { kind: 'ok' | 'ideal' | 'sli' | 'target' | 'below' | 'bad' | 'out' }) {
  return <svg class={`swatch swatch-${kind}`} viewBox="0 0 20 10" width="20" height="10" aria-hidden="true">{kind === 'below' || kind === 'out' ? <rect width="20" height="10" /> : <path d="M0 5h20" />}</svg>;
}

export function BurnSwatch({ style }: { style: number }) {
  return <svg class={`swatch swatch-burn-${style + 1}`} viewBox="0 0 28 10" width="28" height="10" aria-hidden="true"><path d="M0 5h28" stroke-dasharray={burnDashes[style]?.join(' ')} /></svg>;
}
