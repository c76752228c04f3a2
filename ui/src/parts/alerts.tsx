// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One alert with everything that somebody who was woken asks first: what is
// broken, since when, how fast it burns, who was told, why it may be quiet.
import type { ComponentChildren } from 'preact';
import { forecast, matchersOf, matcherText } from '../alert';
import type { Alert, Silence, Told } from '../alert';
import * as format from '../format';
import { instant, unix, zone } from '../time';
import { AlertMark, VerdictMark, WaitsMark } from './alertmarks';
import { EpisodeLink } from './episode';
import { Conditions } from './pairs';
import { Runbook } from './runbook';
import { linkTo } from './objectives';
import { keepZone, placeWith } from '../places';

/** The form of a new silence, filled in for this alert alone. */
function silenceLink(a: Alert): string {
  return placeWith('/silences', new URLSearchParams(matchersOf(a).map((m) => ['match', matcherText(m)])));
}

export const SilenceLink = ({ of: a }: { of: Alert }) => (
  <a class="act" href={silenceLink(a)}>Silence …<span class="hidden"> {a.objective}, {a.rule} {a.group}</span></a>
);

/** '2 h 5 min', from an instant until the evaluation that is shown. */
const lasting = (since: string | null, now: number | null): string => {
  const from = unix(since);
  return from === null || now === null ? '' : format.duration(Math.max(0, now - from));
};

export function AlertCard({ of: a, now, named = true, silence }: { of: Alert; now: number | null; named?: boolean; silence?: Silence | undefined }) {
  // Whoever looks for what needs them has these between the others; they stay short.
  const quiet = a.silenced_by !== '' || a.inhibited_by !== '';
  const rest = (
    <>
      <Conditions of={a.conditions} />
      <Facts of={a} now={now} />
      <Deliveries of={a.deliveries} expected={a.state === 'firing' && !quiet} />
    </>
  );
  return (
    <article class={`card alert alert-edge-${a.state === 'firing' ? a.severity : a.state}`} aria-label={`${a.objective}, ${a.rule}${a.group === '' ? '' : `, ${a.group}`}`}>
      <header>
        <AlertMark state={a.state} severity={a.severity} />
        <Standing of={a} verdict={a.verdict} />
        {named ? <h2><a href={linkTo({ ...a, name: a.objective })}>{a.objective}</a></h2> : <h3>{a.rule}</h3>}
        {a.group !== '' && <code>{a.group}</code>}
        <span class="quiet">{named ? format.dotted(a.namespace, a.service, a.environment, a.journey, a.rule) : ''}</span>
        <span class="act"><EpisodeLink of={a} now={now} here={!named} /> <SilenceLink of={a} /></span>
      </header>
      <p class="cause">{a.sentence}</p>
      <Quiet of={a} silence={silence} />
      {quiet ? <details><summary>Windows and more</summary><div class="alert-rest">{rest}</div></details> : rest}
    </article>
  );
}

/** What windows say; of an alert that fires although they are calm, that it waits to end. */
export function Standing({ of: a, verdict }: { of: Alert | undefined; verdict: Alert['verdict'] }) {
  if (a?.clear_since != null) return <WaitsMark />;
  return verdict === '' ? null : <VerdictMark of={verdict} />;
}

/** Why an alert that is open calls nobody, or cannot change. */
export function Quiet({ of: a, silence }: { of: Alert; silence?: Silence | undefined }) {
  return (
    <>
      {a.frozen !== '' && <p class="why-quiet"><strong>Frozen:</strong> {a.frozen}; it neither begins nor ends until that is over.</p>}
      {a.inhibited_by !== '' && <p class="why-quiet"><strong>Inhibited</strong> by {a.inhibited_by}, which {a.inhibited_until == null ? 'calls' : 'called'} for the same burn: nobody is told of this one{a.inhibited_until == null ? '' : ` unless it still burns at ${instant(unix(a.inhibited_until), zone.value, 'second')}`}.</p>}
      {a.silenced_by !== '' && <p class="why-quiet"><strong>Silenced:</strong> nobody is told{silence ? ` until ${instant(unix(silence.ends_at), zone.value)}, says ${silence.author}: ${silence.reason}` : '.'} <a href={keepZone('/silences')}>The silence</a></p>}
      {a.clear_since !== null && a.frozen === '' && <p class="why-quiet"><strong>Waits to end:</strong> {a.life.says}.</p>}
    </>
  );
}

function Facts({ of: a, now }: { of: Alert; now: number | null }) {
  const gone = forecast(a.exhaustion, now, zone.value);
  const age = lasting(a.since, now);
  return (
    <dl class="facts-row">
      <Fact name="Since">{instant(unix(a.since), zone.value, 'second')}{age !== '' && <span class="quiet"> for {age}</span>}</Fact>
      {a.life.says !== '' && a.clear_since === null && a.frozen === '' && <Fact name="Verdict">{a.life.says}</Fact>}
      {a.exhaustion.state !== 'unknown' && <Fact name="Budget is gone">{gone.text} <span class="quiet">{gone.detail}</span></Fact>}
      {a.next_step !== '' && <Fact name="Next">{a.next_step}</Fact>}
      {a.runbook !== '' && <Fact name="Runbook"><Runbook at={a.runbook} /></Fact>}
      <Fact name="Owner">{a.owner === '' ? 'no owner' : a.owner}{a.episode > 1 && <span class="quiet"> fired {a.episode} times so far</span>}</Fact>
    </dl>
  );
}

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => <div><dt>{name}</dt><dd>{children}</dd></div>;

const became: Record<string, string> = {
  waiting: 'waits to be told',
  attempting: 'is being told',
  delivered: 'was told',
  given_up: 'refused it for good',
  superseded: 'was told otherwise',
};

function Deliveries({ of, expected }: { of: Told[]; expected: boolean }) {
  if (of.length === 0) return expected ? <p class="quiet told">No receiver has been told of it yet.</p> : null;
  return (
    <ul class="told" aria-label="Who was told">
      {of.map((t) => (
        <li key={t.receiver} class={t.error === '' || t.state === 'delivered' ? '' : 'bad-text'}>
          <strong>{t.receiver}</strong> {became[t.state] ?? t.state} that it {t.says}, <span class="quiet">{t.state === 'waiting' || t.state === 'attempting' ? 'since ' : ''}{instant(unix(t.at), zone.value, 'second')}</span>
          {t.state !== 'delivered' && t.attempts > 0 && `; ${format.plural(t.attempts, 'attempt', 'attempts')}`}{t.state !== 'delivered' && t.error !== '' && `: ${t.error}`}
        </li>
      ))}
    </ul>
  );
}

/** What has ended, newest first, a line each. */
export function Ended({ of, named = true }: { of: Alert[]; named?: boolean }) {
  return (
    <div class="card scroll" tabIndex={0} role="region" aria-label="Alerts that ended">
      <table class="stacks">
        <thead><tr>{named && <th scope="col">Objective</th>}<th scope="col">Rule</th><th scope="col">Began</th><th scope="col">Ended</th><th scope="col">How</th><th scope="col">What it saw last</th></tr></thead>
        <tbody>
          {of.map((a) => (
            <tr key={[a.namespace, a.service, a.environment, a.objective, a.rule, a.group].join('\u0000')}>
              {named && <th scope="row"><a href={linkTo({ ...a, name: a.objective })}>{a.objective}</a> <span class="quiet">{a.service}</span></th>}
              <td class="nowrap" data-head="Rule">{a.rule}{a.group !== '' && <> <code>{a.group}</code></>}</td>
              <td class="nowrap" data-head="Began">{instant(unix(a.started_at), zone.value)}</td>
              <td class="nowrap" data-head="Ended">{instant(unix(a.ended_at), zone.value)}<br /><span class="quiet">after {lasting(a.started_at, unix(a.ended_at))}</span><br /><EpisodeLink of={a} now={null} here={!named} /></td>
              <td data-head="How"><AlertMark state={a.state} severity={a.severity} /></td>
              <td class="wide" data-head="What it saw last">{a.sentence}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
