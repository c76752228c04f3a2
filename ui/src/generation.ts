// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The generations of an objective: what each counted by, and which one a page
// shows. The rule, target and edges are the server's.
import type { Generation, ObjectiveDetail, Series } from './api';
import { rfc3339, unix } from './time';

/** What the server answers a longer range with is a refusal. */
const longestRange = 400 * 86400;

/** A canonical rule as lines to read: without the line that names the format, durations in words. */
export function ruleLines(rule: string): string[] {
  return rule.split('\n').slice(1).filter((line) => line !== '').map(readable);
}

function readable(line: string): string {
  const under = /^under (\d+)$/.exec(line);
  if (!under) return line;
  const ms = Number(under[1]) / 1e6;
  return `under ${ms < 1000 ? `${ms} ms` : `${ms / 1000} s`}`;
}

/** The lines by which two rules differ. */
export function ruleChange(before: string, after: string): { gone: string[]; added: string[] } {
  const [old, fresh] = [ruleLines(before), ruleLines(after)];
  return { gone: old.filter((line) => !fresh.includes(line)), added: fresh.filter((line) => !old.includes(line)) };
}

/** The earlier generation that an address asks for; null for the one that runs. */
export function chosen(slo: Pick<ObjectiveDetail, 'generation' | 'generations'>, id: string | null): Generation | null {
  if (id === null || id === slo.generation?.indicator_id) return null;
  // A rule may come back, so the newest generation of an indicator is meant.
  return (slo.generations ?? []).filter((g) => g.indicator_id === id).pop() ?? null;
}

/** The range that a generation counted in, as far back as one answer reaches. */
export function rangeOfGeneration(g: Generation): { from: string; to: string | null } | null {
  const from = unix(g.from);
  const to = unix(g.to) ?? Date.now() / 1000;
  if (from === null) return null;
  return { from: rfc3339(Math.max(from, to - longestRange)), to: g.to };
}

/** What the steps of a series add up to; null when none was measured. */
export function sums(series: Series): { good: number; bad: number; excluded: number } | null {
  if (series.good.every((n) => n === null)) return null;
  const add = (values: (number | null)[]): number => values.reduce<number>((all, n) => all + (n ?? 0), 0);
  return { good: add(series.good), bad: add(series.bad), excluded: add(series.excluded) };
}
