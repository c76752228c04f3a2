// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The canvas of a chart with everything that can be done to it: a cursor for
// pointer and keyboard, drag to zoom, back. uPlot itself stays behind this file,
// cursor.ts and the files that build pictures.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { paint } from '../parts/theme';
import { zone } from '../time';
import type { ChartProps } from './chart';
import { cursor, highlight, syncKey } from './cursor';

interface PlotProps extends ChartProps {
  step: { value: number | null };
  spoken: { value: string };
  say: (step: number | null) => string;
  canvas: { current: HTMLCanvasElement | null };
}

export function Plot({ title, stamps, plot, height, zoom, back, step, spoken, say, canvas, span }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot | null>(null);
  const act = useRef({ zoom, back });
  const held = useRef<number | null>(null);
  act.current = { zoom, back };
  const cursorAt = (i: number | null): void => {
    step.value = i;
    held.current = i === null ? null : (stamps[i] ?? null);
    cursor.value = held.current;
  };
  const built = useMemo(() => plot(zone.value), [plot, zone.value, paint.value]);

  useEffect(() => {
    const element = host.current!;
    const draw = (): void => {
      const u = new uPlot(withInput(built.options, act, cursorAt, element.clientWidth, height), built.data, element);
      // The old picture goes when the new one is there, so that a refresh never shows an empty place.
      drawn.current?.destroy();
      drawn.current = u;
      canvas.current = u.ctx.canvas;
      // A refresh draws a new picture under a cursor that has not moved.
      const i = held.current === null ? -1 : stamps.indexOf(held.current);
      if (i >= 0) queueMicrotask(() => drawn.current === u && u.setCursor({ left: u.valToPos(stamps[i]!, 'x'), top: u.over.clientHeight / 2 }));
      else if (held.current !== null) cursorAt(null);
    };
    // Each chart in a task of its own: together they would keep a click waiting.
    const soon = setTimeout(draw);
    const resize = new ResizeObserver(() => {
      const u = drawn.current;
      if (u && element.clientWidth > 0 && element.clientWidth !== u.width) u.setSize({ width: element.clientWidth, height });
    });
    resize.observe(element);
    return () => {
      clearTimeout(soon);
      resize.disconnect();
    };
  }, [built, height]);
  useEffect(() => () => {
    drawn.current?.destroy();
    drawn.current = null;
    cursor.value = null;
  }, []);

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
    <div class="plot-frame">
      <div
        ref={host}
        class="plot"
        tabIndex={0}
        role="application"
        aria-label={`${title}, chart. Arrow keys move the cursor, z zooms in, x goes back.`}
        onKeyDown={press}
      />
      {span && <Band span={span} />}
    </div>
  );
}

/** Beside the canvas and not on it, so that pointing at things draws no chart again. */
function Band({ span: [from, to] }: { span: readonly [number, number] }) {
  const marked = highlight.value;
  if (marked === null) return null;
  const at = (t: number): number => (100 * (Math.min(to, Math.max(from, t)) - from)) / (to - from);
  const [left, right] = [at(marked[0]), at(marked[1])];
  return <div class="plot-over"><i class="plot-band" style={{ left: `${left.toFixed(3)}%`, width: `${(right - left).toFixed(3)}%` }} /></div>;
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
      sync: { key: syncKey, setSeries: false },
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
