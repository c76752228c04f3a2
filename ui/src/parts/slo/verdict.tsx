// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The top of the page, for somebody who was just woken: what is broken, since
// when, what changed, who owns it, and how far to trust the number.
import type { ComponentChildren } from 'preact';
import { asSentence, broken, changed, since, spokenOf, trustSaid } from '../../answers';
import type { ObjectiveDetail, Series } from '../../api';
import { dotted } from '../../format';
import { rangeFor } from '../../lane';
import type { Happenings } from '../../lane';
import { unix, zone } from '../../time';
import { Chip } from '../chip';
import { EpisodeLink } from '../episode';
import { Runbook } from '../runbook';
import { hereWith } from '../../places';

interface Props {
  slo: ObjectiveDetail;
  series: Series | null;
  happenings: Happenings | null;
  /** Why there are no happenings; empty while they are only not there yet. */
  unknown: string;
}

export function Verdict({ slo, series, happenings, unknown }: Props) {
  const headline = broken(slo, zone.value);
  return (
    <header class={`verdict card edge-${slo.state}`}>
      <div class="verdict-head">
        <h1>{slo.name}</h1>
        <Chip state={slo.state} />
        <span class="quiet">{dotted(slo.namespace, slo.service, slo.environment, slo.journey)}</span>
      </div>
      <p class="verdict-says">{headline}</p>
      <p class="cause">
        {slo.cause !== '' && !headline.includes(slo.cause) && <span>{asSentence(slo.cause)}</span>} {slo.next_step !== '' && <span class="next"><span class="quiet">Next:</span> {slo.next_step}</span>}
      </p>
      {(slo.excluding ?? '') !== '' && <p class="why-quiet"><strong>Nothing is counted now:</strong> {slo.excluding}</p>}
      <dl class="answers">
        <Since slo={slo} series={series} />
        <WhatChanged slo={slo} happenings={happenings} unknown={unknown} />
        <Answer asks="Owner">
          <strong>{slo.owner === '' ? 'no owner' : slo.owner}</strong>
          {slo.runbook !== '' && <p>Runbook <Runbook at={slo.runbook} /></p>}
          {slo.definition && slo.definition.file !== '' && <p>Defined in <code>{slo.definition.file}:{slo.definition.line}</code></p>}
        </Answer>
        <Trusted slo={slo} />
      </dl>
      {(slo.description ?? '') !== '' && <p class="quiet described">{slo.description}</p>}
    </header>
  );
}

const Answer = ({ asks, children }: { asks: string; children: ComponentChildren }) => (
  <div><dt>{asks}</dt><dd>{children}</dd></div>
);

function Since({ slo, series }: Pick<Props, 'slo' | 'series'>) {
  const { text, detail } = since(slo, series, zone.value);
  const alert = spokenOf(slo);
  return (
    <Answer asks="Since when">
      <strong>{text}</strong>
      <p>{detail}</p>
      {alert && <p><EpisodeLink of={alert} now={unix(slo.evaluated_at)} here /></p>}
    </Answer>
  );
}

function WhatChanged({ slo, happenings, unknown }: Omit<Props, 'series'>) {
  if (happenings === null) return <Answer asks="What changed"><span class="quiet">{unknown === '' ? 'Reading what happened …' : unknown}</span></Answer>;
  const { text, detail, worse, from } = changed(happenings, spokenOf(slo), zone.value);
  const range = from === null ? null : rangeFor(from, null, unix(slo.to));
  return (
    <Answer asks="What changed">
      <strong class={worse ? 'bad-text' : ''}>{text}</strong>
      <p>{detail}</p>
      {range && <p><a href={hereWith({ from: range.from, to: range.to === 'now' ? null : range.to })}>Show since then</a></p>}
    </Answer>
  );
}

function Trusted({ slo }: { slo: ObjectiveDetail }) {
  const { text, detail, verdict } = trustSaid(slo.trust);
  return (
    <Answer asks="To be trusted?">
      <strong class={`trust-${verdict}`}>{text}</strong>
      <p>{detail}</p>
      <p><a href="#trust">What stands behind it</a></p>
    </Answer>
  );
}
