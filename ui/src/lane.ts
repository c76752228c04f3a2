// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What happened around an objective, as the server tells it, and how it is laid
// out beside the charts: rows of bars over the charts' own time. A new kind of
// event is a name in `rows` and, if it draws a line through the charts, a mark.
import type { Answer } from './api';
import * as format from './format';
import { presets, rfc3339, unix, windowSeconds } from './time';
import type { Range } from './time';

export type Kind = 'version' | 'alert' | 'correction' | 'exclusion' | 'generation' | 'gap' | 'made_up';

export interface Happening {
  kind: Kind;
  at: string;
  to: string | null;
  title: string;
  detail: string;
  severity: 'page' | 'ticket' | 'info' | '';
  id: string;
}

export interface Version {
  version: string;
  first_seen: string;
  last_seen: string;
  /** It was not there at the start of the range, and something was measured before it. */
  began: boolean;
  /** It ran when measuring began, after back-filled history. */
  first_live?: boolean;
  spans: { from: string; to: string }[];
  good: number | null;
  bad: number | null;
  excluded: number | null;
  p95_ms: number | null;
  source: string;
}

export interface Comparison {
  newer: string;
  older: string;
  since: string;
  newer_bad_share: number | null;
  older_bad_share: number | null;
  newer_total: number;
  older_total: number;
  p95_newer_ms: number | null;
  p95_older_ms: number | null;
  differs: boolean;
  judgement: 'too_few' | 'alike' | 'worse' | 'better';
  /** When the newer one was last seen, null while it runs. */
  gone_since: string | null;
  /** Since when the older one is back. */
  back_since: string | null;
  sentence: string;
}

export interface Happenings extends Answer {
  from: string;
  to: string;
  step_seconds: number;
  versions: Version[] | null;
  events: Happening[] | null;
  /** How many older versions are not listed. */
  versions_left_out?: number;
  comparison: Comparison | null;
  left_out?: number;
}

export type RowKey = 'version' | 'alert' | 'left_out' | 'generation' | 'gap' | 'made_up';

/** From top to bottom: what changed, who was called, what does not count. */
export const rows: readonly { key: RowKey; name: string; tracks: number }[] = [
  { key: 'version', name: 'Versions', tracks: 6 },
  { key: 'alert', name: 'Alerts', tracks: 4 },
  { key: 'generation', name: 'Rules', tracks: 1 },
  { key: 'left_out', name: 'Left out', tracks: 2 },
  { key: 'gap', name: 'Gaps', tracks: 1 },
  { key: 'made_up', name: 'History', tracks: 1 },
];

/** How a thing looks as a line through every chart; null draws none. */
export type MarkOf = 'version' | 'page' | 'ticket' | 'generation' | null;

export interface Item {
  key: string;
  row: RowKey;
  /** What stands in the bar. */
  name: string;
  title: string;
  detail: string;
  from: number;
  /** null while it goes on. */
  to: number | null;
  spans: [number, number][];
  tone: string;
  mark: MarkOf;
}

const rowOf: Record<Kind, RowKey> = { version: 'version', alert: 'alert', correction: 'left_out', exclusion: 'left_out', generation: 'generation', gap: 'gap', made_up: 'made_up' };

/** A version seen this many seconds before the end still runs: its last minute may not be over. */
const stillRunning = 150;

/** Everything the lane shows, in the order of time. */
export function items(all: Happenings): Item[] {
  const end = unix(all.to) ?? 0;
  // Colours count from the newest, so that a version keeps its own when the range is another.
  const newest = [...(all.versions ?? [])].sort((a, b) => b.first_seen.localeCompare(a.first_seen));
  const found = newest.map((v, i) => versionItem(v, i, end - stillRunning));
  for (const [i, e] of (all.events ?? []).entries()) {
    // Versions are bars of their own; a kind of a newer server has no row here yet.
    if (e.kind === 'version' || rowOf[e.kind] === undefined) continue;
    found.push(eventItem(e, i, end));
  }
  return found.sort((a, b) => a.from - b.from);
}

function versionItem(v: Version, i: number, running: number): Item {
  const [from, last] = [unix(v.first_seen) ?? 0, unix(v.last_seen) ?? 0];
  return {
    key: `version ${v.version}`, row: 'version', name: v.version, title: `version ${v.version}`, detail: versionDetail(v),
    from, to: last >= running ? null : last,
    spans: v.spans.map((s) => [unix(s.from) ?? from, unix(s.to) ?? last]),
    tone: v.source === 'backfill' ? 'made-up' : `version-${i % 4}`, mark: v.began ? 'version' : null,
  };
}

/** What a version did, by the status of its answers. */
export function versionDetail(v: Pick<Version, 'good' | 'bad' | 'p95_ms' | 'source'>): string {
  if (v.good === null || v.bad === null) return format.notMeasured;
  const valid = v.good + v.bad;
  const share = valid === 0 ? 'no valid event' : `${format.share(v.bad / valid, 2)} of ${format.plural(valid, 'event', 'events')} bad`;
  return [share, v.p95_ms === null ? '' : `p95 ${format.millis(v.p95_ms)}`, { backfill: 'back-filled history', mixed: 'partly back-filled' }[v.source] ?? ''].filter((s) => s !== '').join(', ');
}

function eventItem(e: Happening, i: number, end: number): Item {
  const from = unix(e.at) ?? 0;
  const to = unix(e.to);
  const tone = e.kind === 'alert' && (e.severity === 'page' || e.severity === 'ticket') ? e.severity : e.kind.replace('_', '-');
  return {
    key: `${e.kind} ${e.id} ${e.at} ${i}`, row: rowOf[e.kind], name: e.title.replace(/ (fired|began)$/, ''), title: e.title, detail: e.detail, from, to,
    // Corrections and gaps always have an end; what has none and is no instant still goes on.
    spans: [[from, to ?? (e.kind === 'alert' || e.kind === 'generation' ? Math.max(end, from) : from)]],
    tone, mark: e.kind === 'alert' ? (e.severity === 'page' ? 'page' : 'ticket') : e.kind === 'generation' ? 'generation' : null,
  };
}

/** Shares of the lane's width; spans are shares of the whole width too. */
export interface Placed { item: Item; track: number; left: number; right: number; spans: [number, number][]; label: 'inside' | 'after' | 'before' | 'none' }

export interface Row { key: RowKey; name: string; tracks: number; placed: Placed[] }

const narrowest = 6;
const letter = 6.4;
const padding = 12;
/** A name may be cut in a bar of so many pixels: its beginning is there, the rest on demand. */
const roomy = 60;

/** Places the items of a range on a lane so many pixels wide; rows with nothing in the range are left out. */
export function lay(all: readonly Item[], from: number, to: number, width: number): Row[] {
  const at = (t: number): number => Math.min(1, Math.max(0, (t - from) / (to - from)));
  return rows.flatMap(({ key, name, tracks }) => {
    const seen = all.filter((item) => item.row === key && item.from < to && lastOf(item) > from - 1 && !isGround(item, from, to));
    if (seen.length === 0) return [];
    // The newest version is what somebody looks for, so it has the first choice.
    const order = key === 'version' ? [...seen].reverse() : seen;
    const taken: Held[][] = [];
    const placed = order.map((item): Placed => {
      const [left, right] = room(at(item.from), at(lastOf(item)), narrowest / width);
      const spans = item.spans.map(([a, b]): Stretch => [at(a), at(b)]);
      const one: Placed = { item, left, right, spans, track: 0, label: 'none' };
      place(one, (item.name.length * letter + padding) / width, taken, tracks, width);
      return one;
    });
    return [{ key, name, tracks: taken.length, placed }];
  });
}

type Stretch = [number, number];

/** What a track holds, with the room that its bar and its name take. */
interface Held { one: Placed; reach: Stretch }

/**
 * The first track with room for a bar and its name; without such a track the
 * name goes first, then a neighbour's name: that something happened matters more
 * than how it is called. At last it lies over others, so nothing is left out of sight.
 */
function place(one: Placed, needs: number, taken: Held[][], tracks: number, width: number): void {
  const bar: Stretch = [one.left, one.right];
  const clear = ([a, b]: Stretch, [from, to]: Stretch): boolean => b <= from + touching / width || a >= to - touching / width;
  const hold = (track: number, label: Placed['label'], reach: Stretch): void => {
    [one.track, one.label] = [track, label];
    (taken[track] ??= []).push({ one, reach });
  };
  const label = labelOf(one.left, one.right, needs, width);
  const ways: [Placed['label'], Stretch][] = [[label, [one.left - (label === 'before' ? needs : 0), one.right + (label === 'after' ? needs : 0)]], ['none', bar]];
  for (const [way, reach] of ways) {
    const free = taken.findIndex((on) => on.every((held) => clear(held.reach, reach)));
    const track = free >= 0 ? free : taken.length;
    if (track < tracks) return hold(track, way, reach);
  }
  const yielding = taken.findIndex((on) => on.every((held) => clear([held.one.left, held.one.right], bar)));
  const track = yielding >= 0 ? yielding : tracks - 1;
  for (const held of taken[track]!.filter((h) => h.one.label !== 'inside' && !clear(h.reach, bar))) {
    held.one.label = 'none';
    held.reach = [held.one.left, held.one.right];
  }
  hold(track, 'none', bar);
}

/** What follows another at once stands beside it. */
const touching = 1;

/** Inside where it fits, else beside, within the lane. */
function labelOf(left: number, right: number, needs: number, width: number): Placed['label'] {
  if (right - left >= Math.min(needs, roomy / width)) return 'inside';
  if (right + needs <= 1) return 'after';
  return left - needs >= 0 ? 'before' : 'none';
}

/** A rule that was in force all the time is no event of that time. */
const isGround = (item: Item, from: number, to: number): boolean => item.row === 'generation' && item.from <= from && lastOf(item) >= to;

const lastOf = (item: Item): number => item.spans.reduce((last, [, to]) => Math.max(last, to), item.from);

/** A short one is still seen and can still be hit, within the lane. */
function room(left: number, right: number, least: number): [number, number] {
  if (right - left >= least) return [left, right];
  return left + least > 1 ? [1 - least, 1] : [left, left + least];
}

/**
 * The range that shows a stretch of time whole with what was around it. What
 * still goes on is shown up to now and follows new data, so it has a length that
 * counts back from now.
 */
export function rangeFor(from: number, to: number | null, now: number | null): Range {
  const end = to ?? now ?? from;
  const margin = Math.max(leastMargin, (end - from) * 0.25);
  if (to !== null || now === null) return { from: rfc3339(Math.floor(from - margin)), to: rfc3339(Math.ceil(Math.min(end + margin, Math.max(end, now ?? Infinity)))) };
  const back = presets.find((name) => windowSeconds(name)! >= now - from + margin);
  return { from: back === undefined ? rfc3339(Math.floor(from - margin)) : `now-${back}`, to: 'now' };
}

const leastMargin = 900;

/** What of the lane held at an instant, for a cursor. */
export const during = (all: readonly Item[], t: number): Item[] => all.filter((item) => item.spans.some(([a, b]) => a <= t && t <= b));
