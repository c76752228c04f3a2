// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What each condition of a rule sees: its windows, how fast they burn, and
// the threshold that both must exceed.
import type { AlertWindow, Condition } from '../alert';
import * as format from '../format';

export function Conditions({ of }: { of: Condition[] }) {
  return (
    <dl class="pairs">
      {of.map((c, i) => <Windows key={i} of={c} />)}
    </dl>
  );
}

function Windows({ of: c }: { of: Condition }) {
  if (c.kind === 'absent') return null;
  const threshold = c.kind === 'burn' ? c.threshold : null;
  return (
    <>
      {c.long.window !== '' && <Window name={c.short.window === '' ? 'Window' : 'Long window'} of={c.long} threshold={threshold} />}
      {c.short.window !== '' && <Window name="Short window" of={c.short} threshold={threshold} />}
      <div>
        <dt>{c.kind === 'exhausts' ? 'Gone within' : 'Threshold'}</dt>
        <dd><strong>{thresholdText(c)}</strong>{c.share !== null && <span class="quiet"> {format.share(c.share)} {c.kind === 'drop' ? 'taken' : 'spent'}</span>}</dd>
      </div>
    </>
  );
}

function thresholdText(c: Condition): string {
  if (c.kind === 'exhausts') return c.within;
  if (c.threshold === null) return format.notMeasured;
  // As it was written: a threshold is a setting and never rounded.
  return c.kind === 'burn' ? `${c.threshold}x` : `${Number((c.threshold * 100).toPrecision(12))}% of the budget`;
}

function Window({ name, of: w, threshold }: { name: string; of: AlertWindow; threshold: number | null }) {
  const above = threshold !== null && w.burn !== null && w.burn > threshold;
  return (
    <div class={above ? 'is-above' : ''}>
      <dt>{name} {w.window}</dt>
      <dd>
        <strong>{format.burnRate(w.burn)}</strong>
        {threshold !== null && w.burn !== null && <span class="quiet"> {above ? 'above' : 'not above'}</span>}
        <Meter burn={w.burn} threshold={threshold} />
        {w.total !== null && w.total > 0 && <span class="quiet">{format.count(w.bad)} bad of {format.count(w.total)}</span>}
        {w.total === 0 && <span class="quiet">no event</span>}
      </dd>
    </div>
  );
}

const [least, most] = [0.1, 1000];

/** Burn rates on a logarithmic scale from 0.1 to 1,000, so that a spike leaves room for the threshold. */
const place = (rate: number): number => (100 * Math.log10(Math.min(most, Math.max(least, rate)) / least)) / Math.log10(most / least);

/** The same as the text beside it, for the eye. */
function Meter({ burn, threshold }: { burn: number | null; threshold: number | null }) {
  return (
    <svg class="meter" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" x="0" y="2" width="100" height="6" rx="1" />
      {burn !== null && <rect class="fill" x="0" y="2" width={place(burn)} height="6" rx="1" />}
      {threshold !== null && <path class="mark" d={`M${place(threshold)} 0v10`} />}
    </svg>
  );
}
