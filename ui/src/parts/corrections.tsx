// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What somebody left out of the budget afterwards: who, why, and what it did to
// the numbers when it was made.
import type { Correction } from '../alert';
import type { ObjectiveDetail } from '../api';
import * as format from '../format';
import { instant, unix, zone } from '../time';

export function Corrections({ slo }: { slo: ObjectiveDetail }) {
  const all = slo.corrections ?? [];
  if (all.length === 0) return null;
  return (
    <section class="card corrections" id="corrections">
      <h2>Corrections <span class="quiet">left out of these numbers afterwards</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Corrections">
        <table>
          <thead><tr><th scope="col" class="num">No.</th><th scope="col">Why</th><th scope="col">What</th><th scope="col">Leaves out now</th><th scope="col">Budget left, before and after</th></tr></thead>
          <tbody>{all.map((c) => <Row key={c.id} of={c} />)}</tbody>
        </table>
      </div>
      <p class="quiet">End one with <code>leadline correct withdraw NUMBER</code>; the ledger keeps it.</p>
    </section>
  );
}

function Row({ of: c }: { of: Correction }) {
  const at = (text: string): string => instant(unix(text), zone.value);
  // The objective's own window comes first.
  const own = c.effects?.[0];
  return (
    <tr>
      <th scope="row" class="num">{c.id}</th>
      <td>{c.reason}<br /><span class="quiet">{c.author}, {at(c.created_at)}</span></td>
      <td>{c.kind === 'exclude' ? 'every event' : c.bad === 0 ? 'all bad events' : format.plural(c.bad, 'bad event', 'bad events')}<br /><span class="quiet">after {at(c.from)} up to {at(c.to)}</span></td>
      <td class="nowrap">{format.count(c.leaves_out.bad)} bad, {format.count(c.leaves_out.good)} good</td>
      <td class="nowrap">{own ? `${format.amount(own.before.remaining, own.unit)}, then ${format.amount(own.after.remaining, own.unit)} ${format.noun(own.after.remaining, own.unit)}` : <span class="quiet">{format.notMeasured}</span>}</td>
    </tr>
  );
}
