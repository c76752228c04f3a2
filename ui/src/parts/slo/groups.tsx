// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The objective by its groups, the one with most bad events first.
import type { ObjectiveDetail } from '../../api';
import * as format from '../../format';
import { useFew } from '../few';

/** Those with most bad events are why somebody looks. */
const few = 20;

export function Groups({ slo }: { slo: ObjectiveDetail }) {
  const groups = [...(slo.groups ?? [])].sort((a, b) => (b.bad ?? -1) - (a.bad ?? -1) || a.group.localeCompare(b.group));
  const [shown, rest] = useFew(groups, few, 'groups');
  if (groups.length === 0) return null;
  const digits = format.digitsFor(slo.target);
  return (
    <section class="card" id="groups">
      <h2>Groups <span class="quiet">most bad events first, over the window</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Groups">
        <table>
          <thead><tr><th scope="col">Group</th><th scope="col" class="num">SLI</th><th scope="col" class="num">Good</th><th scope="col" class="num">Bad</th><th scope="col" class="num">Excluded</th></tr></thead>
          <tbody>
            {shown.map((g) => (
              <tr key={g.group}>
                <th scope="row"><code>{g.group}</code>{g.cause && <p class="quiet">{g.cause}</p>}</th>
                <td class="num">{g.state === 'not_measured' ? format.notMeasured : format.sli(g.good, g.bad, digits)}</td>
                <td class="num">{format.count(g.good)}</td>
                <td class="num">{format.count(g.bad)}</td>
                <td class="num">{format.count(g.excluded)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rest}
    </section>
  );
}
