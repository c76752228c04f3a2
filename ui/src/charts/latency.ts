// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Durations and errors of a service over time: quantiles on a logarithmic axis,
// each with a dash of its own, under the thresholds of the objectives.
import uPlot from 'uplot';
import type { Series } from '../api';
import { colour } from '../parts/theme';
import { errorShares } from '../service';
import type { ServiceSeries, Threshold } from '../service';
import type { Zone } from '../time';
import { axes, backgrounds, faint, frame, inside, lonely, rule, sourceNames, timeScale } from './layers';
import type { Built, Layer } from './layers';
import { apart, logTicks } from './logaxis';
import { perStep } from './plot';

/** Dashes of p50, p95 and p99: the swatches repeat them. */
export const quantileDashes: readonly (readonly number[])[] = [[2, 3], [], [8, 3]];

/** Colours of p50, p95 and p99, by token. */
export const quantileInks = ['muted', 'accent', 'burn-4'] as const;

/** The ends of the axis: what is drawn, with room, and thresholds as far as they are near. */
export function latencyAxis(lines: readonly (readonly (number | null)[])[], under: readonly number[]): { min: number; max: number } {
  const values = lines.flat().filter((v): v is number => v !== null && v > 0);
  if (values.length === 0) return { min: 1, max: 1000 };
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const near = under.filter((u) => u > low / 10 && u < high * 10);
  return { min: Math.min(low, ...near) / 1.4, max: Math.max(high, ...near) * 1.4 };
}

export function latencyPlot(series: Series & ServiceSeries, under: readonly Threshold[], zone: Zone): Built {
  const lines = [series.p50_ms, series.p95_ms, series.p99_ms];
  const axis = latencyAxis(lines, under.map((t) => t.under));
  return {
    data: [series.timestamps, ...lines.map((line) => line.map((v) => (v === null ? null : Math.max(v, axis.min))))] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series)], [sourceNames(series), limits(under)]),
      scales: { ...timeScale(series), y: { distr: 3, log: 10, range: [axis.min, axis.max] } },
      axes: axes(zone, (_, splits) => splits.map(tickText), {
        splits: (u) => logTicks(axis, Math.max(3, Math.floor(u.bbox.height / devicePixelRatio / 22))),
        // uPlot's own choice for this distribution would drop ticks that there is room for.
        filter: (_, splits) => splits,
      }),
      series: [{}, ...quantileInks.map((ink, i) => ({ stroke: colour(ink), width: i === 1 ? 2 : 1.4, dash: [...quantileDashes[i]!], points: lonely, spanGaps: false }))],
    },
  };
}

/** '200 ms' and '2 s': ticks are whole, so they need no digits behind the point. */
export const tickText = (ms: number): string => (ms >= 1000 ? `${ms / 1000} s` : `${ms} ms`);

/** A dashed line for each threshold, with whose it is on it at its right end. */
function limits(under: readonly Threshold[]): Layer {
  const [ink, back] = [colour('target'), faint(colour('surface'), 0.75)];
  return (u) => {
    const shown = under.filter((t) => t.under >= (u.scales['y']?.min ?? 0) && t.under <= (u.scales['y']?.max ?? 0));
    shown.forEach((t) => rule(t.under, 'y', ink, [6, 3])(u));
    const px = devicePixelRatio;
    const ys = apart(shown.map((t) => u.valToPos(t.under, 'y', true) - 8 * px), 14 * px, u.bbox.top + 8 * px, u.bbox.top + u.bbox.height - 8 * px);
    inside(u, () => shown.forEach((t, i) => nameAt(u, `${tickText(t.under)} ${t.names.join(', ')}`, ys[i]!, ink, back)));
  };
}

function nameAt(u: uPlot, words: string, y: number, ink: string, back: string): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.font = `${11 * px}px system-ui, sans-serif`;
  const width = ctx.measureText(words).width;
  const x = bbox.left + bbox.width - width - 6 * px;
  ctx.fillStyle = back;
  ctx.fillRect(x - 3 * px, y - 7 * px, width + 6 * px, 14 * px);
  ctx.fillStyle = ink;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  ctx.fillText(words, x, y);
}

export function errorPlot(series: Series, zone: Zone): Built {
  const shares = errorShares(series);
  const most = shares.reduce<number>((high, v) => Math.max(high, v ?? 0), 0.001);
  const bad = colour('breaching');
  return {
    data: [series.timestamps, shares] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series)], [sourceNames(series)]),
      scales: { ...timeScale(series), y: { range: [0, Math.min(1, most * 1.15)] } },
      axes: axes(zone, (_, splits) => splits.map((v) => `${Number((v * 100).toPrecision(6))}%`), {}),
      series: [{}, { stroke: bad, width: 1.4, fill: faint(bad, 0.25), paths: perStep(series.step_seconds), points: { show: false } }],
    },
  };
}
