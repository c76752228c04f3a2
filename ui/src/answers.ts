// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What somebody who was just woken asks first, each answered in words: what is
// broken, since when, how fast, what changed, how far to trust it. Every number
// is the server's; only the words are made here.
import { isOpen } from './alert';
import type { Alert, Condition } from './alert';
import type { ObjectiveDetail, Series, Trust } from './api';
import * as format from './format';
import type { Comparison, Happenings, Version } from './lane';
import { instant, unix } from './time';
import type { Zone } from './time';
import { budgetLeft, sentence } from './verdict';

/** The alert that speaks for the objective: one that calls before one that is kept quiet, pages before tickets, the oldest first. */
export function speaking(alerts: readonly Alert[]): Alert | null {
  const rank = (a: Alert): number => (a.inhibited_by !== '' ? 8 : 0) + (a.state === 'firing' ? 0 : 4) + (a.severity === 'page' ? 0 : 2) + (a.group === '' ? 0 : 1);
  const open = alerts.filter(isOpen);
  open.sort((a, b) => rank(a) - rank(b) || a.since.localeCompare(b.since));
  return open[0] ?? null;
}

/** The alert that is spoken of: the one that fires, or when all is well again the one that ended last, for a day. */
export function spokenOf(o: Pick<ObjectiveDetail, 'alerts' | 'state' | 'evaluated_at'>): Alert | null {
  if (o.state !== 'ok') return speaking(o.alerts ?? []);
  const now = unix(o.evaluated_at) ?? 0;
  const ended = (o.alerts ?? []).filter((a) => a.group === '' && now - (unix(a.ended_at) ?? -Infinity) < lately);
  return ended.sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? ''))[0] ?? null;
}

const lately = 86_400;

/** 'POST /checkout', or the objective's name where its rule counts more than one operation. */
export function subject(o: Pick<ObjectiveDetail, 'indicator' | 'name'>): string {
  const named = [...(o.indicator.rule ?? '').matchAll(/^operation (".*")$/gm)];
  if (named.length !== 1) return o.name;
  try {
    return String(JSON.parse(named[0]![1]!));
  } catch {
    return o.name;
  }
}

/** What a share is of: an operation stands for its events, an objective does not. */
function counted(o: ObjectiveDetail): string {
  const what = subject(o);
  return what === o.name ? `the events of ${what}` : what;
}

/** What a bad event is to a user, by the kind of the rule. */
const suffered: Record<string, [string, string]> = {
  availability: ['failed', 'succeeded'],
  latency: ['was too slow', 'was fast enough'],
  success: ['failed or was too slow', 'succeeded in time'],
  queue_delay: ['waited too long', 'began in time'],
};

/** Whom an alert of one group speaks of. */
const ofGroup = (a: Alert | null): string => (a === null || a.group === '' ? '' : ` (${a.group})`);

const verbs = (o: ObjectiveDetail): [string, string] => suffered[o.indicator.kind] ?? ['was bad', 'was good'];

/** The sentence at the top: what users have of it now. */
export function broken(o: ObjectiveDetail, zone: Zone = 'utc'): string {
  const blind = o.state === 'no_data' || o.state === 'not_measured' || o.state === 'misconfigured';
  if (blind) return `Nobody can tell how ${subject(o)} does: ${o.cause === '' ? format.notMeasured : o.cause}.`;
  return (o.state === 'ok' ? brewing(o) : onFire(o, zone)) ?? overWindow(o);
}

/** What the alert that speaks sees: how bad it is, or that it ends. */
function onFire(o: ObjectiveDetail, zone: Zone): string | null {
  const alert = speaking(o.alerts ?? []);
  const condition = burning(alert);
  const { bad, total, window } = condition?.long ?? { bad: 0, total: 0, window: '' };
  if (condition === null || !bad || !total) return null;
  const [failed] = verbs(o);
  const events = `${format.count(bad)} of ${format.plural(total, 'event', 'events')}`;
  const share = format.share(bad / total);
  const now = recent(condition);
  const end = unix(alert?.ends_at ?? null);
  if (now === '' || end === null) return `${share} of ${counted(o)}${ofGroup(alert)} ${failed} in the last ${spoken(window)}: ${events}${now === '' ? '' : `; ${now}`}.`;
  const least = format.share(condition.short.bad! / condition.short.total!);
  return `${counted(o)}${ofGroup(alert)} recovers: ${least} ${failed} in the last ${spoken(condition.short.window)}, ${share} in the last ${spoken(window)} (${events}). ${alert!.rule} ends ${instant(end, zone, 'second')} if it stays so.`;
}

/** What the short window of the worst pair sees that burns above its threshold while nobody is called: no news yet, and not nothing. */
function brewing(o: ObjectiveDetail): string | null {
  const worst = o.verdict;
  if (worst?.verdict !== 'critical' && worst?.verdict !== 'rising') return null;
  const { bad, total, window } = (o.rules ?? []).find((r) => r.name === worst.rule)?.conditions.find((c) => c.kind === 'burn')?.short ?? { bad: 0, total: 0, window: '' };
  if (!bad || !total || o.good === null || o.bad === null) return null;
  const [failed, fine] = verbs(o);
  return `${format.share(bad / total)} of ${counted(o)} ${failed} in the last ${spoken(window)}, and nobody is called: ${format.sli(o.good, o.bad, format.digitsFor(o.target))} ${fine} over ${o.window}, the target is ${format.target(o.target)}.`;
}

function overWindow(o: ObjectiveDetail): string {
  if (o.good === null || o.bad === null || o.good + o.bad === 0) return sentence(o);
  const [failed, fine] = verbs(o);
  const valid = o.good + o.bad;
  if (o.state === 'ok') return `Nothing is broken: ${format.sli(o.good, o.bad, format.digitsFor(o.target))} of ${counted(o)} ${fine} over ${o.window}, the target is ${format.target(o.target)}.`;
  return `${format.share(o.bad / valid, 2)} of ${counted(o)} ${failed} over ${o.window}: ${format.amount(o.bad, o.unit)} of ${format.amount(valid, o.unit)} ${format.noun(valid, o.unit)}, ${format.amount(o.budget?.allowed, o.unit)} allowed.`;
}

const burning = (a: Alert | null): Condition | null => a?.conditions.find((c) => c.kind === 'burn' && c.long.burn !== null) ?? null;

/** '33.0% in the last 5 min': of a pair, what its short window holds. */
function recent({ short }: Condition): string {
  if (short.bad == null || !short.total) return '';
  return `${format.share(short.bad / short.total)} in the last ${spoken(short.window)}`;
}

const spoken = (window: string): string => window.replace(/^(\d+)m$/, '$1 min').replace(/^1h$/, 'hour').replace(/^1d$/, 'day');

/** The server's words begin small where they may follow others; what names a file or a number stays as it is. */
export const asSentence = (words: string): string => `${/^[a-z]+ /.test(words) ? words.charAt(0).toUpperCase() + words.slice(1) : words}${/[.!?]$/.test(words) ? '' : '.'}`;

export interface Said { text: string; detail: string }

/** Since when: of an alert its start, of a spent budget when it ran out within the range that is shown. */
export function since(o: ObjectiveDetail, series: Series | null, zone: Zone): Said & { at: number | null } {
  const now = unix(o.evaluated_at);
  const said = (at: number, what: string) => ({ at, text: instant(at, zone), detail: `${what}${now === null || now <= at ? '' : `, ${format.duration(now - at)} ago`}` });
  const alert = spokenOf(o);
  const end = alert === null ? null : unix(alert.ended_at);
  if (alert && end !== null) return { ...said(end, `${alert.rule} ended`), text: `Over since ${instant(end, zone)}` };
  const start = alert === null ? null : unix(alert.started_at ?? alert.since);
  if (alert && start !== null) return said(start, `${alert.rule} began${alert.state === 'frozen' ? ', frozen' : ''}${failing(o, series, alert, start, zone)}`);
  if ((budgetLeft(o) ?? 0) < 0 && series) {
    const spent = ranOut(series);
    if (spent !== null) return said(spent, 'the budget ran out');
    return { at: null, text: `Before ${instant(unix(series.from), zone)}`, detail: 'overspent in all the time shown' };
  }
  if (o.state === 'ok') return { at: null, text: 'Nothing fires', detail: lastEnded(o, zone) };
  return { at: null, text: 'No alert fires', detail: lastEnded(o, zone) };
}

/** Users suffer before an alert has seen enough: said where the chart has minutes. */
function failing(o: ObjectiveDetail, series: Series | null, alert: Alert, start: number, zone: Zone): string {
  const first = series === null || alert.group !== '' ? null : failingSince(series, o.target, start);
  return first === null ? '' : `, failing since ${instant(first, zone)}`;
}

/**
 * The first of the minutes without a break that missed the target up to an
 * alert's start; null if the chart has no minutes, or does not hold the minute
 * before the first.
 */
export function failingSince(series: Pick<Series, 'step_seconds' | 'timestamps' | 'good' | 'bad'>, target: string, start: number): number | null {
  if (series.step_seconds !== 60) return null;
  // In integers, for a minute at its target has not missed it.
  const allowed = Math.round((1 - Number(target)) * billion);
  const missed = (i: number): boolean => (series.bad[i] ?? 0) * billion > ((series.good[i] ?? 0) + (series.bad[i] ?? 0)) * allowed;
  let i = series.timestamps.filter((t) => t + 60 <= start).length - 1;
  const last = i;
  while (i >= 0 && missed(i)) i--;
  return i < 0 || i === last ? null : series.timestamps[i + 1]!;
}

const billion = 1e9;

function lastEnded(o: ObjectiveDetail, zone: Zone): string {
  const ended = (o.alerts ?? []).flatMap((a) => (a.ended_at === null ? [] : [a.ended_at])).sort().pop();
  return ended === undefined ? 'no alert remembered' : `the last alert ended ${instant(unix(ended), zone)}`;
}

/**
 * The end of the first step since which the budget is overspent without a break. Steps without a budget say nothing,
 * and the first one that has one is the begin if none before it has.
 */
export function ranOut(series: Pick<Series, 'timestamps' | 'budget_remaining'>): number | null {
  const known = series.budget_remaining.flatMap((left, i) => (left === null ? [] : [{ left, i }]));
  let after = known.length;
  while (after > 0 && known[after - 1]!.left < 0) after--;
  const first = known[after];
  return first === undefined || first.i === 0 ? null : (series.timestamps[first.i] ?? null);
}

export interface Changed extends Said { worse: boolean; from: number | null }

const older = (c: Comparison): string => ({ '': 'what had no version', '(other versions)': 'other versions' })[c.older] ?? c.older;

const judged: Record<Comparison['judgement'], (c: Comparison, is: string) => string> = {
  worse: (c, is) => `Version ${c.newer} ${is} worse than ${older(c)}`,
  better: (c, is) => `Version ${c.newer} ${is} better than ${older(c)}`,
  // That chance may explain a difference does not say that there is none.
  alike: (c) => `Version ${c.newer} began, not clearly different from ${older(c)}`,
  too_few: (c) => `Version ${c.newer} began`,
};

/** What changed before it: the newest version against what ran before, in the server's words. */
export function changed(all: Happenings, alert: Alert | null, zone: Zone): Changed {
  const c = all.comparison;
  if (c) {
    const gone = unix(c.gone_since ?? null);
    const back = unix(c.back_since ?? null);
    const text = (judged[c.judgement] ?? judged.too_few)(c, gone === null ? 'is' : 'was');
    const now = back === null ? '' : `${c.older === '' ? 'What had no version' : c.older} is back since ${instant(back, zone)}. `;
    return { text: now + text, detail: c.sentence + before(c, alert), worse: c.judgement === 'worse' && gone === null, from: unix(c.since) };
  }
  return { ...uncompared(all, zone), worse: false, from: null };
}

/** Nothing is held against anything: which version ran, and why it is not called a new one. */
function uncompared(all: Happenings, zone: Zone): Said {
  const versions = [...(all.versions ?? [])].sort((a, b) => a.first_seen.localeCompare(b.first_seen));
  const measured = versions.filter((v) => v.source !== 'backfill');
  const newest = measured.at(-1) ?? versions.at(-1);
  if (newest === undefined) return { text: 'No version is known', detail: 'The telemetry carries no service.version.' };
  const from = unix(all.from) ?? 0;
  const first = unix(newest.first_seen) ?? 0;
  const recent = first > from && first > (unix(all.to) ?? Infinity) - lately;
  if (recent && newest.first_live) return { text: `Version ${newest.version} first seen live`, detail: `It ran when measuring began at ${instant(first, zone)}; before is back-filled history, so there is nothing to compare it with.` };
  if (recent && newest.began && newest.source !== 'backfill') return { text: `Version ${newest.version} began`, detail: `First seen at ${instant(first, zone)}; ${few(newest)}, and no other version was measured in the day before.` };
  if (recent && newest.version !== '' && measured.length > 1) return { text: `Version ${newest.version} was seen`, detail: `First seen at ${instant(first, zone)}; ${few(newest)}: too few to tell whether it began then.` };
  const seen = first > from ? `since ${instant(first, zone)}` : 'all the time shown';
  const ran = measured.length === 0 ? `back-filled history holds ${newest.version} ${seen}` : `${newest.version} was seen ${seen}`;
  return { text: 'No new version', detail: `Nothing to compare in the last 24 h; ${ran}.` };
}

/** '12 of 24 events were bad'. */
const few = (v: Version): string => `${format.count(v.bad ?? 0)} of ${format.plural((v.good ?? 0) + (v.bad ?? 0), 'event', 'events')} were bad`;

/** A change shortly before an alert is where one looks first. */
function before(c: Comparison, alert: Alert | null): string {
  const [began, fired] = [unix(c.since), unix(alert?.started_at ?? null)];
  if (began === null || fired === null || fired < began) return '';
  return ` The alert followed ${format.duration(fired - began)} later.`;
}

const believed: Record<Trust['verdict'], string> = { trusted: 'Yes', care: 'With care', not: 'No', unknown: 'Not measured' };

/** How far to trust the number: the server's judgement, in a word and its reasons. */
export function trustSaid(trust: Trust | null): Said & { verdict: Trust['verdict'] } {
  const verdict = trust !== null && trust.verdict in believed ? trust.verdict : 'unknown';
  return { verdict, text: believed[verdict], detail: (trust?.reasons ?? []).join(', ') };
}
