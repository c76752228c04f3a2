// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Numbers as text. Two rules: what was not measured is said, never shown as 0;
// and no rounding may flatter, so a share with one bad event never reads 100%.

import type { Unit } from './api';

export const notMeasured = 'not measured';

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const fineFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 3 });
const compactFormat = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export function count(n: number | null | undefined): string {
  return n == null || !Number.isFinite(n) ? notMeasured : grouped.format(n);
}

/** 12.3k, for axes and narrow cells. */
export function compact(n: number | null | undefined): string {
  return n == null || !Number.isFinite(n) ? notMeasured : compactFormat.format(n);
}

/** Whole events or slices of a number in a unit. */
export const inUnit = (n: number, unit: Unit | undefined): number => (unit === 'microslices' ? n / 1e6 : n);

/** '12,345' or, of slices in millionths, '7.25'. */
export function amount(n: number | null | undefined, unit: Unit | undefined): string {
  if (n == null || unit !== 'microslices') return count(n);
  return fineFormat.format(inUnit(n, unit));
}

/** 'event' or 'slice', as many as there are. */
export function noun(n: number, unit: Unit | undefined): string {
  const one = unit === undefined || unit === 'events' ? 'event' : 'slice';
  return inUnit(n, unit) === 1 ? one : `${one}s`;
}

export function plural(n: number, one: string, many: string): string {
  return `${grouped.format(n)} ${n === 1 ? one : many}`;
}

/** '0.9995' -> '99.95%'. The target is decimal text and stays exact: digits move, nothing is computed. */
export function target(text: string): string {
  const parts = /^0?\.(\d+)$/.exec(text) ?? /^1(?:\.0*)?$/.exec(text);
  if (!parts) return text;
  const digits = (parts[1] ?? '').padEnd(2, '0');
  if (parts[1] === undefined) return '100%';
  const whole = digits.slice(0, 2).replace(/^0(?=\d)/, '');
  const fraction = digits.slice(2).replace(/0+$/, '');
  return `${whole}${fraction === '' ? '' : '.' + fraction}%`;
}

/** Digits behind the point that tell a share apart from its target: two more than the target itself has. */
export function digitsFor(targetText: string): number {
  const fraction = /\.(\d+)$/.exec(targetText)?.[1]?.replace(/0+$/, '') ?? '';
  return Math.min(6, Math.max(0, fraction.length - 2) + 2);
}

/** good/valid in percent, cut off (not rounded) after so many digits, in integers so that no float can lie. */
export function ratio(good: number, valid: number, digits: number): string {
  if (valid <= 0) return notMeasured;
  const scale = 10n ** BigInt(digits);
  const cut = (BigInt(good) * 100n * scale) / BigInt(valid);
  const fraction = (cut % scale).toString().padStart(digits, '0');
  return `${cut / scale}${digits > 0 ? '.' + fraction : ''}%`;
}

export function sli(good: number | null, bad: number | null, digits: number): string {
  return good === null || bad === null ? notMeasured : ratio(good, good + bad, digits);
}

/** A share that is already a float (coverage, late share); cut off towards zero, small ones keep a digit. */
export function share(x: number | null | undefined, digits = 1): string {
  if (x == null || !Number.isFinite(x)) return notMeasured;
  if (x === 0) return '0%';
  const percent = x * 100;
  if (percent !== 0 && Math.abs(percent) < 10 ** -digits) return `${percent < 0 ? '> -' : '< '}${10 ** -digits}%`;
  // Many times a budget overspent: nobody reads its tenths.
  if (Math.abs(percent) >= 1000) return `${grouped.format(Math.trunc(percent))}%`;
  const scale = 10 ** digits;
  return `${(Math.trunc(Number((percent * scale).toPrecision(12))) / scale).toFixed(digits)}%`;
}

export function burnRate(rate: number | null | undefined): string {
  if (rate == null || !Number.isFinite(rate)) return notMeasured;
  if (rate === 0) return '0x';
  if (rate < 0.01) return '< 0.01x';
  return `${rate >= 100 ? rate.toFixed(0) : rate >= 10 ? rate.toFixed(1) : rate.toFixed(2)}x`;
}

export function millis(ms: number | null | undefined): string {
  if (ms == null || !Number.isFinite(ms)) return notMeasured;
  if (ms >= 10_000) return `${(ms / 1000).toFixed(0)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  if (ms >= 10) return `${ms.toFixed(0)} ms`;
  return ms >= 0.95 || ms === 0 ? `${ms.toFixed(1)} ms` : `${Number(ms.toPrecision(2))} ms`;
}

export function bytes(n: number | null | undefined): string {
  if (n == null || !Number.isFinite(n)) return notMeasured;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  let x = n;
  for (; x >= 1024 && i < units.length - 1; i++) x /= 1024;
  return `${i === 0 ? x : x.toFixed(1)} ${units[i]}`;
}

/** Two units at most: '3 d 4 h', '12 min', '45 s'. */
export function duration(seconds: number): string {
  const units: [number, string][] = [[86400, 'd'], [3600, 'h'], [60, 'min'], [1, 's']];
  const first = units.findIndex(([size]) => seconds >= size);
  if (first < 0) return '< 1 s';
  const [size, name] = units[first]!;
  const whole = Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[0]) : 0;
  return `${whole} ${name}${next && rest > 0 && whole < 10 ? ` ${rest} ${next[1]}` : ''}`;
}

/** What is known of a few things in a row: 'shop · production'; what is empty is left out. */
export const dotted = (...parts: string[]): string => parts.filter((part) => part !== '').join(' · ');
