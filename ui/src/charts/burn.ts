// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How fast the budget burned: one line for each pair of alert windows, with the
// threshold that each is held against, on a logarithmic axis.
import uPlot from 'uplot';
import type { LeftOut } from '../alert';
import type { BurnLine, Series } from '../api';
import * as format from '../format';
import { colour } from '../parts/theme';
import type { Zone } from '../time';
import { axes, backgrounds, frame, leftOut, leftOutNames, lonely, rule, sourceNames, timeScale } from './layers';
import type { Built, Layer } from './layers';
import { apart, logAxis, logTicks, onAxis } from './logaxis';

/** Line and dash of each pair: the swatches of the legend repeat them (slo.css). */
export const burnDashes: readonly (readonly number[])[] = [[], [8, 3], [3, 3], [9, 3, 2, 3], [2, 4], [12, 4]];

/** Which of the styles a pair has; further pairs begin again. */
export const burnStyle = (i: number): number => i % burnDashes.length;

const strokeOf = (i: number): string => colour(`burn-${burnStyle(i) + 1}`);

/** Cells and legend name a pair by its rule and the window that is drawn. */
export const pairName = (line: BurnLine): string => `${line.rule} ${line.window}`;

export const thresholdName = (line: Pick<BurnLine, 'rule' | 'threshold'>): string => `${line.threshold}x ${line.rule}`;

export function burnPlot(series: Series, lines: readonly BurnLine[], zone: Zone, out: readonly LeftOut[], marks: Layer[]): Built {
  const axis = logAxis(lines.map((l) => l.rates), lines.map((l) => l.threshold));
  const rates = lines.map((l) => series.timestamps.map((_, i) => onAxis(axis, l.rates[i])));
  // The first pair is the most urgent one and is drawn last, on top.
  const order = lines.map((_, i) => i).reverse();
  return {
    data: [series.timestamps, ...order.map((i) => rates[i])] as uPlot.AlignedData,
    options: {
      ...frame(zone, [backgrounds(series), leftOut(out), ...marks], [...thresholds(lines), sourceNames(series), leftOutNames(out)]),
      scales: { ...timeScale(series), y: { distr: 3, log: 10, range: [axis.min, axis.max] } },
      axes: axes(zone, (_, splits) => splits.map((v) => tickLabel(v, axis.min)), {
        splits: (u) => logTicks(axis, Math.max(3, Math.floor(u.bbox.height / devicePixelRatio / 22))),
        // uPlot's own choice for this distribution would drop ticks that there is room for.
        filter: (_, splits) => splits,
      }),
      series: [{}, ...order.map((i) => ({ stroke: strokeOf(i), width: i === 0 ? 2 : 1.5, dash: [...burnDashes[burnStyle(i)]!], points: lonely, spanGaps: false }))],
    },
  };
}

const tickLabel = (rate: number, floor: number): string => (rate === floor ? `≤ ${rate}x` : `${rate >= 1000 ? format.compact(rate) : rate}x`);

/** The line of an even spend, and a thin one for each threshold with its name at the left end, because the right one is now. */
function thresholds(lines: readonly BurnLine[]): Layer[] {
  const text = colour('muted');
  const even: Layer = (u) => rule(1, 'y', text)(u);
  const own = lines.map((l, i) => rule(l.threshold, 'y', strokeOf(i), [2, 3]));
  return [even, ...own, (u) => names(u, labelled(lines, text))];
}

interface Label { value: number; words: string; ink: string }

/** A threshold of 1 is the even spend itself and is named once. */
function labelled(lines: readonly BurnLine[], text: string): Label[] {
  const found = lines.map((l, i) => ({ value: l.threshold, words: thresholdName(l), ink: strokeOf(i) }));
  const even = found.find((l) => l.value === 1);
  if (even) even.words += ' = even spend';
  else found.push({ value: 1, words: '1x even spend', ink: text });
  return found;
}

function names(u: uPlot, labels: Label[]): void {
  const { ctx, bbox } = u;
  const px = devicePixelRatio;
  ctx.font = `${11 * px}px system-ui, sans-serif`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  const places = apart(labels.map((l) => u.valToPos(l.value, 'y', true) - 8 * px), 14 * px, bbox.top + 7 * px, bbox.top + bbox.height - 7 * px);
  const left = bbox.left + 6 * px;
  const back = colour('surface');
  labels.forEach((label, i) => {
    const width = ctx.measureText(label.words).width;
    ctx.globalAlpha = 0.82;
    ctx.fillStyle = back;
    ctx.fillRect(left - 3 * px, places[i]! - 7 * px, width + 6 * px, 14 * px);
    ctx.globalAlpha = 1;
    ctx.fillStyle = label.ink;
    ctx.fillText(label.words, left, places[i]!);
  });
}
