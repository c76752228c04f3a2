// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The event lane: what happened, on the pixels of the charts around it. One stop
// of the Tab key leads in, arrow keys move inside, Enter shows the range of an
// event; the same events stand in a table.
import { useSignal } from '@preact/signals';
import type { Signal } from '@preact/signals';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import { cursor, highlight, point } from '../../charts/cursor';
import { csv, fileName } from '../../charts/csv';
import { saveText } from '../../charts/save';
import { during, lay, rangeFor } from '../../lane';
import type { Item, Placed, Row } from '../../lane';
import { chooseRange, instant, rfc3339, zone } from '../../time';
import { EventTable, when } from './eventtable';
import { laneSummary } from './lanesummary';

interface Props {
  items: readonly Item[];
  /** How many earlier ones the server left out. */
  omitted: number;
  from: number;
  to: number;
  /** The newest evaluation, up to which open ones last. */
  now: number | null;
  about: readonly string[];
  back: () => void;
}

export function Lane(props: Props) {
  const { items, omitted, from, to, about } = props;
  const id = useId();
  const asTable = useSignal(false);
  const seen = useSignal<Item | null>(null);
  return (
    <figure class="chart lane" role="figure" aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <figcaption>
        <h2 id={`${id}-title`}>Events</h2>
        <span class="chart-acts">
          <button type="button" class="plain" onClick={() => (asTable.value = !asTable.value)}>{asTable.value ? 'Show chart' : 'Show table'}</button>
          <button type="button" class="plain" aria-label="Download Events as CSV" onClick={() => saveText(fileName([...about, 'events'], 'csv'), itemsAsCsv(items))}>CSV</button>
        </span>
        <p id={`${id}-summary`} class="quiet">{laneSummary(items, from, to, omitted, zone.value)}</p>
      </figcaption>
      {asTable.value ? <EventTable items={items} now={props.now} /> : <Picture {...props} seen={seen} />}
    </figure>
  );
}

const itemsAsCsv = (items: readonly Item[]): string =>
  csv(['from', 'to', 'row', 'title', 'detail'], items.map((i) => [rfc3339(i.from), i.to === null ? '' : rfc3339(i.to), i.row, i.title, i.detail]));

function Picture({ items, from, to, now, seen, back }: Props & { seen: Signal<Item | null> }) {
  const host = useRef<HTMLDivElement>(null);
  const width = useSignal(1000);
  const entry = useSignal('');
  useEffect(() => {
    const measure = new ResizeObserver(([box]) => box && (width.value = Math.max(100, Math.round(box.contentRect.width))));
    if (host.current) measure.observe(host.current);
    return () => {
      measure.disconnect();
      highlight.value = null;
    };
  }, []);
  const rows = useMemo(() => lay(items, from, to, width.value), [items, from, to, width.value]);
  const keys = rows.flatMap((row) => row.placed.map((p) => p.item.key));
  const first = keys.includes(entry.value) ? entry.value : keys[0];
  const leave = (): void => {
    seen.value = highlight.value = null;
    point(null);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Escape') return leave();
    if (event.key === 'x') return back();
    const button = (event.target as Element).closest<HTMLElement>('[data-key]');
    const next = button && neighbour(rows, button.dataset['key']!, event.key);
    if (!next) return;
    event.preventDefault();
    entry.value = next.item.key;
    (event.currentTarget as Element).querySelector<HTMLElement>(`[data-key="${CSS.escape(next.item.key)}"]`)?.focus();
  };
  const look = (item: Item): void => {
    entry.value = item.key;
    seen.value = item;
    highlight.value = [item.from, item.to ?? to];
    point(Math.min(to, Math.max(from, item.from)));
  };
  const show = (item: Item): void => chooseRange(rangeFor(item.from, item.to, now));
  return (
    <>
      <div class="lane-rows" role="toolbar" aria-label="Events. Arrow keys move, Enter shows the range of one, x goes back." aria-orientation="horizontal" onKeyDown={press} onMouseLeave={leave} onFocusOut={() => (seen.value = highlight.value = null)}>
        {rows.map((row) => (
          <div key={row.key} class={`lane-row row-${row.key}`} role="group" aria-label={row.name}>
            <span class="lane-name" aria-hidden="true">{row.name}</span>
            <div class="lane-tracks" style={{ height: `${row.tracks * 20}px` }}>
              {row.placed.map((p) => <Bar key={p.item.key} of={p} entry={p.item.key === first} look={look} show={show} />)}
            </div>
          </div>
        ))}
        <div class="lane-over" ref={host}><CursorLine from={from} to={to} /></div>
      </div>
      <Readout items={items} seen={seen} empty={rows.length === 0} />
    </>
  );
}

const percent = (share: number): string => `${(share * 100).toFixed(3)}%`;

function Bar({ of: p, entry, look, show }: { of: Placed; entry: boolean; look: (item: Item) => void; show: (item: Item) => void }) {
  const { item } = p;
  const whole = p.right - p.left;
  return (
    <button
      type="button"
      class={`bar tone-${item.tone} label-${p.label}${item.to === null ? ' is-open' : ''}`}
      style={{ left: percent(p.left), width: percent(whole), top: `${p.track * 20}px` }}
      data-key={item.key}
      tabIndex={entry ? 0 : -1}
      aria-label={`${item.title}, ${when(item, zone.value)}. ${item.detail}`}
      onFocus={() => look(item)}
      onMouseEnter={() => look(item)}
      onClick={() => show(item)}
    >
      {p.spans.map(([a, b], i) => <i key={i} style={{ left: percent(Math.max(0, (a - p.left) / whole)), width: percent(Math.min(1, (b - a) / whole)) }} />)}
      {p.label !== 'none' && <span>{item.name}</span>}
    </button>
  );
}

/** Left and right along a row, up and down to what is nearest in the next one. */
function neighbour(rows: readonly Row[], key: string, press: string): Placed | undefined {
  const r = rows.findIndex((row) => row.placed.some((p) => p.item.key === key));
  if (r < 0) return undefined;
  const inTime = (row: Row): Placed[] => [...row.placed].sort((a, b) => a.left - b.left || a.track - b.track);
  const row = inTime(rows[r]!);
  const i = row.findIndex((p) => p.item.key === key);
  const nearest = (other: Row | undefined): Placed | undefined => other && inTime(other).sort((a, b) => Math.abs(a.left - row[i]!.left) - Math.abs(b.left - row[i]!.left))[0];
  switch (press) {
    case 'ArrowRight': return row[i + 1];
    case 'ArrowLeft': return row[i - 1];
    case 'ArrowDown': return nearest(rows[r + 1]);
    case 'ArrowUp': return nearest(rows[r - 1]);
    case 'Home': return row[0];
    case 'End': return row[row.length - 1];
    default: return undefined;
  }
}

function CursorLine({ from, to }: { from: number; to: number }) {
  const at = cursor.value;
  if (at === null || at < from || at > to) return null;
  return <i class="lane-cursor" style={{ left: percent((at - from) / (to - from)) }} />;
}

function Readout({ items, seen, empty }: { items: readonly Item[]; seen: Signal<Item | null>; empty: boolean }) {
  const of = seen.value;
  if (of) return <p class="readout"><strong>{of.title}</strong>, {when(of, zone.value)}{of.detail === '' ? '' : `: ${of.detail}`} <span class="quiet">Click or Enter shows its range.</span></p>;
  const at = cursor.value;
  const held = at === null ? [] : during(items, at);
  if (at !== null) return <p class="readout" aria-hidden="true">{instant(at, zone.value)}: {held.length === 0 ? 'nothing happened' : held.map((i) => i.title).join(', ')}</p>;
  if (empty) return <p class="readout quiet">Nothing happened in this range.</p>;
  return <p class="readout quiet">Starts of versions, alerts and rules are drawn through every chart.</p>;
}
