// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The pictures of one objective: what uPlot draws, and what is drawn behind it.
// All canvas colours come from the tokens, all time labels from time.ts.
import uPlot from 'uplot';
import type { LeftOut } from '../alert';
import type { Objective, Series } from '../api';
import * as format from '../format';
import { colour } from '../parts/theme';
import { unix, windowSeconds } from '../time';
import type { Zone } from '../time';
import { nines, shareLabel } from './nines';
import { burnDown, evenSpend, lowestDrawn, spans, stepShare } from './steps';

type Built = { options: Omit<uPlot.Options, 'width' | 'height'>; data: uPlot.AlignedData };
type Layer = (u: uPlot) => void;

const axisFont = '11px system-ui, sans-serif';
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A step between two unmeasured ones has no line to either side, so it is shown as a dot. */
const lonely: uPlot.Series.Points = {
  show: true,
  size: 5,
  filter: (u, s) => {
    const values = [...(u.data[s] ?? [])];
    return values.flatMap((v, i) => (v != null && values[i - 1] == null && values[i + 1] == null ? [i] : []));
  },
};

/**
 * Each value over its own step, which ends at its stamp. uPlot's stepped path
 * begins at the first stamp and so hides the first step after every gap.
 */
function perStep(seconds: number): uPlot.Series.PathBuilder {
  return (u, s, first, last) => {
    const [stroke, fill] = [new Path2D(), new Path2D()];
    const floor = u.valToPos(u.scales['y']?.min ?? 0, 'y', true);
    let drawing = false;
    for (let i = first; i <= last; i++) {
      const [t, v] = [u.data[0][i], u.data[s]?.[i]];
      if (t === undefined || v == null) {
        drawing = false;
        continue;
      }
      const [left, right, y] = [u.valToPos(t - seconds, 'x', true), u.valToPos(t, 'x', true), u.valToPos(v, 'y', true)];
      if (drawing) stroke.lineTo(left, y);
      else stroke.moveTo(left, y);
      stroke.lineTo(right, y);
      fill.rect(left, y, right - left, floor - y);
      drawing = true;
    }
    return { stroke, fill };
  };
}

export function budgetPlot(series: Series, o: Pick<Objective, 'budget' | 'from' | 'to' | 'window'>, zone: Zone, out: readonly LeftOut[]): Built {
  const left = series.budget_remaining;
  const burned = burnDown(series, o);
  const [fine, over, quiet] = [colour('ok'), colour('breaching'), colour('muted')];
  // One line in two colours: above zero there is budget, below it is overspent.
  const split = (a: string, b: string) => (u: uPlot): CanvasGradient | string => {
    const zero = u.valToPos(0, 'y', true);
    const [top, bottom] = [u.bbox.top, u.bbox.top + u.bbox.height];
    if (!Number.isFinite(zero)) return a;
    const gradient = u.ctx.createLinearGradient(0, top, 0, bottom);
    const at = Math.min(1, Math.max(0, (zero - top) / (bottom - top)));
    gradient.addColorStop(0, a);
    gradient.addColorStop(at, a);
    gradient.addColorStop(at, b);
    gradient.addColorStop(1, b);
    return gradient;
  };
  return {
    data: [series.timestamps, evenSpend(series.timestamps, unix(o.from), windowSeconds(o.window)), left, burned] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series), leftOut(out)], [rule(0, 'y', colour('muted')), sourceNames(series), leftOutNames(out)]),
      scales: { ...timeScale(series), y: { range: [lowestDrawn(left, burned), 1.02] } },
      axes: axes(zone, (_, splits) => splits.map((v) => `${Math.round(v * 100)}%`), {}),
      series: [
        {},
        { stroke: quiet, width: 1.2, dash: [5, 4], points: { show: false }, spanGaps: false },
        { stroke: split(fine, over), width: 1.8, fill: split(faint(fine), faint(over)), fillTo: 0, points: lonely, spanGaps: false },
        { stroke: colour('accent'), width: 1.2, points: lonely, spanGaps: false },
      ],
    },
  };
}

export function sliPlot(series: Series, target: number, zone: Zone, out: readonly LeftOut[]): Built {
  const scale = nines(target);
  const shares = series.timestamps.map((_, i) => stepShare(series, i));
  const values = shares.map((s) => (s === null ? null : scale.at(s)));
  const lowest = values.reduce<number>((low, v) => (v === null ? low : Math.min(low, v)), scale.at(1 - 3 * (1 - target)));
  const top = scale.at(1);
  const range: [number, number] = [lowest - (top - lowest) * 0.05, top + (top - lowest) * 0.04];
  const below = spans(shares, (s) => s !== null && s < target);
  return {
    data: [series.timestamps, values] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series), leftOut(out), bands(series, below, faint(colour('breaching'), 0.22))], [rule(scale.at(target), 'y', colour('target'), [6, 3]), sourceNames(series), leftOutNames(out)]),
      scales: { ...timeScale(series), y: { range } },
      axes: axes(zone, (_, splits) => splits.map((y) => labelOf(scale, target, y)), {
        splits: (u) => scale.ticks(range[0], range[1], Math.max(3, Math.floor(u.bbox.height / devicePixelRatio / 20))).map(scale.at),
      }),
      series: [{}, { stroke: colour('accent'), width: 1.4, paths: perStep(series.step_seconds), points: { show: false } }],
    },
  };
}

function labelOf(scale: ReturnType<typeof nines>, target: number, y: number): string {
  const share = [target, ...scale.ticks(-1, 99, 1e6)].find((s) => Math.abs(scale.at(s) - y) < 1e-9);
  return share === undefined ? '' : shareLabel(share);
}

export function trafficPlot(series: Series, zone: Zone, out: readonly LeftOut[]): Built {
  const total = series.timestamps.map((_, i) => {
    const [good, bad] = [series.good[i], series.bad[i]];
    return good == null || bad == null ? null : good + bad;
  });
  const most = total.reduce<number>((high, v) => Math.max(high, v ?? 0), 1);
  const stepped = perStep(series.step_seconds);
  const [good, bad] = [colour('accent'), colour('breaching')];
  return {
    data: [series.timestamps, total, series.bad] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series), leftOut(out)], [sourceNames(series), leftOutNames(out)]),
      // asinh is linear near 0 and logarithmic above, so three failures show beside a million successes.
      scales: { ...timeScale(series), y: { distr: 4, asinh: 1, range: [0, most * 1.3] } },
      axes: axes(zone, (_, splits) => splits.map((v) => format.compact(v)), {
        splits: () => decades(most * 1.3),
        // uPlot's own choice for this distribution would drop ticks that there is room for.
        filter: (_, splits) => splits,
      }),
      series: [
        {},
        { stroke: good, width: 1, fill: faint(good), paths: stepped, points: { show: false } },
        { stroke: bad, width: 1.2, fill: faint(bad, 0.35), paths: stepped, points: { show: false } },
      ],
    },
  };
}

/** Ticks of the asinh axis: every decade while there is room for it, the small ones go first. */
function decades(most: number): number[] {
  if (most <= 12) return [0, 1, 2, 5, 10].filter((v) => v <= most);
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11].map((n) => 10 ** n).filter((v) => v <= most);
  return [0, ...(all.length > 5 ? all.filter((_, i) => (all.length - 1 - i) % 2 === 0) : all)];
}

function frame(zone: Zone, behind: Layer[], above: Layer[]): Pick<uPlot.Options, 'tzDate' | 'hooks' | 'padding'> {
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

function timeScale(series: Series): uPlot.Scales {
  const [from, to] = [Date.parse(series.from) / 1000, Date.parse(series.to) / 1000];
  return { x: { time: true, range: [from, to] } };
}

function axes(zone: Zone, values: uPlot.Axis.Values, y: Partial<uPlot.Axis>): uPlot.Axis[] {
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

function inside(u: uPlot, draw: () => void): void {
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
function backgrounds(series: Series): Layer {
  const blank = spans(series.good, (v) => v === null);
  const marked = notLive(series);
  const [hatch, none] = [colour('hatch'), colour('blank')];
  return (u) => {
    bands(series, blank, none)(u);
    for (const { span } of marked) hatched(u, ...edges(u, series, span), hatch);
  };
}

/** Above everything, so that no line hides what a hatched or an empty stretch is. */
function sourceNames(series: Series): Layer {
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

function leftOut(out: readonly LeftOut[]): Layer {
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

function leftOutNames(out: readonly LeftOut[]): Layer {
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

function bands(series: Series, runs: [number, number][], fill: string): Layer {
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

function rule(value: number, scale: string, stroke: string, dash: number[] = []): Layer {
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
function faint(rgb: string, alpha = 0.14): string {
  const parts = rgb.match(/[\d.]+/g) ?? ['0', '0', '0'];
  return `rgba(${parts[0]}, ${parts[1]}, ${parts[2]}, ${alpha})`;
}
