// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How the number is computed, so that anybody can do it again.
import type { ObjectiveDetail } from '../../api';
import * as format from '../../format';
import { instant, unix, zone } from '../../time';

export function Computed({ slo }: { slo: ObjectiveDetail }) {
  const at = (text: string | null): string => (text === null ? format.notMeasured : instant(unix(text), zone.value, 'second'));
  const digits = format.digitsFor(slo.target);
  const valid = slo.good === null || slo.bad === null ? null : slo.good + slo.bad;
  return (
    <section class="card" id="computed">
      <h2>How this number is computed</h2>
      <dl class="facts-list">
        <div><dt>Rule</dt><dd>{slo.indicator.kind}{slo.indicator.description === '' ? '' : `: ${slo.indicator.description}`}</dd></div>
        {(slo.indicator.rule ?? '') !== '' && <div><dt>Canonical rule</dt><dd><code>{slo.indicator.rule}</code></dd></div>}
        <div><dt>Window edges</dt><dd>after {at(slo.from)} up to {at(slo.to)}</dd></div>
        <div><dt>Good / valid</dt><dd>{valid === null || valid === 0 ? format.notMeasured : `${format.amount(slo.good, slo.unit)} / ${format.amount(valid, slo.unit)} ${format.noun(0, slo.unit)} = ${format.sli(slo.good, slo.bad, digits)}`}</dd></div>
        <div><dt>Bad</dt><dd>{format.amount(slo.bad, slo.unit)}</dd></div>
        <div><dt>Excluded</dt><dd>{format.count(slo.excluded)}</dd></div>
        <div><dt>Budget</dt><dd>{slo.budget?.allowed == null ? format.notMeasured : `${format.amount(slo.budget.allowed, slo.unit)} allowed − ${format.amount(slo.budget.spent, slo.unit)} spent = ${format.amount(slo.budget.remaining, slo.unit)} ${format.noun(0, slo.unit)}`}</dd></div>
        {slo.unit !== undefined && slo.unit !== 'events' && <div><dt>Budget counts</dt><dd>{slo.budgeting}</dd></div>}
        {(slo.windows ?? []).slice(1).map((w) => (
          <div key={`${w.window} ${w.from}`}>
            <dt>{w.former ? 'Period before' : 'Also over'} {w.window}</dt>
            <dd>
              {format.sli(w.good, w.bad, digits)} after {at(w.from)} up to {at(w.to)}; {format.amount(w.budget?.remaining, slo.unit)} of {format.amount(w.budget?.allowed, slo.unit)} left
            </dd>
          </div>
        ))}
        <div><dt>Evaluated</dt><dd>{at(slo.evaluated_at)}</dd></div>
        <div><dt>Indicator</dt><dd><code>{slo.indicator.id}</code></dd></div>
        <div><dt>Counted so since</dt><dd>{at(slo.generation?.from ?? null)}</dd></div>
        {(slo.dropped_tiers ?? []).map((t) => (
          <div key={`${t.long} ${t.short}`}><dt>Tier not used</dt><dd>{t.long} and {t.short} above {t.threshold}x: {t.reason}</dd></div>
        ))}
      </dl>
      <p class="quiet">The same, with every slice sum: <code>leadline explain {slo.service}/{slo.name}</code></p>
    </section>
  );
}
