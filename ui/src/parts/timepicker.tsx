// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Chooses the range of a page. Presets are links, so they can be opened, copied and read.
import { useSignal } from '@preact/signals';
import { chooseRange, follows, instant, orderedAbsolute, parseInstant, presets, rangeProblem, rfc3339, unix, windowSeconds, zone } from '../time';
import type { Range } from '../time';
import { hereWith } from '../places';

interface Props {
  range: Range;
  /** The range as the server resolved it, once it answered. */
  shown: { from: string; to: string } | null;
  window: string;
  /** True when the window is only the longest range on offer, and nothing's own. */
  plain?: boolean;
}

export function TimePicker({ range, shown, window, plain = false }: Props) {
  const rolling = windowSeconds(window) !== null;
  const names: string[] = [...new Set([...presets, ...(rolling ? [window] : [])])];
  return (
    <div class="time-picker" role="group" aria-label="Time range">
      <div class="segments">
        {names.map((name) => {
          const on = range.to === 'now' && range.from === `now-${name}`;
          const href = hereWith({ from: `now-${name}`, to: null });
          return <a key={name} href={href} aria-current={on ? 'true' : undefined}>{name === window && !plain ? `${name} window` : name}</a>;
        })}
        {!rolling && <a href={hereWith({ from: null, to: null })}>{window}</a>}
      </div>
      <Shift shown={shown} />
      <Custom key={`${range.from} ${range.to}`} range={range} />
      <span class="quiet range-text">
        {shown ? `${instant(unix(shown.from), zone.value, 'bare')} to ${instant(unix(shown.to), zone.value)}` : ''}
        {follows(range) ? '' : ' · pinned, does not follow new data'}
      </span>
    </div>
  );
}

function Shift({ shown }: { shown: Props['shown'] }) {
  const [from, to] = [unix(shown?.from ?? null), unix(shown?.to ?? null)];
  if (from === null || to === null) return null;
  const half = (to - from) / 2;
  const move = (by: number, grow: number): void => chooseRange({ from: rfc3339(from + by - grow), to: rfc3339(to + by + grow) });
  return (
    <div class="segments">
      <button type="button" aria-label="Earlier" onClick={() => move(-half, 0)}>←</button>
      <button type="button" aria-label="Zoom out" onClick={() => move(0, half)}>−</button>
      <button type="button" aria-label="Later" onClick={() => move(half, 0)}>→</button>
    </div>
  );
}

function Custom({ range }: { range: Range }) {
  const from = useSignal(range.from);
  const to = useSignal(range.to);
  const problem = useSignal('');
  const apply = (event: SubmitEvent): void => {
    event.preventDefault();
    const next = { from: parseInstant(from.value, zone.value), to: parseInstant(to.value, zone.value) };
    problem.value = rangeProblem(next.from, next.to) ?? (orderedAbsolute(next.from ?? '', next.to ?? '') ? '' : 'The start has to be before the end.');
    if (problem.value === '') chooseRange({ from: next.from ?? '', to: next.to ?? '' });
  };
  return (
    <details class="custom-range">
      <summary>Custom</summary>
      <form class="popover" onSubmit={apply}>
        <label>From<input value={from.value} onInput={(e) => (from.value = e.currentTarget.value)} spellcheck={false} aria-describedby="range-help" /></label>
        <label>To<input value={to.value} onInput={(e) => (to.value = e.currentTarget.value)} spellcheck={false} aria-describedby="range-help" /></label>
        <button type="submit" class="primary">Show</button>
        <p id="range-help" class="quiet">now-6h, 2026-11-23 or 2026-11-23 14:05 ({zone.value === 'utc' ? 'UTC' : 'local time'})</p>
        <p class="bad-text" role="alert">{problem}</p>
      </form>
    </details>
  );
}
