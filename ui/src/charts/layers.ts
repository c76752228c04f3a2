// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What all charts of one objective share: the frame with its axes, and what is
// drawn behind and above the lines. Colours come from the tokens, time labels from time.ts.
import uPlot from 'uplot';
import type { LeftOut } from '../alert';
import type { Series } from '../api';
import * as format from '../format';
import { colour } from '../parts/theme';
import { unix } from '../time';
import type { Zone } from '../time';
import { spans } from './steps';

export type Built = { options: Omit<uPlot.Options, 'width' | 'height'>; data: uPlot.AlignedData };
export type Layer = (u: uPlot) => void;

const axisFont = '11px system-ui, sans-serif';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A step between two unmeasured ones has no line to either side, so it is shown as a dot. */
export const lonely: uPlot.Series.Points = {
  show: true,
  size: 5,
  filter: (u, s) => {
    const values = [...(u.data[s] ?? [])];
    return values.flatMap((v, i) => (v != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
  },
};

export function frame(zone: Zone, behind: Layer[], above: Layer[]): Pick<uPlot.Options, 'tzDate' | 'hooks' | 'padding'> {
  return {
    // uPlot places ticks on whole hours and days of this date.
    tzDate: (seconds) => (zone === 'utc' ? uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC') : new Date(seconds * 1000)),
    padding: [8, 18, 0, 0],
    hooks: {
      drawClear: [(u) => inside(u, () => behind.forEach((layer) => layer(u)))],
      draw: [(u) => inside(u, () => above.forEach((layer) => layer(u)))],
    },
  };
}

export function timeScale(series: Series): uPlot.Scales {
  const [from, to] = [Date.parse(series.from) / 1000, Date.parse(series.to) / 1000];
  return { x: { time: true, range: [from, to] } };
}

export function axes(zone: Zone, values: uPlot.Axis.Values, y: Partial<uPlot.Axis>): uPlot.Axis[] {
  const [text, line] = [colour('muted'), colour('grid')];
  const common = { stroke: text, font: axisFont, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  return [
    { ...common, space: 64, size: (_, labels) => ((labels ?? []).some((words) => words?.includes('\n')) ? 38 : 26), values: (_, splits, __, ___, step) => splits.map((t, i) => timeLabel(t, splits[i - 1], step, zone)) },
    // One width for every chart, so that the same instant stands on the same pixel in all of them.
    { ...common, size: 58, values, ...y },
  ];
}

/** 24 hour clock; the day is named where it begins. */
function timeLabel(t: number, before: number | undefined, step: number, zone: Zone): string {
  const date = zone === 'utc' ? uPlot.tzDate(new Date(t * 1000), 'Etc/UTC') : new Date(t * 1000);
  const day = `${months[date.getMonth()]} ${date.getDate()}`;
  if (step >= 86400) return day;
  const pad = (n: number): string => String(n).padStart(2, '0');
  const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}${step < 60 ? ':' + pad(date.getSeconds()) : ''}`;
  const midnight = date.getHours() === 0 && date.getMinutes() === 0 && date.getSeconds() === 0;
  return before === undefined || midnight ? `${clock}\n${day}` : clock;
}

export function inside(u: uPlot, draw: () => void): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw();
  ctx.restore();
}

const sourceLabel: Record<string, string> = { backfill: 'back-filled history', healed: 'healed after an outage', mixed: 'partly back-filled' };

const notLive = (series: Series): { span: [number, number]; kind: string }[] =>
  (['backfill', 'healed', 'mixed'] as const).flatMap((kind) => spans(series.source, (v) => v === kind).map((span) => ({ span, kind })));

/** Behind everything: steps nobody measured are greyed out, steps that were not measured live are hatched. */
export function backgrounds(series: Series): Layer {
  const blank = spans(series.good, (v) => v === null);
  const marked = notLive(series);
  const [hatch, none] = [colour('hatch'), colour('blank')];
  return (u) => {
    bands(series, blank, none)(u);
    for (const { span } of marked) hatched(u, ...edges(u, series, span), hatch);
  };
}

/** Above everything, so that no line hides what a hatched or an empty stretch is. */
export function sourceNames(series: Series): Layer {
  const marked = notLive(series);
  const blank = spans(series.good, (v) => v === null);
  const [text, back, none] = [colour('muted'), colour('surface'), colour('blank')];
  return (u) => {
    for (const span of blank) label(u, format.notMeasured, edges(u, series, span), text, none);
    for (const { span, kind } of marked) label(u, sourceLabel[kind] ?? kind, edges(u, series, span), text, back);
  };
}

/** Time that counts nowhere, from edge to edge of its own minutes and not of steps. */
function eachLeftOut(u: uPlot, out: readonly LeftOut[], draw: (left: number, right: number, what: LeftOut) => void): void {
  const [start, end] = [u.bbox.left, u.bbox.left + u.bbox.width];
  for (const what of out) {
    const left = Math.max(start, u.valToPos(unix(what.from) ?? 0, 'x', true));
    const right = Math.min(end, u.valToPos(unix(what.to) ?? 0, 'x', true));
    // A few minutes of many days are still seen.
    if (right > start && left < end) draw(left, Math.max(right, left + 2 * devicePixelRatio), what);
  }
}

export function leftOut(out: readonly LeftOut[]): Layer {
  const edge = colour('misconfigured');
  const fill = faint(edge, 0.2);
  return (u) =>
    eachLeftOut(u, out, (left, right) => {
      u.ctx.fillStyle = fill;
      u.ctx.fillRect(left, u.bbox.top, right - left, u.bbox.height);
      u.ctx.fillStyle = edge;
      u.ctx.fillRect(left, u.bbox.top, right - left, 3 * devicePixelRatio);
    });
}

export function leftOutNames(out: readonly LeftOut[]): Layer {
  const [text, back] = [colour('misconfigured'), colour('surface')];
  return (u) => eachLeftOut(u, out, (left, right, what) => label(u, what.reason, [left, right], text, back));
}

/** A step's own stretch of the axis: its stamp is its end. */
function edges(u: uPlot, series: Series, [first, last]: [number, number]): [number, number] {
  return [
    Math.max(u.bbox.left, u.valToPos(series.timestamps[first]! - series.step_seconds, 'x', true)),
    Math.min(u.bbox.left + u.bbox.width, u.valToPos(series.timestamps[last]!, 'x', true)),
  ];
}

export function bands(series: Series, runs: [number, number][], fill: string): Layer {
  return (u) => {
    u.ctx.fillStyle = fill;
    for (const run of runs) {
      const [left, right] = edges(u, series, run);
      u.ctx.fillRect(left, u.bbox.top, Math.max(devicePixelRatio, right - left), u.bbox.height);
    }
  };
}

function hatched(u: uPlot, left: number, right: number, stroke: string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, bbox.top, right - left, bbox.height);
  ctx.clip();
  ctx.strokeStyle = stroke;
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  const gap = 9 * devicePixelRatio;
  // Starts on a fixed raster, so that neighbouring stretches join without a seam.
  for (let x = Math.floor((left - bbox.height) / gap) * gap; x < right; x += gap) {
    ctx.moveTo(x, bbox.top + bbox.height);
    ctx.lineTo(x + bbox.height, bbox.top);
  }
  ctx.stroke();
  ctx.restore();
}

function label(u: uPlot, words: string, [left, right]: [number, number], fill: string, back: string): void {
  const { ctx, bbox } = u;
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
  if (ctx.measureText(words).width > right - left - 12 * devicePixelRatio) return;
  const width = ctx.measureText(words).width;
  const [x, y] = [left + 6 * devicePixelRatio, bbox.top + bbox.height - 7 * devicePixelRatio];
  ctx.fillStyle = back;
  ctx.fillRect(x - 3 * devicePixelRatio, y - 11 * devicePixelRatio, width + 6 * devicePixelRatio, 15 * devicePixelRatio);
  ctx.fillStyle = fill;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'alphabetic';
  ctx.fillText(words, x, y);
}

export function rule(value: number, scale: string, stroke: string, dash: number[] = []): Layer {
  return (u) => {
    const y = Math.round(u.valToPos(value, scale, true)) + 0.5;
    u.ctx.strokeStyle = stroke;
    u.ctx.lineWidth = devicePixelRatio;
    u.ctx.setLineDash(dash.map((d) => d * devicePixelRatio));
    u.ctx.beginPath();
    u.ctx.moveTo(u.bbox.left, y);
    u.ctx.lineTo(u.bbox.left + u.bbox.width, y);
    u.ctx.stroke();
    u.ctx.setLineDash([]);
  };
}

/** The same colour, mostly transparent; tokens resolve to rgb(), so the alpha is appended. */
export function faint(rgb: string, alpha = 0.14): string {
  const parts = rgb.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${parts[0]}, ${parts[1]}, ${parts[2]}, ${alpha})`;
}
