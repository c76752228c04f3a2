// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Every service that is known, with what it did in the last hour.
import * as format from '../../format';
import { useResource } from '../../resource';
import { errorShare, placeText, rate, redIf, servicePath, valid } from '../../service';
import type { ServiceSummary, Services } from '../../service';
import { instant, unix, zone } from '../../time';
import { stateLabel } from '../../verdict';
import { StateIcon } from '../chip';
import { placeWith } from '../../places';
import { Missing } from '../screens';

/** How many versions are named before the rest is counted. */
const namedVersions = 2;

export function ServiceList({ words }: { words: readonly string[] }) {
  const read = useResource<Services>('/api/v1/services');
  const { data } = read;
  const all = (data?.services ?? []).filter((s) => words.every((w) => [s.service, s.namespace, s.environment, ...s.owners].join(' ').toLowerCase().includes(w)));
  if (data === null) return <Missing of={read} what="The services are" />;
  if (all.length === 0) return null;
  const hour = (unix(data.to) ?? 0) - (unix(data.from) ?? 0);
  return (
    <section class="card service-list">
      <h2>Services <span class="quiet">worst first, what they did in the last hour</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Services">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">Service</th><th scope="col">Objectives</th><th scope="col">Owner</th><th scope="col" class="num">Traffic</th>
              <th scope="col" class="num">Errors</th><th scope="col">Versions, 1h</th><th scope="col">Last seen</th>
            </tr>
          </thead>
          <tbody>{all.map((s) => <Row key={[s.namespace, s.service, s.environment].join('\u0000')} of={s} hour={hour} />)}</tbody>
        </table>
      </div>
    </section>
  );
}

function Row({ of: s, hour }: { of: ServiceSummary; hour: number }) {
  const { path, params } = servicePath(s);
  const share = errorShare(s);
  const named = s.versions.slice(0, namedVersions).map((v) => (v === '' ? 'no version' : v)).join(', ');
  return (
    <tr>
      <th scope="row"><a href={placeWith(path, params)}>{s.service}</a> <span class="quiet">{placeText(s)}</span></th>
      <td class="wide" data-head="Objectives">
        {s.states.length === 0 ? <span class="quiet">none</span> : s.states.map(({ state, objectives }, i) => (
          // The worst is said; of the others the shape tells, so that a service stays one row.
          <span key={state} class={`chip state-${state}`} title={stateLabel[state]}><StateIcon state={state} />{objectives} <span class={i === 0 ? '' : 'hidden'}>{stateLabel[state]}</span></span>
        ))}
      </td>
      <td class="wide" data-head="Owner">{s.owners.length === 0 ? <span class="quiet">no owner</span> : s.owners.map((owner, i) => <>{i > 0 && ', '}<span class="nowrap">{owner}</span></>)}</td>
      <td class="num" data-head="Traffic">{rate(valid(s) / Math.max(1, hour))}</td>
      <td class={`num ${redIf(s)}`} data-head="Errors">{share === null ? <span class="quiet">no events</span> : format.share(share, 2)}</td>
      <td class="wide" data-head="Versions">{named === '' ? <span class="quiet">none</span> : named}{s.versions.length > namedVersions && <span class="quiet"> and {s.versions.length - namedVersions} more</span>}</td>
      <td class="wide nowrap" data-head="Last seen">{s.last_seen === null ? <span class="quiet">not heard of</span> : instant(unix(s.last_seen), zone.value)}</td>
    </tr>
  );
}
