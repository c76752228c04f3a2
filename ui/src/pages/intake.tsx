// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Is telemetry arriving, and what happened to what arrived?
import { useEffect } from 'preact/hooks';
import type { Intake, SignalIntake } from '../api';
import * as format from '../format';
import { Screen } from '../parts/screens';
import { useResource } from '../resource';
import { instant, unix, zone } from '../time';

export function IntakePage() {
  const intake = useResource<Intake>('/api/v1/intake');
  useEffect(() => {
    document.title = 'Intake · Leadline';
  }, []);
  return (
    <>
      <h1>Intake</h1>
      <Screen of={intake} what="the intake">{(data) => <Body intake={data} />}</Screen>
    </>
  );
}

function Body({ intake }: { intake: Intake }) {
  return (
    <>
      <Health of={intake} />
      <Signals signals={intake.signals ?? []} />
      <Services of={intake} />
      <Log of={intake} />
    </>
  );
}

function Health({ of: { health, warnings } }: { of: Intake }) {
  const red = health?.state !== 'ok';
  return (
    <section class={`card health ${red ? 'is-red' : 'is-ok'}`} role={red ? 'alert' : undefined}>
      <h2>{health === null ? 'Health is not known' : red ? 'Intake refuses or loses telemetry' : 'Intake is healthy'}</h2>
      {health !== null && health.cause !== '' && <p>{health.cause}</p>}
      {!red && health?.cause === '' && <p class="quiet">Every acknowledged request is in the log.</p>}
      {(warnings ?? []).map((p) => <p key={p} class="bad-text">{p}</p>)}
    </section>
  );
}

type Counted = 'requests' | 'items' | 'accepted' | 'duplicates' | 'late' | 'future' | 'invalid';

const columns: { key: Counted; head: string; bad?: boolean }[] = [
  { key: 'requests', head: 'Requests' },
  { key: 'items', head: 'Items' },
  { key: 'accepted', head: 'Counted' },
  { key: 'duplicates', head: 'Sent again' },
  { key: 'late', head: 'Too late', bad: true },
  { key: 'future', head: 'In the future', bad: true },
  { key: 'invalid', head: 'Invalid', bad: true },
];

function Signals({ signals }: { signals: SignalIntake[] }) {
  // A column that this server does not count for any signal says nothing, so it is left out.
  const refusals = signals.some((s) => s.refused != null);
  const told = columns.filter((c) => signals.some((s) => s[c.key] != null));
  return (
    <section class="card">
      <h2>Signals <span class="quiet">since the server started</span></h2>
      {signals.length > 0 && <p class="quiet">Ignored spans were acknowledged too: they are of no kind that is counted.</p>}
      {signals.length === 0 ? <p class="quiet">No request has arrived.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Signals">
          <table class="stacks">
            <thead>
              <tr>
                <th scope="col">Signal</th>
                {told.map((c) => <th key={c.key} scope="col" class="num">{c.head}</th>)}
                <th scope="col">Ignored</th>
                {refusals && <th scope="col">Refused</th>}
              </tr>
            </thead>
            <tbody>
              {signals.map((s) => (
                <tr key={s.signal}>
                  <th scope="row">{s.signal}</th>
                  {told.map((c) => <td key={c.key} class={`num ${c.bad === true && (s[c.key] ?? 0) > 0 ? 'bad-text' : ''}`} data-head={c.head}>{format.count(s[c.key])}</td>)}
                  <td class="wide" data-head="Ignored"><Reasons of={s.ignored} /></td>
                  {refusals && <td class="wide" data-head="Refused"><Reasons of={s.refused} bad /></td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Reasons({ of, bad = false }: { of: Record<string, number> | null | undefined; bad?: boolean }) {
  if (of == null) return <span class="quiet">{format.notMeasured}</span>;
  const reasons = Object.entries(of).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return <span class="quiet">none</span>;
  return <ul class="reasons">{reasons.map(([reason, n]) => <li key={reason} class={bad ? 'bad-text' : ''}>{format.count(n)} {reason.replaceAll('_', ' ')}</li>)}</ul>;
}

function Services({ of: { services } }: { of: Intake }) {
  return (
    <section class="card">
      <h2>Services <span class="quiet">of the minutes that are still open</span></h2>
      {(services ?? []).length === 0 ? <p class="quiet">No service sent telemetry lately.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Services">
          <table class="stacks">
            <thead><tr><th scope="col">Service</th><th scope="col">Environment</th><th scope="col" class="num">Spans</th><th scope="col" class="num">Metric points</th><th scope="col" class="num">Log records</th><th scope="col">Last seen</th></tr></thead>
            <tbody>
              {(services ?? []).map((s) => (
                <tr key={[s.namespace, s.service, s.environment].join('\u0000')}>
                  <th scope="row">{s.service} <span class="quiet">{s.namespace}</span></th>
                  <td class="wide" data-head="Environment">{s.environment}</td>
                  <td class="num" data-head="Spans">{format.count(s.spans)}</td>
                  <td class="num" data-head="Metric points">{format.count(s.points)}</td>
                  <td class="num" data-head="Log records">{format.count(s.records)}</td>
                  <td class="wide" data-head="Last seen">{s.last_seen === null ? format.notMeasured : instant(unix(s.last_seen), zone.value, 'second')}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Log({ of: { log } }: { of: Intake }) {
  if (log === null) return null;
  const damage = log.damage ?? [];
  return (
    <section class="card">
      <h2>Intake log</h2>
      <p>
        {format.bytes(log.bytes)} in {log.segments === null ? format.notMeasured : format.plural(log.segments, 'segment', 'segments')}.{' '}
        {log.id_bytes === undefined ? '' : `${format.bytes(log.id_bytes)} of ids tell events that arrive again. `}
        {log.waiting_minutes === undefined || log.waiting_minutes === 0 ? '' : `${format.plural(log.waiting_minutes, 'closed minute waits', 'closed minutes wait')} for the store. `}
        {damage.length === 0 ? 'No damage found.' : `${format.plural(damage.length, 'damaged record', 'damaged records')}:`}
      </p>
      {damage.length > 0 && <ul class="notes">{damage.map((d) => <li key={`${d.segment} ${d.offset}`}><code>{d.segment}</code> at offset {format.count(d.offset)}: {d.reason}</li>)}</ul>}
    </section>
  );
}
