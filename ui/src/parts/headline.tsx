// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How the fleet stands, in a sentence whose names can be opened.
import type { Alert } from '../alert';
import type { Objective } from '../api';
import { alertNews } from '../events';
import { headline, needsYou } from '../fleet';
import * as format from '../format';
import { keepZone, placeWith } from '../places';
import { useResource } from '../resource';
import { unix, zone } from '../time';
import { states } from '../verdict';
import { linkTo } from './objectives';
import { Missing } from './screens';

export function Headline({ slos, evaluated }: { slos: Objective[]; evaluated: string | null }) {
  const read = useResource<{ alerts: Alert[] | null }>('/api/v1/alerts?state=firing', true, alertNews);
  const alerts = read.data?.alerts ?? [];
  const { verdict, worst, more, rest } = headline(slos, alerts, zone.value, unix(evaluated) ?? 0);
  const twins = (o: Objective): boolean => slos.filter((other) => other.name === o.name).length > 1;
  return (
    <section class="headline" aria-label="In short">
      <p>
        <strong>{verdict}</strong>{worst.length > 0 ? ': ' : '.'}
        {worst.map(({ of, says }, i) => (
          <span key={linkTo(of)}>{i > 0 && ', '}<a href={linkTo(of)}>{of.name}</a>{twins(of) && <span class="quiet"> of {of.service}</span>} {says}</span>
        ))}
        {more > 0 && <>, and <a href={placeWith('/', new URLSearchParams({ state: states.filter(needsYou).join(',') }))}>{more} more</a></>}
        {worst.length > 0 && '.'}
        {rest !== '' && <span class="quiet"> {rest[0]!.toUpperCase() + rest.slice(1)}.</span>}
      </p>
      <Missing of={read} what="Whether an alert fires is" />
      <Firing alerts={alerts} />
    </section>
  );
}

/** How many alerts call somebody now. What is silenced or inhibited calls nobody. */
function Firing({ alerts }: { alerts: Alert[] }) {
  const calls = alerts.filter((a) => a.state === 'firing' && a.inhibited_by === '' && a.silenced_by === '');
  const pages = calls.filter((a) => a.severity === 'page').length;
  const said = [pages > 0 ? format.plural(pages, 'page', 'pages') : '', calls.length > pages ? format.plural(calls.length - pages, 'ticket', 'tickets') : ''].filter((s) => s !== '');
  if (said.length === 0) return null;
  return <p class="firing"><a href={keepZone('/alerts')}>{said.join(' and ')}</a> {calls.length === 1 ? 'fires' : 'fire'} now</p>;
}
