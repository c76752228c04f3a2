// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Instants, windows and ranges. A range is kept as the user wrote it ('now-6h'
// stays relative), the server resolves it, and its answer says the edges.
import { recall, remember } from './remembered';
import { address, query, setQuery } from './router';
import { computed } from '@preact/signals';

export type Zone = 'utc' | 'local';

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86400, w: 604800 };

/** '28d', '90m' or '1h4m' in seconds; anything else is null. */
export function windowSeconds(text: string): number | null {
  if (!/^(\d+[smhdw])+$/.test(text.trim())) return null;
  return [...text.matchAll(/(\d+)([smhdw])/g)].reduce((sum, [, n, unit]) => sum + Number(n) * unitSeconds[unit!]!, 0);
}

export interface Range {
  from: string;
  to: string;
}

/** True while the range moves with the clock; a pinned range is not redrawn by new evaluations. */
export const follows = (range: Range): boolean => range.to === 'now' && range.from.startsWith('now-');

/** What a person may type: 'now', 'now-6h', '2026-11-23', '2026-11-23 14:05', RFC 3339. null when it is none of them. */
export function parseInstant(text: string, zone: Zone): string | null {
  const trimmed = text.trim();
  if (trimmed === 'now') return trimmed;
  if (/^now-\d+[smhd]$/.test(trimmed)) return trimmed;
  const parts = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(:\d{2}(?:\.\d+)?)?)?(Z|[+-]\d{2}:\d{2})?$/i.exec(trimmed);
  if (!parts) return null;
  const [, day, minute = '00:00', second = ':00', offset = zone === 'utc' ? 'Z' : ''] = parts;
  const date = new Date(`${day}T${minute}${second}${offset.toUpperCase()}`);
  return Number.isNaN(date.getTime()) ? null : rfc3339(date.getTime() / 1000);
}

export const rfc3339 = (unix: number): string => new Date(unix * 1000).toISOString().replace(/\.\d{3}Z$/, 'Z');

export const unix = (text: string | null): number | null => {
  const ms = text === null ? NaN : Date.parse(text);
  // The zero time of the server lies before 1970 and means that there is none.
  return Number.isNaN(ms) || ms < 0 ? null : ms / 1000;
};

/** What the picker offers beside the objective's own window. */
export const presets = ['15m', '1h', '6h', '24h', '3d', '7d'] as const;

/**
 * The preset to open with when measuring began only lately: a whole window
 * would show it as a speck at the edge. null leaves the window.
 */
export function opening(measuredSince: number | null, to: number | null, window: string): string | null {
  const length = windowSeconds(window);
  if (measuredSince === null || to === null || length === null) return null;
  const age = to - measuredSince;
  if (age >= length / 8) return null;
  return presets.find((name) => age <= (windowSeconds(name) ?? 0) && windowSeconds(name)! < length) ?? null;
}

/** Why a range cannot be asked for, in words for the form; null when it can. Mixed ends are the server's to judge. */
export function rangeProblem(from: string | null, to: string | null): string | null {
  if (from === null) return 'The start is not a time. Try now-6h or 2026-11-23 14:05.';
  if (to === null) return 'The end is not a time. Try now or 2026-11-23 14:05.';
  const [a, b] = [offsetOf(from), offsetOf(to)];
  if (a !== null && b !== null && a >= b) return 'The start has to be before the end.';
  return null;
}

/** Comparable positions: relative ones as negative seconds, absolute ones only against each other. */
function offsetOf(text: string): number | null {
  if (text === 'now') return 0;
  if (text.startsWith('now-')) return -(windowSeconds(text.slice(4)) ?? 0);
  return null;
}

export const orderedAbsolute = (from: string, to: string): boolean => {
  const [a, b] = [unix(from), unix(to)];
  return a === null || b === null || a < b;
};

/** 24 hour clock, one notation everywhere, the zone always said. */
export function instant(seconds: number | null, zone: Zone, parts: 'minute' | 'second' | 'day' | 'bare' = 'minute'): string {
  if (seconds === null) return 'not known';
  const date = new Date(seconds * 1000);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const utc = zone === 'utc';
  const day = utc
    ? `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`
    : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  if (parts === 'day') return day;
  const minute = utc ? `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}` : `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  const second = parts === 'second' ? `:${pad(utc ? date.getUTCSeconds() : date.getSeconds())}` : '';
  return `${day} ${minute}${second}${parts === 'bare' ? '' : ' ' + zoneName(zone, date)}`;
}

/** '2026-11-22 02:00 to 04:00 UTC': the day is said once where both ends are on it. */
export function between(from: number | null, to: number | null, zone: Zone): string {
  const [start, end] = [instant(from, zone, 'bare'), instant(to, zone)];
  return `${start} to ${start.slice(0, 10) === end.slice(0, 10) ? end.slice(11) : end}`;
}

export function zoneName(zone: Zone, at: Date): string {
  if (zone === 'utc') return 'UTC';
  const minutes = -at.getTimezoneOffset();
  if (minutes === 0) return 'UTC+0';
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  return `UTC${minutes < 0 ? '-' : '+'}${hours}${rest === 0 ? '' : ':' + String(rest).padStart(2, '0')}`;
}

/** The address decides, so that a shared link reads alike for both; without it, the last choice made here. */
export const zone = computed<Zone>(() => ((query.value.get('tz') ?? recall('tz')) === 'local' ? 'local' : 'utc'));

export function chooseZone(next: Zone): void {
  remember('tz', next);
  setQuery({ tz: next }, 'replace');
}

/** The range in the address, or the objective's own window when there is none. */
export function rangeOf(from: URLSearchParams, fallback: string): Range {
  return { from: from.get('from') ?? fallback, to: from.get('to') ?? 'now' };
}

export const chooseRange = (range: Range): void => setQuery({ from: range.from, to: range.to === 'now' ? null : range.to });

export const hasRange = computed(() => address.value.query.has('from') || address.value.query.has('to'));
