// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How an objective came to where it stands, as the small picture in its row: one
// bar for each part of its window, as high as the share of the whole budget that
// the part spent, red where the part was below the target. So the bars say when
// the budget went that the bar beside them shows to be gone.
import type { Unit } from './api';
import * as format from './format';
import { instant, unix } from './time';
import type { Zone } from './time';

/** One objective's window in parts, oldest first; null is a part without a valid event. */
export interface Trend {
  name: string;
  namespace: string;
  service: string;
  environment: string;
  unit: Unit;
  from: string;
  to: string;
  step_seconds: number;
  good: (number | null)[];
  bad: (number | null)[];
  backfilled: { from: string; to: string }[];
}

export interface Trends { trends: Trend[] | null }

/** A part that was measured: what it spent of the whole window's budget, and whether it was below the target. */
export interface Part { share: number; below: boolean; backfilled: boolean }

/** The target as text says how much may fail, in parts of a thousand million, so that a part exactly at it is not below. */
const mayFail = (target: string): number => Math.round((1 - Number(target)) * 1e9);

export function partsOf(t: Trend, target: string): (Part | null)[] {
  const fails = mayFail(target);
  const valid = t.good.map((good, i) => (good ?? 0) + (t.bad[i] ?? 0));
  const allowed = (valid.reduce((a, b) => a + b, 0) * fails) / 1e9;
  const start = unix(t.from) ?? 0;
  const filled = t.backfilled.map((s) => [unix(s.from) ?? 0, unix(s.to) ?? 0] as const);
  return t.bad.map((bad, i) => {
    if (bad === null) return null;
    const [from, to] = [start + i * t.step_seconds, start + (i + 1) * t.step_seconds];
    return {
      share: bad === 0 ? 0 : bad / allowed,
      below: bad * 1e9 > valid[i]! * fails,
      backfilled: filled.some(([a, b]) => a < to && from < b),
    };
  });
}

export const sparkHeight = 20;

/** A quarter of the budget in one part is as bad as it can be drawn. The root lets one bad hour of a quiet month be seen beside it. */
const fullAt = 0.25;
const tallest = sparkHeight - 2;

export const barHeight = (share: number): number => (share <= 0 ? 0 : Math.max(2, Math.round(Math.min(1, Math.sqrt(share / fullAt)) * tallest)));

/** What the picture is drawn of: paths by what they show. Whole pixels, so that bars are sharp. */
export interface Spark { width: number; title: string; paths: { look: string; d: string }[] }

export function sparkOf(t: Trend, target: string, zone: Zone): Spark {
  const parts = partsOf(t, target);
  const slot = Math.min(5, Math.max(3, Math.floor(93 / Math.max(1, parts.length))));
  const drawn = new Map<string, string>();
  parts.forEach((part, i) => {
    if (part === null) return;
    const age = part.backfilled ? ' past' : '';
    const add = (look: string, d: string): void => void drawn.set(look + age, (drawn.get(look + age) ?? '') + d);
    add('base', `M${i * slot} ${sparkHeight - 0.5}h${slot}`);
    const height = barHeight(part.share);
    if (height > 0) add(part.below ? 'below' : 'within', `M${i * slot} ${sparkHeight - 1}v${-height}h${slot - 1}v${height}z`);
  });
  return { width: parts.length * slot, title: words(t, parts, zone), paths: [...drawn].map(([look, d]) => ({ look, d })) };
}

/** The picture in a sentence, for those who cannot see it and for who points at it. */
export function words(t: Trend, parts: (Part | null)[], zone: Zone): string {
  const measured = parts.filter((p) => p !== null);
  if (measured.length === 0) return 'Nothing was measured in this window.';
  const begun = Math.min(parts.length, Math.ceil(((unix(t.to) ?? 0) - (unix(t.from) ?? 0)) / t.step_seconds));
  const each = format.duration(t.step_seconds);
  const below = measured.filter((p) => p.below).length;
  const said = [below === 0 ? `No part of ${each} below the target` : `${below} of ${measured.length} parts of ${each} below the target`];
  const worst = parts.reduce((at, p, i) => ((p?.share ?? 0) > (at < 0 ? 0 : parts[at]!.share) ? i : at), -1);
  if (worst >= 0 && Number.isFinite(parts[worst]!.share)) {
    said.push(`the most spent at once was ${format.share(parts[worst]!.share)} of the budget, from ${instant((unix(t.from) ?? 0) + worst * t.step_seconds, zone)}`);
  }
  const filled = measured.filter((p) => p.backfilled).length;
  if (filled > 0) said.push(`${filled === measured.length ? 'all of it' : format.plural(filled, 'part', 'parts')} back-filled`);
  if (measured.length < begun) said.push(`${format.plural(begun - measured.length, 'part', 'parts')} without events`);
  return said.join('; ') + '.';
}
