// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Is Leadline itself well, does telemetry arrive, and what happened to what
// arrived? For who asks why there is nothing to see, the way of an event is a
// list of checks, computed from facts, in its order.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Fleet, Intake, Objective, SignalIntake } from '../api';
import type { Receivers } from '../alert';
import { alertNews } from '../events';
import * as format from '../format';
import { checklist, heardWords, meaningOf, silentAfter, uncounted, vitals } from '../intake';
import type { Arrivals, Check, Facts, SeenService, SeenServices } from '../intake';
import { ArrivalSpark, ArrivalsChart, arrivalWindow } from '../parts/arrivals';
import { StateIcon } from '../parts/chip';
import { Missing, Screen } from '../parts/screens';
import { keepZone, placeWith } from '../places';
import { useResource } from '../resource';
import { servicePath } from '../service';
import { instant, unix, zone } from '../time';

export function IntakePage() {
  const intake = useResource<Intake>('/api/v1/intake');
  const arrivals = useResource<Arrivals>(`/api/v1/intake/arrivals?window=${encodeURIComponent(arrivalWindow())}`);
  const services = useResource<SeenServices>('/api/v1/services');
  const fleet = useResource<Fleet>('/api/v1/slos');
  const receivers = useResource<Receivers>('/api/v1/receivers', true, alertNews);
  useEffect(() => {
    document.title = 'Intake · Leadline';
  }, []);
  return (
    <>
      <h1>Intake</h1>
      <Screen of={intake} what="the intake">
        {(data) => (
          <Body
            facts={{ intake: data, services: services.data?.services ?? null, objectives: fleet.data?.slos ?? null, receivers: receivers.data }}
            self={fleet.data?.self ?? null} arrivals={arrivals.data}
            missing={<><Missing of={fleet} what="The objectives are" /><Missing of={receivers} what="Delivery is" /><Missing of={services} what="The services are" /><Missing of={arrivals} what="When spans arrived is" /></>}
          />
        )}
      </Screen>
    </>
  );
}

/** The server's own time where it says one: a clock of ours that is wrong would call every service silent. */
const nowOf = (facts: Facts, arrivals: Arrivals | null): number => Math.max(unix(facts.intake.evaluation?.at ?? null) ?? 0, unix(arrivals?.to ?? null) ?? 0) || Date.now() / 1000;

function Body({ facts, self, arrivals, missing }: { facts: Facts; self: Objective[] | null; arrivals: Arrivals | null; missing: ComponentChildren }) {
  const { intake } = facts;
  const now = nowOf(facts, arrivals);
  return (
    <>
      {missing}
      <Health of={intake} vitals={vitals(facts, self, now)} whole={facts.receivers !== null && self !== null} />
      <Why checks={checklist(facts, now)} />
      {arrivals !== null && <section class="card" aria-label="Arrivals"><ArrivalsChart of={arrivals} /></section>}
      <Services of={facts.services ?? []} arrivals={arrivals} now={now} />
      <Signals signals={intake.signals ?? []} started={intake.started_at} />
      <Uncounted of={intake} />
      <Log of={intake} />
    </>
  );
}

/** One view of everything that counting and telling depend on. */
function Health({ of: { health, warnings }, vitals: all, whole }: { of: Intake; vitals: Check[]; whole: boolean }) {
  const red = health !== null && health.state !== 'ok';
  const ill = all.filter((v) => v.state === 'fails');
  return (
    <section class={`card health ${red ? 'is-red' : ill.length > 0 ? 'is-ill' : whole ? 'is-ok' : ''}`} aria-labelledby="health-title">
      <h2 id="health-title">{health === null ? 'Health is not known' : red ? 'Intake refuses or loses telemetry' : ill.length > 0 ? `Something needs care: ${ill.map((v) => v.title.toLowerCase()).join(', ')}` : whole ? 'Leadline itself is well' : 'Not everything is known of Leadline itself'}</h2>
      {red && <p role="alert">{health.cause}</p>}
      <ul class="vitals">
        {all.map((v) => (
          <li key={v.title} class={`is-${v.state}`}>
            <Mark state={v.state} /> <strong>{v.title}</strong>
            <p class={v.state === 'fails' ? '' : 'quiet'}>{v.says}{v.link && v.state === 'fails' && <> <a href={keepZone(v.link.path)}>{v.link.words}</a></>}</p>
          </li>
        ))}
      </ul>
      {(warnings ?? []).slice(1).map((p) => <p key={p} class="bad-text">{p}</p>)}
    </section>
  );
}

const marks = { holds: ['ok', 'In order:'], fails: ['at_risk', 'Not in order:'], unknown: ['not_measured', 'Not known:'] } as const;

const Mark = ({ state }: { state: Check['state'] }) => <span class={`mark state-${marks[state][0]}`}><StateIcon state={marks[state][0]} /><span class="hidden">{marks[state][1]}</span></span>;

function Why({ checks }: { checks: Check[] }) {
  const failing = checks.filter((c) => c.state === 'fails').length;
  return (
    <section class="card why" aria-labelledby="why-title">
      <h2 id="why-title">Why do I see nothing? <span class="quiet">{failing === 0 ? `all ${checks.length} steps from the application to a number hold` : `${failing} of ${checks.length} steps from the application to a number ${failing === 1 ? 'does' : 'do'} not hold`}</span></h2>
      <ol class="checks">
        {checks.map((c) => (
          <li key={c.title} class={`is-${c.state}`}>
            <Mark state={c.state} />
            <div>
              <strong>{c.title}</strong> <span class={c.state === 'fails' ? '' : 'quiet'}>{c.says}</span>
              {(c.next !== '' || c.link) && <p><span class="quiet">Next:</span> {coded(c.next)} {c.link && <a href={pathWith(c.link.path)}>{c.link.words}</a>}</p>}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Variables and commands of a sentence stand out, so that they can be copied. */
const coded = (text: string) => text.split(/(`[^`]+`|OTEL_[A-Z_]+(?:=\S*[^\s.,:;])?)/).map((part, i) => (i % 2 === 1 ? <code key={part}>{part.replaceAll('`', '')}</code> : part));

/** The time zone travels, whether or not the address has a query of its own. */
const pathWith = (path: string): string => {
  const [bare, own] = path.split('?');
  const kept = keepZone(bare!);
  return own === undefined ? kept : `${kept}${kept.includes('?') ? '&' : '?'}${own}`;
};

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

function Signals({ signals, started }: { signals: SignalIntake[]; started: string | undefined }) {
  // A column that this server does not count for any signal says nothing, so it is left out.
  const told = columns.filter((c) => signals.some((s) => s[c.key] != null));
  return (
    <section class="card">
      <h2>Signals <span class="quiet">since {started === undefined ? 'the server started' : instant(unix(started), zone.value)}</span></h2>
      {signals.length === 0 ? <p class="quiet">No request has arrived.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Signals">
          <table class="stacks">
            <thead>
              <tr>
                <th scope="col">Signal</th>
                {told.map((c) => <th key={c.key} scope="col" class="num">{c.head}</th>)}
                <th scope="col">Ignored</th>
              </tr>
            </thead>
            <tbody>
              {signals.map((s) => (
                <tr key={s.signal}>
                  <th scope="row">{s.signal}</th>
                  {told.map((c) => <td key={c.key} class={`num ${c.bad === true && (s[c.key] ?? 0) > 0 ? 'bad-text' : ''}`} data-head={c.head}>{format.count(s[c.key])}</td>)}
                  <td class="wide" data-head="Ignored"><Reasons of={s.ignored} /></td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Reasons({ of }: { of: Record<string, number> | null | undefined }) {
  if (of == null) return <span class="quiet">{format.notMeasured}</span>;
  const reasons = Object.entries(of).filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return <span class="quiet">none</span>;
  return <ul class="reasons">{reasons.map(([reason, n]) => <li key={reason}>{format.count(n)} {meaningOf(reason).name}</li>)}</ul>;
}

function Services({ of, arrivals, now }: { of: readonly SeenService[]; arrivals: Arrivals | null; now: number }) {
  const sent = (s: SeenService) => arrivals?.services.find((a) => a.service === s.service && a.namespace === s.namespace && a.environment === s.environment)?.accepted;
  return (
    <section class="card">
      <h2>Services <span class="quiet">heard of in the last 30 days, or counted by an objective</span></h2>
      {of.length === 0 ? <p class="quiet">No service has sent telemetry.</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Services">
          <table class="stacks">
            <thead><tr><th scope="col">Service</th><th scope="col">Environment</th><th scope="col" class="num">Spans, {arrivals?.window ?? ''}</th><th scope="col">When</th><th scope="col">Last seen</th><th scope="col">Versions, 1h</th><th scope="col">Objectives</th></tr></thead>
            <tbody>
              {of.map((s) => (
                <tr key={[s.namespace, s.service, s.environment].join('\u0000')}>
                  <th scope="row"><a href={placeWith(servicePath(s).path, servicePath(s).params)}>{s.service}</a> <span class="quiet">{s.namespace}</span></th>
                  <td data-head="Environment">{s.environment === '' ? <span class="quiet">not set</span> : s.environment}</td>
                  <td class="num" data-head="Spans">{sent(s) === undefined ? format.count(arrivals === null ? null : 0) : format.count(sent(s)!.reduce((a, b) => a + b, 0))}</td>
                  <td data-head="When">{sent(s) !== undefined && <ArrivalSpark of={sent(s)!} window={arrivals!.window} />}</td>
                  <td class="wide nowrap" data-head="Last seen"><LastSeen at={unix(s.last_seen)} now={now} /></td>
                  <td class="wide" data-head="Versions">{s.versions.length === 0 ? <span class="quiet">none</span> : s.versions.slice(0, 3).map((v) => (v === '' ? 'not set' : v)).join(', ')}{s.versions.length > 3 && ` and ${s.versions.length - 3} more`}</td>
                  <td class="wide" data-head="Objectives">{s.states.length === 0 ? <span class="bad-text">none</span> : format.count(s.states.reduce((n, x) => n + x.objectives, 0))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {(arrivals?.others ?? 0) > 0 && <p class="quiet">Pictures are of the {arrivals!.services.length} services that sent most; {arrivals!.others} more sent something.</p>}
    </section>
  );
}

function LastSeen({ at, now }: { at: number | null; now: number }) {
  if (at === null) return <span class="quiet">never</span>;
  const silent = now - at > silentAfter;
  return <>{instant(at, zone.value)} <span class={silent ? 'bad-text' : 'quiet'}>{heardWords(now - at)}</span></>;
}

/** What arrived and is in no number, what that means, and what to do. */
function Uncounted({ of }: { of: Intake }) {
  const all = uncounted(of);
  if (all.length === 0) return null;
  return (
    <section class="card">
      <h2>Not counted, and why</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Not counted, and why">
        <table class="stacks uncounted">
          <thead><tr><th scope="col" class="num">How many</th><th scope="col">What</th><th scope="col">What it means</th><th scope="col">Next step</th></tr></thead>
          <tbody>
            {all.map(({ n, of: signal, meaning }) => (
              <tr key={`${signal} ${meaning.name}`}>
                <td class={`num ${meaning.fine ? '' : 'bad-text'}`} data-head="How many">{format.count(n)}</td>
                <th scope="row">{signal} {meaning.name}</th>
                <td class="wide" data-head="What it means">{meaning.is}</td>
                <td class="wide" data-head="Next step">{coded(meaning.next)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
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
