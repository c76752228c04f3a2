// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// All objectives, worst first. Filters live in the address.
import { useEffect } from 'preact/hooks';
import { objectivePath } from '../api';
import type { FileProblem, Fleet as FleetDocument, Objective, Operations } from '../api';
import * as format from '../format';
import { BudgetBar, BudgetText } from '../parts/budget';
import { Chip, StateIcon } from '../parts/chip';
import { Screen } from '../parts/screens';
import { hereWith, keepZone, placeWith } from '../parts/shell';
import { StateCounts } from '../parts/statecounts';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { instant, unix, zone } from '../time';
import { matches, pace, severity, stateLabel, states, worstFirst } from '../verdict';
import type { Filter } from '../verdict';

export function Fleet() {
  const fleet = useResource<FleetDocument>('/api/v1/slos');
  useEffect(() => {
    document.title = 'Objectives · Leadline';
  }, []);
  return (
    <>
      <h1 class="hidden">Objectives</h1>
      <Screen of={fleet} what="objectives">
        {(data) => {
          const problems = data.problems ?? [];
          const self = data.self ?? [];
          const well = self.every((o) => o.state === 'ok' || o.state === 'not_measured');
          // A server that is not well is the first thing to know about its numbers.
          const said = (problems.length > 0 || !well) && <>{problems.length > 0 && <Problems problems={problems} />}{!well && <Self slos={self} well={false} />}</>;
          if ((data.slos ?? []).length > 0) return <>{said}<List slos={data.slos ?? []} />{well && self.length > 0 && <Self slos={self} well />}</>;
          if (said) return said;
          // A server that has not evaluated yet does not know its objectives; that is not the same as having none.
          return data.evaluated_at !== undefined && unix(data.evaluated_at) === null ? <Starting /> : <FirstSteps />;
        }}
      </Screen>
    </>
  );
}

/** What is wrong in the service files. What they define is measured as it was when it was last good, or not at all. */
function Problems({ problems }: { problems: FileProblem[] }) {
  return (
    <section class="notice" aria-label="Mistakes in service files">
      <p><strong>{format.plural(problems.length, 'mistake', 'mistakes')} in the service files.</strong> What they define goes on as it was when it was last good, or is not measured.</p>
      <ul>
        {problems.slice(0, 10).map((p) => (
          <li key={`${p.file}:${p.line}:${p.column}`}><code>{p.file}{p.line > 0 ? `:${p.line}:${p.column}` : ''}</code> {[p.what, p.why, p.mend].filter((s) => s !== '').join('; ')}</li>
        ))}
      </ul>
      {problems.length > 10 && <p>The others: <code>leadline status</code></p>}
    </section>
  );
}

/** How well the server itself does, by objectives like all others. */
function Self({ slos, well }: { slos: Objective[]; well: boolean }) {
  const table = <Table slos={[...slos].sort(worstFirst)} id="self" name="Objectives of Leadline itself" />;
  if (well) return <details class="self"><summary>Leadline itself: {format.plural(slos.length, 'objective', 'objectives')}, none in trouble</summary>{table}</details>;
  return <section class="self"><h2>Leadline itself <span class="quiet">what it says of others depends on this</span></h2>{table}</section>;
}

const filterOf = (from: URLSearchParams): Filter => ({
  text: from.get('q') ?? '',
  states: new Set((from.get('state') ?? '').split(',').filter((s) => s !== '')),
  service: from.get('service') ?? '',
  owner: from.get('team') ?? '',
});

function List({ slos }: { slos: Objective[] }) {
  const filter = filterOf(query.value);
  const shown = slos.filter((o) => matches(o, filter)).sort(worstFirst);
  const filtered = filter.text !== '' || filter.states.size > 0 || filter.service !== '' || filter.owner !== '';
  const evaluated = slos.map((o) => o.evaluated_at).reduce((last, at) => ((at ?? '') > (last ?? '') ? at : last), null);
  return (
    <>
      <div class="fleet-tools">
        <StateCounts of={slos.filter((o) => matches(o, filter, 'states'))} states={states} chosen={filter.states}
          look={(state) => `state-${state}`} label={(state, n) => <><StateIcon state={state} /> <strong>{n}</strong> {stateLabel[state]}</>} />
        <Filters slos={slos} filter={filter} />
      </div>
      <p class="fleet-note quiet" role="status">
        {filtered ? `${shown.length} of ${format.plural(slos.length, 'objective', 'objectives')}` : format.plural(slos.length, 'objective', 'objectives')}, worst first
        {evaluated === null ? '' : ` · evaluated ${instant(unix(evaluated), zone.value, 'second')}`}
        {filtered && <> · <a href={hereWith({ q: null, state: null, service: null, team: null })}>Clear filters</a></>}
      </p>
      {shown.length === 0 ? (
        <section class="screen"><h2>Nothing matches</h2><p>No objective fits these filters. <a href={hereWith({ q: null, state: null, service: null, team: null })}>Show all {slos.length}</a></p></section>
      ) : (
        <Table slos={shown} id="objectives" name="Objectives, worst first" />
      )}
    </>
  );
}

export const distinct = (values: string[]): string[] => [...new Set(values)].filter((v) => v !== '').sort((a, b) => a.localeCompare(b));

function Filters({ slos, filter }: { slos: Objective[]; filter: Filter }) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">Search objectives</span>
        <input type="search" placeholder="Search  /" value={filter.text} onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')} />
      </label>
      <Choice name="Service" all="All services" value={filter.service} of={distinct(slos.map((o) => o.service))} choose={(service) => setQuery({ service })} />
      <Choice name="Team" all="All teams" value={filter.owner} of={distinct(slos.map((o) => o.owner))} choose={(team) => setQuery({ team })} />
    </form>
  );
}

export function Choice({ name, all, value, of, choose }: { name: string; all: string; value: string; of: string[]; choose: (value: string) => void }) {
  if (of.length < 2 && value === '') return null;
  const options = value !== '' && !of.includes(value) ? [value, ...of] : of;
  return (
    <label>
      <span class="hidden">{name}</span>
      <select value={value} onChange={(event) => choose(event.currentTarget.value)}>
        <option value="">{all}</option>
        {options.map((option) => <option key={option} value={option}>{option}</option>)}
      </select>
    </label>
  );
}

// The roles repeat what the elements mean, because a grid layout takes the table's own meaning away.
function Table({ slos, id, name }: { slos: Objective[]; id: string; name: string }) {
  return (
    <table id={id} class="fleet card" role="table" aria-label={name}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader">State</th>
          <th role="columnheader">Objective</th>
          <th role="columnheader" class="num">SLI</th>
          <th role="columnheader" class="num">Target</th>
          <th role="columnheader">Budget left</th>
          <th role="columnheader" class="num">Burn</th>
          <th role="columnheader">Team</th>
          <th role="columnheader" class="hidden">Cause and next step</th>
        </tr>
      </thead>
      <tbody role="rowgroup">{slos.map((o) => <Row key={keyOf(o)} of={o} />)}</tbody>
    </table>
  );
}

const keyOf = (o: Objective): string => [o.namespace, o.service, o.environment, o.name].join('\u0000');

/** The address of an objective; namespace and environment tell twins apart. */
export function linkTo(o: Pick<Objective, 'namespace' | 'environment' | 'service' | 'name'>): string {
  const params = new URLSearchParams();
  if (o.namespace !== '') params.set('namespace', o.namespace);
  if (o.environment !== '') params.set('environment', o.environment);
  return placeWith(objectivePath(o), params);
}

function Row({ of: o }: { of: Objective }) {
  const burn = pace(o);
  const place = [o.namespace, o.service, o.environment, o.journey].filter((part) => part !== '').join(' · ');
  return (
    <tr role="row" class={severity(o.state) < severity('ok') ? 'needs-attention' : ''}>
      <td role="cell" class="c-state"><Chip state={o.state} /></td>
      <td role="cell" class="c-name">
        <a href={linkTo(o)}>{o.name}</a> <span class="quiet">{place}</span>
      </td>
      <td role="cell" class="c-sli num">
        {o.sli === null ? <span class="quiet">{format.notMeasured}</span> : <strong>{format.sli(o.good, o.bad, format.digitsFor(o.target))}</strong>}
      </td>
      <td role="cell" class="c-target num">{format.target(o.target)} <span class="quiet">{o.window}</span></td>
      <td role="cell" class="c-budget"><BudgetBar of={o} /><BudgetText of={o} /></td>
      <td role="cell" class="c-burn num">
        {burn ? <>{format.burnRate(burn.rate)} <span class="quiet">{burn.window}</span></> : <span class="quiet">{format.notMeasured}</span>}
      </td>
      <td role="cell" class="c-owner">{o.owner === '' ? <span class="quiet">no owner</span> : o.owner}</td>
      <td role="cell" class="c-why">
        {o.cause !== '' && <span class="cause">{o.cause}</span>}
        {o.next_step !== '' && <span class="next"><span class="quiet">Next:</span> {o.next_step}</span>}
      </td>
    </tr>
  );
}

const Starting = () => (
  <section class="screen" role="status">
    <h2>The server is starting</h2>
    <p>It has not evaluated yet. This page follows as soon as it has.</p>
  </section>
);

/** Nothing is defined yet: say how telemetry gets in, and show what already arrived. */
function FirstSteps() {
  const seen = useResource<Operations>('/api/v1/operations').data?.operations ?? [];
  const host = location.hostname === '' ? 'localhost' : location.hostname;
  const service = seen[0]?.service ?? 'shop-api';
  return (
    <section class="screen first-steps">
      <h2>No objectives yet</h2>
      <p>Two environment variables send what your Python application does to this server:</p>
      <pre tabIndex={0}><code>{`export OTEL_SERVICE_NAME=${service}\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4317\nopentelemetry-instrument python app.py`}</code></pre>
      {seen.length === 0 ? (
        <p>Once the first request has been served, its operations appear under <a href={keepZone('/operations')}>Operations</a> and its telemetry under <a href={keepZone('/intake')}>Intake</a>.</p>
      ) : (
        <p>Telemetry is arriving: <a href={keepZone('/operations')}>{format.plural(seen.length, 'operation', 'operations')}</a> seen so far.</p>
      )}
      <p>Then write down what you promise, in the folder given to <code>leadline serve --services</code>:</p>
      <pre tabIndex={0}><code>{`apiVersion: leadline/v1\nkind: Service\nmetadata:\n  name: ${service}\nspec:\n  objectives:\n    - name: api-up\n      availability: {}\n      target: 99.9%\n      window: 28d`}</code></pre>
    </section>
  );
}
