// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Alerts, silences and receivers as /api/v1 says them, and their words. What
// an alert is, and what its windows say together, is decided by the server.
import * as format from './format';
import type { Answer, Unit } from './api';
import { instant, unix } from './time';
import type { Zone } from './time';

export type Severity = 'page' | 'ticket';

/** What two windows of a burn say together; empty for what has no two. */
export type Verdict = 'critical' | 'rising' | 'recovering' | 'ok' | 'no_evidence' | '';

/** What the windows of a rule mean for its alert: the verdict while none is open, else 'ending' and the like, and the server's words for it. */
export interface Life { word: string; says: string }

export type AlertState = 'firing' | 'pending' | 'frozen' | 'no_longer_measured' | 'resolved';

export interface AlertWindow { window: string; burn: number | null; bad: number | null; total: number | null }

export interface Condition {
  kind: 'burn' | 'spent' | 'drop' | 'exhausts' | 'absent';
  long: AlertWindow;
  short: AlertWindow;
  threshold: number | null;
  within: string;
  share: number | null;
  verdict: Verdict;
  holds: boolean | null;
}

export interface Exhaustion { state: 'expected' | 'exhausted' | 'never' | 'unknown'; at: string | null; window: string }

export interface Rule {
  name: string;
  severity: Severity;
  default: boolean;
  by_group: boolean;
  /** The bad events that its longest window must hold before anybody is called; 0 where that does not matter. */
  guard?: number;
  asks: string;
  sentence: string;
  verdict: Verdict;
  life: Life;
  conditions: Condition[];
  exhaustion: Exhaustion;
}

export interface Told { receiver: string; says: 'began' | 'ended'; state: string; at: string; attempts: number; error: string; delivery_id: string }

export interface Alert {
  state: AlertState;
  phase: string;
  severity: Severity;
  rule: string;
  group: string;
  namespace: string;
  service: string;
  environment: string;
  objective: string;
  journey: string;
  owner: string;
  runbook: string;
  episode: number;
  since: string;
  started_at: string | null;
  ended_at: string | null;
  clear_since: string | null;
  /** When it is over at the earliest, unless its conditions hold again. */
  ends_at?: string | null;
  verdict: Verdict;
  life: Life;
  sentence: string;
  next_step: string;
  conditions: Condition[];
  exhaustion: Exhaustion;
  frozen: string;
  inhibited_by: string;
  /** Until when it is quiet, where the rule that inhibits it has ended. */
  inhibited_until?: string | null;
  silenced_by: string;
  deliveries: Told[];
}

export interface Stretch { from: string; to: string }

export interface Exclusion { reason: string; begin: string; zone: string; length: string; repeat: string; past: Stretch[]; next: Stretch[] }

export interface LeftOut extends Stretch { reason: string; correction: number }

/** What a window held before or after a correction was made. */
interface EffectNumbers { good: number; bad: number; allowed: number; spent: number; remaining: number }

export interface Correction {
  id: number;
  kind: 'exclude' | 'exclude_bad';
  from: string;
  to: string;
  bad: number;
  author: string;
  reason: string;
  created_at: string;
  effects: { window: string; former: boolean; unit: Unit; before: EffectNumbers; after: EffectNumbers }[] | null;
  leaves_out: { good: number; bad: number; excluded: number };
}

export interface Silence {
  id: string;
  state: 'active' | 'pending' | 'ended';
  matchers: string[];
  author: string;
  reason: string;
  created_at: string;
  starts_at: string;
  ends_at: string;
  alerts: number;
}

export interface Receiver {
  name: string;
  kind: string;
  failing: string;
  last_success: string | null;
  last_failure: { at: string | null; cause: string };
  backlog: number;
  oldest: string | null;
  attempting_since: string | null;
  next_attempt: string | null;
  counts: { delivered: number; failed: number; given_up: number; heartbeats: number; resends: number };
}

export interface Alerts extends Answer { evaluated_at: string; alerts: Alert[] }
export interface Silences extends Answer { silences: Silence[] }
export interface OneSilence extends Answer { silence: Silence }
export interface Receivers extends Answer { receivers: Receiver[]; trouble: string; not_alive: string; unrouted: number }
export interface TestResult extends Answer { receiver: string; delivered: boolean; error: string; hint: string }

/** Worst first, as the server sorts them. */
export const alertStates: readonly AlertState[] = ['firing', 'pending', 'frozen', 'no_longer_measured', 'resolved'];

export const alertLabel: Record<AlertState, string> = {
  firing: 'Firing',
  pending: 'Pending',
  frozen: 'Frozen',
  no_longer_measured: 'No longer measured',
  resolved: 'Resolved',
};

export const verdictLabel: Record<Exclude<Verdict, ''>, string> = {
  critical: 'Critical',
  rising: 'Rising',
  recovering: 'Recovering',
  ok: 'OK',
  no_evidence: 'No evidence',
};

/** Whether it asks for somebody, or may again: everything that has not ended. */
export const isOpen = (a: Alert): boolean => a.ended_at === null && (a.state === 'firing' || a.state === 'pending' || a.state === 'frozen');

/** The labels by which routes and silences know alerts, in the order in which they are shown. */
export const labels = ['namespace', 'service', 'environment', 'journey', 'objective', 'owner', 'severity', 'rule', 'group'] as const;
export type Label = (typeof labels)[number];

export const labelsOf = (a: Alert): Record<Label, string> => ({
  namespace: a.namespace, service: a.service, environment: a.environment, journey: a.journey,
  objective: a.objective, owner: a.owner, severity: a.severity, rule: a.rule, group: a.group,
});

export const operators = ['=', '!=', '=~', '!~'] as const;
export type Operator = (typeof operators)[number];

export interface Matcher { label: Label; operator: Operator; value: string }

export const matcherText = (m: Matcher): string => `${m.label}${m.operator}${JSON.stringify(m.value)}`;

/** Reads a matcher of an address; null when it is none that the form can show. */
export function parseMatcher(text: string): Matcher | null {
  const parts = /^\s*(\w+)\s*(=~|!~|!=|=)\s*(.*)$/s.exec(text);
  const label = labels.find((name) => name === parts?.[1]);
  if (!parts || label === undefined) return null;
  try {
    const raw = parts[3]!.trim();
    const value: unknown = raw.startsWith('"') ? JSON.parse(raw) : raw;
    return typeof value === 'string' ? { label, operator: parts[2] as Operator, value } : null;
  } catch {
    return null;
  }
}

/**
 * How many of the alerts the matchers match; null where a regular expression
 * decides, because only the server reads those rightly.
 */
export function matching(alerts: readonly Alert[], matchers: readonly Matcher[]): number | null {
  if (matchers.some((m) => m.operator.endsWith('~'))) return null;
  return alerts.filter((a) => matchers.every((m) => (labelsOf(a)[m.label] === m.value) === (m.operator === '='))).length;
}

/** The matchers that silence one alert and nothing beside it. */
export const matchersOf = (a: Alert): Matcher[] =>
  (['namespace', 'service', 'environment', 'objective', 'rule', 'group'] as const)
    .map((label) => ({ label, operator: '=' as const, value: labelsOf(a)[label] }))
    .filter((m) => m.value !== '');

/** When the budget is gone if it goes on so; the server's own forecast, in words. */
export function forecast(x: Exhaustion, now: number | null, zone: Zone): { text: string; detail: string } {
  const pace = x.window === '' ? '' : `if it goes on as in the last ${x.window}`;
  const at = unix(x.at);
  if (x.state === 'exhausted') return { text: 'gone already', detail: '' };
  if (x.state === 'never') return { text: 'not at all', detail: pace };
  if (x.state !== 'expected' || at === null) return { text: format.notMeasured, detail: 'needs a budget and a burn rate' };
  const left = now === null ? '' : `in ${format.duration(Math.max(0, at - now))}`;
  return { text: left === '' ? instant(at, zone) : left, detail: `${left === '' ? '' : `${instant(at, zone)}, `}${pace}` };
}

/** What ends a silence: '2h' and '7d' count from its start. null when it is neither a length nor a time to come. */
export const lengthPattern = /^\d+[mhd]$/;
