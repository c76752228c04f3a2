// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The objectives that count events of a service, each in one row.
import type { Objective } from '../../api';
import * as format from '../../format';
import type { ServiceDocument } from '../../service';
import { BudgetBar, BudgetText } from '../budget';
import { Chip } from '../chip';
import { keyOf, linkTo } from '../objectives';

export function ServiceObjectives({ of }: { of: ServiceDocument }) {
  if (of.objectives.length === 0) {
    return (
      <section class="card no-objectives">
        <h2>No objective counts this service</h2>
        <p class="quiet">What it does is measured all the same. <code>leadline init</code> drafts a service file from it, with targets that its history supports.</p>
      </section>
    );
  }
  return (
    <section class="card service-objectives" aria-label="Objectives">
      <ul>
        {of.objectives.map((o) => (
          <li key={keyOf(o)}>
            <Chip state={o.state} />
            <span class="name"><a href={linkTo(o)}>{o.name}</a> <span class="quiet">{o.operation === '' ? 'every entry operation' : o.operation}</span></span>
            <span class="num">{o.sli === null ? <span class="quiet">{format.notMeasured}</span> : <strong>{format.sli(o.good, o.bad, format.digitsFor(o.target))}</strong>} <span class="quiet">of {format.target(o.target)} over {o.window}</span></span>
            <span class="left"><BudgetBar of={o as unknown as Objective} /><BudgetText of={o as unknown as Objective} /></span>
          </li>
        ))}
      </ul>
    </section>
  );
}
