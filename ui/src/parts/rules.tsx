// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The alert rules of one objective: what each pair of windows sees now, the
// verdict, and the alert that came of it.
import type { ComponentChildren } from 'preact';
import { isOpen } from '../alert';
import type { Alert, Rule } from '../alert';
import type { ObjectiveDetail } from '../api';
import * as format from '../format';
import { instant, unix, zone } from '../time';
import { AlertCard, Ended, Quiet, SilenceLink, Standing } from './alerts';
import { AlertMark, VerdictMark } from './alertmarks';
import { EpisodeLink } from './episode';
import { Conditions } from './pairs';

export function Rules({ slo }: { slo: ObjectiveDetail }) {
  const rules = slo.rules ?? [];
  const alerts = slo.alerts ?? [];
  if (rules.length === 0) return null;
  const now = unix(slo.evaluated_at);
  // Rules that look at a burn first: a rule about silence has nothing to show while events come.
  const sorted = [...rules.filter((r) => r.conditions.some((c) => c.kind !== 'absent')), ...rules.filter((r) => r.conditions.every((c) => c.kind === 'absent'))];
  const groups = alerts.filter((a) => isOpen(a) && a.group !== '');
  const ended = alerts.filter((a) => !isOpen(a)).sort((a, b) => (b.ended_at ?? '').localeCompare(a.ended_at ?? ''));
  const alertOf = (r: Rule): Alert | undefined => alerts.find((a) => a.rule === r.name && a.group === '' && isOpen(a));
  const [loud, rest] = [sorted.filter((r) => isLoud(r, alertOf(r))), sorted.filter((r) => !isLoud(r, alertOf(r)))];
  const list = (some: Rule[]) => <ul class="card rule-list">{some.map((r) => <One key={r.name} of={r} alert={alertOf(r)} now={now} />)}</ul>;
  return (
    <section class="rules" id="alerts" aria-labelledby="rules-title">
      <h2 id="rules-title">Alerts</h2>
      {loud.length > 0 && list(loud)}
      {rest.length > 0 && <details><summary>{loud.length > 0 ? others(rest, alertOf) : calm(rest, groups.length)}</summary>{list(rest)}</details>}
      {groups.length > 0 && <div class="alerts">{groups.map((a) => <AlertCard key={`${a.rule} ${a.group}`} of={a} now={now} named={false} />)}</div>}
      {ended.length > 0 && (
        <details>
          <summary>{format.plural(ended.length, 'alert', 'alerts')} ended before, the last {instant(unix(ended[0]!.ended_at), zone.value)}</summary>
          <Ended of={ended.slice(0, 50)} named={false} />
        </details>
      )}
    </section>
  );
}

/** Whether a rule calls somebody or is about to; what burns under a faster rule that already calls is not shouted twice. */
function isLoud(r: Rule, alert: Alert | undefined): boolean {
  if (alert) return alert.inhibited_by === '';
  return r.verdict === 'critical' || r.verdict === 'rising' || r.verdict === 'recovering';
}

const calm = (rules: Rule[], groups: number): ComponentChildren =>
  rules.some((r) => r.verdict === 'no_evidence') || rules.every((r) => r.verdict === '') ? (
    <>{rules.some((r) => r.verdict === 'no_evidence') && <VerdictMark of="no_evidence" />} {format.plural(rules.length, 'rule', 'rules')}, of which none can be judged by events</>
  ) : (
    <><VerdictMark of="ok" /> None of {format.plural(rules.length, 'rule', 'rules')} fires{groups > 0 ? ' for all events together' : ''}; no pair of windows burns above its threshold</>
  );

const others = (rules: Rule[], alertOf: (r: Rule) => Alert | undefined): string =>
  `${format.plural(rules.length, 'more rule', 'more rules')}: ${rules.map((r) => `${r.name}${(alertOf(r) ?? r).life.word === '' ? '' : ` ${(alertOf(r) ?? r).life.word.replaceAll('_', ' ')}`}${(alertOf(r)?.inhibited_by ?? '') === '' ? '' : ' (inhibited)'}`).join(', ')}`;

/** Whether the alert itself says where it stands in its life, see Quiet. */
const says = (a: Alert | undefined): boolean => a !== undefined && (a.clear_since !== null || a.frozen !== '');

function One({ of: r, alert, now }: { of: Rule; alert: Alert | undefined; now: number | null }) {
  return (
    <li class={alert ? `is-open alert-edge-${alert.state === 'firing' ? alert.severity : alert.state}` : ''}>
      <div class="rule-head">
        <Standing of={alert} verdict={r.verdict} />
        <h3>{r.name}</h3>
        <span class="quiet">{r.severity}{r.default ? '' : ', written in the service file'}{r.by_group ? ', for each group' : ''}</span>
        {alert && <AlertMark state={alert.state} severity={alert.severity} />}
        {alert && <span>since {instant(unix(alert.since), zone.value)}</span>}
        {alert && <span class="act"><EpisodeLink of={alert} now={now} here /> <SilenceLink of={alert} /></span>}
      </div>
      <Conditions of={r.conditions} />
      {/* Calm rules say what they ask for, the others what they see. */}
      <p class={r.verdict === 'ok' || r.verdict === '' ? 'quiet' : ''}>
        {r.verdict === 'ok' || r.sentence === '' ? r.asks : r.sentence}{r.life.says !== '' && r.verdict !== 'ok' && !says(alert) && <span class="quiet"> · {r.life.says}</span>}
      </p>
      {!alert && r.verdict === 'critical' && short(r)}
      {alert && <Quiet of={alert} />}
      {alert && alert.deliveries.length > 0 && <p class="quiet">Told: {alert.deliveries.map((t) => `${t.receiver} (${t.state.replaceAll('_', ' ')})`).join(', ')}</p>}
    </li>
  );
}

/** Why nobody is called although both windows burn: so few bad events prove little. */
function short(r: Rule): ComponentChildren {
  const bad = Math.max(0, ...r.conditions.map((c) => c.long.bad ?? 0));
  return bad < (r.guard ?? 0) ? <p>Calls nobody yet: {format.plural(bad, 'bad event', 'bad events')} in its long window, and it takes {r.guard} to tell a burn from chance.</p> : null;
}
