// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The numbers of an objective at a glance, all of the same evaluation.
import type { ComponentChildren } from 'preact';
import type { ObjectiveDetail } from '../../api';
import * as format from '../../format';
import { windowSeconds, zone } from '../../time';
import { budgetLeft, exhaustion, leftText, pace } from '../../verdict';
import { BudgetBar } from '../budget';

function Tile({ name, value, detail, tone = '', children }: { name: string; value: string; detail: string; tone?: string; children?: ComponentChildren }) {
  return (
    <div class={`tile card ${tone}`}>
      <dt>{name}</dt>
      <dd class={/\d/.test(value) ? 'value' : 'value in-words'}>{value}</dd>
      <dd class="quiet">{children}{detail}</dd>
    </div>
  );
}

export function Tiles({ slo }: { slo: ObjectiveDetail }) {
  const left = budgetLeft(slo);
  const runsOut = exhaustion(slo, zone.value);
  const overspent = left !== null && left < 0;
  const below = slo.sli !== null && slo.good !== null && slo.bad !== null && overspent;
  // Shorter windows flicker; the rules below have them.
  const long = (slo.burn ?? []).filter((b) => (windowSeconds(b.window) ?? 0) >= 3600);
  const rates = (long.length > 0 ? long : (slo.burn ?? [])).map((b) => `${b.window} ${b.rate === null ? format.notMeasured : format.burnRate(b.rate)}`);
  const first = pace(slo);
  return (
    <dl class="tiles">
      <Tile name="Budget left" value={leftText(slo)} detail={budgetDetail(slo)} tone={overspent ? 'tone-bad' : ''}>
        <BudgetBar of={slo} />
      </Tile>
      <Tile name="Budget is gone" value={runsOut.text} detail={runsOut.detail} tone={runsOut.text === 'spent' ? 'tone-bad' : ''} />
      <Tile name="Burn rate" value={first ? format.burnRate(first.rate) : format.notMeasured} detail={first === null ? 'in none of its windows' : rates.join(' · ')} />
      <Tile name="SLI" value={format.sli(slo.good, slo.bad, format.digitsFor(slo.target))} detail={`target ${format.target(slo.target)} over ${slo.window}`} tone={below ? 'tone-bad' : ''} />
      <Tile name={`Valid ${format.noun(0, slo.unit)}`} value={slo.good === null || slo.bad === null ? format.notMeasured : format.amount(slo.good + slo.bad, slo.unit)} detail={slo.bad === null ? 'nothing counted' : `${format.amount(slo.bad, slo.unit)} bad · ${format.count(slo.excluded)} events excluded`} />
    </dl>
  );
}

function budgetDetail(slo: ObjectiveDetail): string {
  const { allowed = null, spent = null, remaining = null } = slo.budget ?? {};
  if (allowed === null || remaining === null) return 'no budget without events';
  const all = `${format.amount(allowed, slo.unit)} ${format.noun(allowed, slo.unit)}`;
  if (remaining < 0) return `${format.amount(spent, slo.unit)} spent, ${all} allowed`;
  if (allowed === 0) return 'too few events to allow a bad one';
  return `${format.amount(remaining, slo.unit)} of ${all}, ${format.amount(spent, slo.unit)} spent`;
}
