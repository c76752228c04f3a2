// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// All objectives, worst first. Filters live in the address.
import { useEffect, useMemo } from 'preact/hooks';
import type { FileProblem, Fleet as FleetDocument, Objective } from '../api';
import { known } from '../commands';
import { everyMinute } from '../events';
import { choices, facets, filterOf, grouped, matches, narrowings, noFilter } from '../fleet';
import type { Filter } from '../fleet';
import * as format from '../format';
import { StateIcon } from '../parts/chip';
import { Select } from '../parts/choice';
import { chooseDensity, densities, density } from '../parts/density';
import { FirstSteps } from '../parts/firststeps';
import { Headline } from '../parts/headline';
import { ObjectiveTable, keyOf } from '../parts/objectives';
import { Missing, Screen } from '../parts/screens';
import { StateCounts } from '../parts/statecounts';
import { hereWith } from '../places';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { instant, unix, zone } from '../time';
import type { Trend, Trends } from '../trend';
import { stateLabel, states } from '../verdict';

export function Fleet() {
  const fleet = useResource<FleetDocument>('/api/v1/slos');
  // The shortest window has parts of two minutes.
  const read = useResource<Trends>('/api/v1/trends', true, everyMinute);
  const trends = useMemo(() => new Map((read.data?.trends ?? []).map((t) => [keyOf(t), t])), [read.data]);
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
          const said = (problems.length > 0 || !well) && <>{problems.length > 0 && <Problems problems={problems} />}{!well && <Self slos={self} well={false} trends={trends} />}</>;
          if ((data.slos ?? []).length > 0) return <>{said}<Missing of={read} what="What was spent over time is" /><List slos={data.slos ?? []} trends={trends} />{well && self.length > 0 && <Self slos={self} well trends={trends} />}</>;
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
function Self({ slos, well, trends }: { slos: Objective[]; well: boolean; trends: ReadonlyMap<string, Trend> }) {
  const table = <ObjectiveTable groups={grouped(slos, '')} id="self" name="Objectives of Leadline itself" list="self" trends={trends} />;
  if (well) return <details class="self"><summary>Leadline itself: {format.plural(slos.length, 'objective', 'objectives')}, none in trouble</summary>{table}</details>;
  return <section class="self"><h2>Leadline itself <span class="quiet">what it says of others depends on this</span></h2>{table}</section>;
}

function List({ slos, trends }: { slos: Objective[]; trends: ReadonlyMap<string, Trend> }) {
  const filter = filterOf(query.value);
  const by = query.value.get('group') ?? '';
  const shown = slos.filter((o) => matches(o, filter));
  const narrowed = narrowings(filter);
  const evaluated = slos.map((o) => o.evaluated_at).reduce((last, at) => ((at ?? '') > (last ?? '') ? at : last), null);
  useEffect(() => void (known.value = slos), [slos]);
  return (
    <>
      <Headline slos={slos} evaluated={evaluated} />
      <div class="fleet-tools">
        <StateCounts of={slos.filter((o) => matches(o, filter, 'state'))} states={states} chosen={filter.states}
          look={(state) => `state-${state}`} label={(state, n) => <><StateIcon state={state} /> <strong>{n}</strong> {stateLabel[state]}</>} />
      </div>
      <div class="fleet-tools">
        <Filters slos={slos} filter={filter} />
        {(slos.length > 1 || by !== '') && <View by={by} />}
      </div>
      <p class="fleet-note quiet" role="status">
        {narrowed.length > 0 ? `${shown.length} of ${format.plural(slos.length, 'objective', 'objectives')}` : format.plural(slos.length, 'objective', 'objectives')}, worst first
        {evaluated === null ? '' : ` · evaluated ${instant(unix(evaluated), zone.value, 'second')}`}
      </p>
      {narrowed.length > 0 && (
        <ul class="narrowed" aria-label="Filters in use">
          {narrowed.map((n) => <li key={n.label}><a href={hereWith(n.without)}>{n.label}<span aria-hidden="true"> ×</span><span class="hidden">, remove</span></a></li>)}
          <li><a class="all" href={hereWith(noFilter)}>Clear filters</a></li>
        </ul>
      )}
      {shown.length === 0 ? (
        <section class="screen"><h2>Nothing matches</h2><p>No objective fits these filters. <a href={hereWith(noFilter)}>Show all {slos.length}</a></p></section>
      ) : (
        <ObjectiveTable groups={grouped(shown, by)} id="objectives" name="Objectives, worst first" list={query.value.toString()} trends={trends} />
      )}
    </>
  );
}

/** How the list is shown: grouping is part of the address, density is a matter of taste and stays with the browser. */
function View({ by }: { by: string }) {
  return (
    <div class="fleet-view">
      <Select name="Group by" all="No groups" value={by} of={facets.slice(0, 3).map((f) => ({ value: f.key, label: `By ${f.name.toLowerCase()}` }))} choose={(group) => setQuery({ group })} />
      <fieldset class="switch">
        <legend class="hidden">Density</legend>
        {densities.map((name) => (
          <label key={name}>
            <input type="radio" name="density" checked={density.value === name} onChange={() => chooseDensity(name)} />
            <span>{name === 'compact' ? 'Compact' : 'Comfortable'}</span>
          </label>
        ))}
      </fieldset>
    </div>
  );
}

function Filters({ slos, filter }: { slos: Objective[]; filter: Filter }) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">Search objectives</span>
        <input type="search" placeholder="Search  /" value={filter.text} onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')} />
      </label>
      {facets.map((facet) => {
        const of = choices(facet, slos, filter);
        if (of.length < 2 && !filter.facets.has(facet.key)) return null;
        return <Select key={facet.key} name={facet.name} all={facet.all} value={filter.facets.get(facet.key) ?? ''} of={of.map((c) => ({ value: c.value, label: `${c.label} (${c.n})` }))} choose={(value) => setQuery({ [facet.key]: value })} />;
      })}
    </form>
  );
}

const Starting = () => (
  <section class="screen" role="status">
    <h2>The server is starting</h2>
    <p>It has not evaluated yet. This page follows as soon as it has.</p>
  </section>
);
