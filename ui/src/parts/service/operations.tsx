// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The operations of a service. Choosing one makes everything above be about it.
import * as format from '../../format';
import { query } from '../../router';
import { errorShare, rate, redIf, sorted, sorts, valid } from '../../service';
import type { ServiceDocument, ServiceOperation, Sort } from '../../service';
import { hereWith } from '../../places';
import { useFew } from '../few';

/** More than most services have. */
const few = 50;

const heads: Record<Sort, string> = { traffic: 'Traffic', errors: 'Errors', p95: 'p95' };

const sortOf = (text: string | null): Sort => sorts.find((s) => s === text) ?? 'traffic';

export function OperationTable({ of }: { of: ServiceDocument }) {
  const by = sortOf(query.value.get('sort'));
  const [shown, rest] = useFew(sorted(of.operations, by), few, 'operations');
  const Head = ({ is }: { is: Sort }) => (
    <th scope="col" class="num" aria-sort={is === by ? 'descending' : 'none'}>
      <a class="sort" href={hereWith({ sort: is === 'traffic' ? null : is })} aria-label={`${heads[is]}, sort by it`}>{heads[is]}<span aria-hidden="true">{is === by ? ' ↓' : ''}</span></a>
    </th>
  );
  return (
    <section class="card" id="operations">
      <h2>Operations <span class="quiet">choose one to see it alone</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Operations of this service">
        <table class="stacks service-operations">
          <thead>
            <tr>
              <th scope="col">Operation</th><Head is="traffic" /><th scope="col" class="num">Valid</th><th scope="col" class="num">Bad</th><Head is="errors" />
              <th scope="col" class="num">p50</th><Head is="p95" /><th scope="col" class="num">p99</th><th scope="col">Objectives</th>
            </tr>
          </thead>
          <tbody>{shown.map((o) => <Row key={`${o.kind} ${o.operation}`} of={o} chosen={o.operation === of.operation} />)}</tbody>
        </table>
      </div>
      {rest}
      {of.operations.some((o) => !o.entry) && <p class="quiet note">What the service asks of others stands last and is not part of its traffic.</p>}
    </section>
  );
}

function Row({ of: o, chosen }: { of: ServiceOperation; chosen: boolean }) {
  const share = errorShare(o);
  return (
    <tr class={chosen ? 'is-chosen' : ''} aria-current={chosen ? 'true' : undefined}>
      <th scope="row"><a href={hereWith({ operation: chosen ? null : o.operation })} aria-label={chosen ? `${o.operation}, chosen; show all operations` : o.operation}><code>{o.operation}</code></a> <span class="quiet">{o.kind}</span></th>
      <td class="num" data-head="Traffic">{rate(o.rate)}</td>
      <td class="num" data-head="Valid">{format.count(valid(o))}{o.excluded > 0 && <span class="quiet"> +{format.compact(o.excluded)} excluded</span>}</td>
      <td class={`num ${redIf(o)}`} data-head="Bad">{format.count(o.bad)}</td>
      <td class={`num ${redIf(o)}`} data-head="Errors">{share === null ? <span class="quiet">no events</span> : format.share(share, 2)}</td>
      <td class="num" data-head="p50">{timed(o.p50_ms)}</td>
      <td class="num" data-head="p95">{timed(o.p95_ms)}</td>
      <td class="num" data-head="p99">{timed(o.p99_ms)}</td>
      <td class="wide" data-head="Objectives">{o.objectives.length === 0 ? <span class="quiet">none</span> : o.objectives.join(', ')}</td>
    </tr>
  );
}

const timed = (ms: number | null) => (ms === null ? <span class="quiet"><span aria-hidden="true">–</span><span class="hidden">{format.notMeasured}</span></span> : format.millis(ms));
