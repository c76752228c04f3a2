// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One chart with everything around it that uPlot lacks: a name, a summary, a
// cursor for the keyboard that is also spoken, the same numbers as a table.
// uPlot itself stays behind this file and plot.ts.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { paint } from '../parts/theme';
import { instant, zone } from '../time';
import type { Zone } from '../time';

export interface Column {
  head: string;
  cell: (step: number) => string;
}

export interface ChartProps {
  title: string;
  /** One sentence that says what a look at the picture would. */
  summary: string;
  /** Ends of the steps in Unix seconds; every cell belongs to one. */
  stamps: readonly number[];
  columns: readonly Column[];
  plot: (zone: Zone) => { options: Omit<uPlot.Options, 'width' | 'height'>; data: uPlot.AlignedData };
  height: number;
  legend: ComponentChildren;
  zoom: (from: number, to: number) => void;
  back: () => void;
}

export function Chart(props: ChartProps) {
  const id = useId();
  const asTable = useSignal(false);
  const step = useSignal<number | null>(null);
  const spoken = useSignal('');
  const say = (i: number | null): string =>
    i === null ? '' : `${instant(props.stamps[i] ?? null, zone.value)}: ${props.columns.map((c) => `${c.head} ${c.cell(i)}`).join(', ')}`;
  return (
    <figure class="chart card" role="figure" aria-labelledby={`${id}-title`} aria-describedby={`${id}-summary`}>
      <figcaption>
        <h2 id={`${id}-title`}>{props.title}</h2>
        <button type="button" class="plain" onClick={() => (asTable.value = !asTable.value)}>
          {asTable.value ? 'Show chart' : 'Show table'}
        </button>
        <p id={`${id}-summary`} class="quiet">{props.summary}</p>
      </figcaption>
      {asTable.value ? (
        <StepTable {...props} />
      ) : (
        <>
          <Plot {...props} step={step} spoken={spoken} say={say} />
          <p class="readout" aria-hidden="true">{say(step.value) || <span class="quiet">{props.legend}</span>}</p>
          <p class="hidden" aria-live="polite">{spoken}</p>
        </>
      )}
    </figure>
  );
}

interface PlotProps extends ChartProps {
  step: { value: number | null };
  spoken: { value: string };
  say: (step: number | null) => string;
}

function Plot({ title, stamps, plot, height, zoom, back, step, spoken, say }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const act = useRef({ zoom, back });
  const held = useRef<number | null>(null);
  act.current = { zoom, back };
  const cursorAt = (i: number | null): void => {
    step.value = i;
    held.current = i === null ? null : (stamps[i] ?? null);
  };
  const built = useMemo(() => plot(zone.value), [plot, zone.value, paint.value]);

  useEffect(() => {
    const element = host.current!;
    const u = new uPlot(withInput(built.options, act, cursorAt, element.clientWidth, height), built.data, element);
    drawn.current = u;
    // A refresh draws a new picture under a cursor that has not moved.
    const i = held.current === null ? -1 : stamps.indexOf(held.current);
    if (i >= 0) queueMicrotask(() => drawn.current === u && u.setCursor({ left: u.valToPos(stamps[i]!, 'x'), top: u.over.clientHeight / 2 }));
    else cursorAt(null);
    const resize = new ResizeObserver(() => {
      if (element.clientWidth > 0 && element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      resize.disconnect();
      u.destroy();
      drawn.current = null;
    };
  }, [built, height]);

  const press = (event: KeyboardEvent): void => {
    const u = drawn.current;
    if (!u || stamps.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = stamps.length - 1;
    const at = step.value ?? last;
    const moves: Record<string, number> = { ArrowLeft: at - (event.shiftKey ? 10 : 1), ArrowRight: at + (event.shiftKey ? 10 : 1), Home: 0, End: last };
    const to = moves[event.key];
    if (to !== undefined) {
      event.preventDefault();
      const i = Math.min(last, Math.max(0, step.value === null && event.key.startsWith('Arrow') ? last : to));
      moveCursor(u, u.valToPos(stamps[i]!, 'x'), u.over.clientHeight / 2);
      cursorAt(i);
      spoken.value = say(i);
    } else if (event.key === 'z') zoomAround(stamps[at]!, u, act.current.zoom);
    else if (event.key === 'x') act.current.back();
    else if (event.key === 'Escape') {
      moveCursor(u, -10, -10);
      cursorAt(null);
    }
  };
  return (
    <div
      ref={host}
      class="plot"
      tabIndex={0}
      role="application"
      aria-label={`${title}, chart. Arrow keys move the cursor, z zooms in, x goes back.`}
      onKeyDown={press}
    />
  );
}

/** The third argument publishes to the synced charts; uPlot's own types leave it out. */
function moveCursor(u: uPlot, left: number, top: number): void {
  (u.setCursor as (at: { left: number; top: number }, fire: boolean, publish: boolean) => void)({ left, top }, true, true);
}

/** Half of what is shown, centred on the cursor, kept inside the picture. */
function zoomAround(centre: number, u: uPlot, zoom: ChartProps['zoom']): void {
  const [min, max] = [u.scales['x']?.min, u.scales['x']?.max];
  if (min == null || max == null) return;
  const quarter = (max - min) / 4;
  const from = Math.min(Math.max(min, centre - quarter), max - 2 * quarter);
  zoom(Math.round(from), Math.round(from + 2 * quarter));
}

/** Drag zooms and double click goes back, both through the address; synced charts follow the cursor only. */
function withInput(
  options: Omit<uPlot.Options, 'width' | 'height'>,
  act: { current: { zoom: ChartProps['zoom']; back: () => void } },
  cursorAt: (step: number | null) => void,
  width: number,
  height: number,
): uPlot.Options {
  // uPlot publishes a selection to every synced chart; only the one under the pointer may act on it.
  let dragged = false;
  const select = (u: uPlot): void => {
    const mine = dragged && u.select.width > 6;
    const [from, to] = [u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x')];
    dragged = false;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    if (mine) act.current.zoom(Math.floor(from), Math.ceil(to));
  };
  return {
    ...options,
    width,
    height,
    legend: { show: false },
    cursor: {
      sync: { key: 'objective', setSeries: false },
      drag: { x: true, y: false, setScale: false },
      points: { size: 7 },
      bind: { dblclick: () => () => (act.current.back(), null) },
    },
    hooks: {
      ...options.hooks,
      ready: [(u) => u.over.addEventListener('mousedown', () => (dragged = true))],
      setCursor: [(u) => cursorAt(u.cursor.left != null && u.cursor.left >= 0 ? (u.cursor.idx ?? null) : null)],
      setSelect: [select],
    },
  };
}

const rowsPerPage = 50;

/** Every step of the chart, newest first. */
function StepTable({ title, stamps, columns }: ChartProps) {
  const page = useSignal(0);
  const pages = Math.max(1, Math.ceil(stamps.length / rowsPerPage));
  const at = Math.min(page.value, pages - 1);
  const newest = stamps.length - 1 - at * rowsPerPage;
  const rows = Array.from({ length: Math.min(rowsPerPage, newest + 1) }, (_, i) => newest - i);
  return (
    <div class="step-table">
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table>
          <thead><tr><th scope="col">Step ending</th>{columns.map((c) => <th key={c.head} scope="col" class="num">{c.head}</th>)}</tr></thead>
          <tbody>
            {rows.map((i) => (
              <tr key={i}><th scope="row">{instant(stamps[i] ?? null, zone.value)}</th>{columns.map((c) => <td key={c.head} class="num">{c.cell(i)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="pager">
        <button type="button" disabled={at === 0} onClick={() => (page.value = at - 1)}>Newer</button>
        <span>Page {at + 1} of {pages}</span>
        <button type="button" disabled={at >= pages - 1} onClick={() => (page.value = at + 1)}>Older</button>
      </p>
    </div>
  );
}
