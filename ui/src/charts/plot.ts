// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The pictures of one objective: what uPlot draws of its series. Frame and layers
// are those of layers.ts; the burn has a file of its own.
import type uPlot from 'uplot';
import type { LeftOut } from '../alert';
import type { Objective, Series } from '../api';
import * as format from '../format';
import { colour } from '../parts/theme';
import { unix, windowSeconds } from '../time';
import type { Zone } from '../time';
import { axes, backgrounds, bands, faint, frame, leftOut, leftOutNames, lonely, rule, sourceNames, timeScale } from './layers';
import type { Built, Layer } from './layers';
import { nines, shareLabel } from './nines';
import { burnDown, evenSpend, lowestDrawn, spans, stepShare } from './steps';

/**
 * Each value over its own step, which ends at its stamp. uPlot's stepped path
 * begins at the first stamp and so hides the first step after every gap.
 */
export function perStep(seconds: number): uPlot.Series.PathBuilder {
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

export function budgetPlot(series: Series, o: Pick<Objective, 'budget' | 'from' | 'to' | 'window'>, zone: Zone, out: readonly LeftOut[], marks: Layer[] = []): Built {
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
      ...frame(zone, [backgrounds(series), leftOut(out), ...marks], [rule(0, 'y', colour('muted')), sourceNames(series), leftOutNames(out)]),
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

export function sliPlot(series: Series, target: number, zone: Zone, out: readonly LeftOut[], marks: Layer[] = []): Built {
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
      ...frame(zone, [backgrounds(series), leftOut(out), bands(series, below, faint(colour('breaching'), 0.22)), ...marks], [rule(scale.at(target), 'y', colour('target'), [6, 3]), sourceNames(series), leftOutNames(out)]),
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

export function trafficPlot(series: Series, zone: Zone, out: readonly LeftOut[], marks: Layer[] = []): Built {
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
      ...frame(zone, [backgrounds(series), leftOut(out), ...marks], [sourceNames(series), leftOutNames(out)]),
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
