// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Time that was planned to be left out of budgets and alerts: when it was last,
// and when it comes next.
import type { Exclusion, Stretch } from '../alert';
import type { ObjectiveDetail } from '../api';
import * as format from '../format';
import { between, unix, zone } from '../time';

export function Exclusions({ slo }: { slo: ObjectiveDetail }) {
  const all = slo.exclusions ?? [];
  if (all.length === 0) return null;
  return (
    <section class="card exclusions" id="exclusions">
      <h2>Planned exclusions <span class="quiet">in no budget and no alert, shaded in the charts</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Planned exclusions">
        <table>
          <thead><tr><th scope="col">Reason</th><th scope="col">Next</th><th scope="col">Last</th><th scope="col">How often</th></tr></thead>
          <tbody>{all.map((x) => <Row key={`${x.reason} ${x.begin}`} of={x} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

/** Of many, so many stand in the table; the others open on demand. */
const few = 2;

function Row({ of: x }: { of: Exclusion }) {
  return (
    <tr>
      <th scope="row">{x.reason}</th>
      <td class="nowrap"><Stretches of={x.next} none="none planned" /></td>
      <td class="nowrap"><Stretches of={[...x.past].reverse()} none="not within the window" /></td>
      <td class="nowrap">{x.repeat === '' ? 'once' : <code>{x.repeat}</code>}<br /><span class="quiet">for {x.length}, by the clocks of {x.zone}</span></td>
    </tr>
  );
}

function Stretches({ of, none }: { of: Stretch[]; none: string }) {
  if (of.length === 0) return <span class="quiet">{none}</span>;
  const items = (some: Stretch[]) => <ul class="reasons">{some.map((s) => <li key={s.from}>{between(unix(s.from), unix(s.to), zone.value)}</li>)}</ul>;
  return (
    <>
      {items(of.slice(0, few))}
      {of.length > few && <details><summary>{format.plural(of.length - few, 'more', 'more')}</summary>{items(of.slice(few))}</details>}
    </>
  );
}
