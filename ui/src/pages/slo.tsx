// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One objective: the verdict, what is left, how it got there, how it was counted.
import type { ComponentChildren } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Generation, ObjectiveDetail, OneObjective, Series } from '../api';
import { Chart } from '../charts/chart';
import { budgetPlot, sliPlot, trafficPlot } from '../charts/plot';
import { burnDown, leftOutReasons } from '../charts/steps';
import { budgetSummary, leftOutNote, sliSummary, trafficSummary } from '../charts/summary';
import { alertNews } from '../events';
import * as format from '../format';
import { chosen, rangeOfGeneration } from '../generation';
import { BudgetBar } from '../parts/budget';
import { Chip } from '../parts/chip';
import { Corrections } from '../parts/corrections';
import { Exclusions } from '../parts/exclusions';
import { Earlier, Generations } from '../parts/generations';
import { Rules } from '../parts/rules';
import { Runbook } from '../parts/runbook';
import { Screen } from '../parts/screens';
import { keepZone } from '../parts/shell';
import { TimePicker } from '../parts/timepicker';
import { useResource } from '../resource';
import { address, go, query, setQuery, withQuery } from '../router';
import { chooseRange, follows, hasRange, instant, opening, rangeOf, rfc3339, unix, windowSeconds, zone } from '../time';
import type { Range } from '../time';
import { budgetLeft, exhaustion, leftText, pace, sentence } from '../verdict';

export function SloPage({ service, name }: { service: string; name: string }) {
  const range = rangeOf(query.value, '');
  const ask = new URLSearchParams();
  for (const key of ['namespace', 'environment', 'generation']) {
    const value = query.value.get(key);
    if (value !== null) ask.set(key, value);
  }
  // Without a range the server shows the objective's own window.
  if (range.from !== '') ask.set('from', range.from);
  if (range.to !== 'now') ask.set('to', range.to);
  const text = ask.toString();
  const url = `/api/v1/slos/${encodeURIComponent(service)}/${encodeURIComponent(name)}${text === '' ? '' : `?${text}`}`;
  const one = useResource<OneObjective>(url, range.from === '' || follows(range), alertNews);
  useOpening(one.data?.slo ?? null);
  useEffect(() => {
    document.title = `${name} · ${service} · Leadline`;
  }, [name, service]);
  return (
    <>
      <nav class="crumbs" aria-label="You are here">
        <a href={keepZone('/')}>Objectives</a> <span aria-hidden="true">/</span> <a href={withQuery({ path: '/', query: new URLSearchParams() }, { service, tz: query.value.get('tz') })}>{service}</a> <span aria-hidden="true">/</span> <span aria-current="page">{name}</span>
      </nav>
      <Screen of={one} what={`objective ${name}`} alone>{(data) => <Body {...data} range={range} />}</Screen>
    </>
  );
}

/** Chooses the first range once, unless the address did; whoever wants the whole window then gets it. */
function useOpening(slo: ObjectiveDetail | null): void {
  const done = useRef(hasRange.value);
  useEffect(() => {
    if (slo === null || done.current) return;
    done.current = true;
    const name = opening(unix(slo.trust?.measured_since ?? null), unix(slo.to), slo.window);
    if (name !== null) setQuery({ from: `now-${name}` }, 'replace');
  }, [slo]);
}

function Body({ slo, series, range }: OneObjective & { range: Range }) {
  const window = slo.window;
  // A calendar window has no length to write; its edges stand for it.
  const start = windowSeconds(window) === null ? (slo.from ?? '') : `now-${window}`;
  const asked = range.from === '' ? { from: start, to: range.to } : range;
  const earlier = chosen(slo, query.value.get('generation'));
  return (
    <>
      <Verdict slo={slo} />
      <Tiles slo={slo} />
      <Rules slo={slo} />
      {earlier && series && <Earlier of={earlier} slo={slo} series={series} />}
      <TimePicker range={asked} shown={series} window={window} />
      {series === null || series.timestamps.length === 0 ? (
        <section class="card empty"><h2>No steps in this range</h2><p class="quiet">Nothing was measured between these times. Choose another range above.</p></section>
      ) : (
        <Charts slo={slo} series={series} earlier={earlier} />
      )}
      <Exclusions slo={slo} />
      <Corrections slo={slo} />
      <Groups slo={slo} />
      <Generations slo={slo} shown={earlier ?? slo.generation} />
      <div class="two">
        <Trust slo={slo} />
        <Computed slo={slo} />
      </div>
    </>
  );
}

function Verdict({ slo }: { slo: ObjectiveDetail }) {
  return (
    <header class={`verdict edge-${slo.state}`}>
      <div class="verdict-head">
        <h1>{slo.name}</h1>
        <Chip state={slo.state} />
        <span class="quiet">{[slo.namespace, slo.service, slo.environment, slo.journey].filter((part) => part !== '').join(' · ')}</span>
      </div>
      {slo.cause !== '' && <p class="cause">{slo.cause}</p>}
      {slo.next_step !== '' && <p class="next"><span class="quiet">Next:</span> {slo.next_step}</p>}
      {(slo.excluding ?? '') !== '' && <p class="why-quiet"><strong>Nothing is counted now:</strong> {slo.excluding}</p>}
      <p>{sentence(slo)}</p>
      {(slo.description ?? '') !== '' && <p class="quiet">{slo.description}</p>}
      <p class="quiet facts">
        {slo.owner === '' ? 'no owner' : `Owner ${slo.owner}`}
        {slo.runbook !== '' && <> · Runbook <Runbook at={slo.runbook} /></>}
        {slo.definition && slo.definition.file !== '' && <> · Defined in <code>{slo.definition.file}:{slo.definition.line}</code></>}
      </p>
    </header>
  );
}

/** Only web addresses become links; a path of a repository is shown as it was written. */
function Tile({ name, value, detail, tone = '', children }: { name: string; value: string; detail: string; tone?: string; children?: ComponentChildren }) {
  return (
    <div class={`tile card ${tone}`}>
      <dt>{name}</dt>
      <dd class={/\d/.test(value) ? 'value' : 'value in-words'}>{value}</dd>
      <dd class="quiet">{children}{detail}</dd>
    </div>
  );
}

function Tiles({ slo }: { slo: ObjectiveDetail }) {
  const left = budgetLeft(slo);
  const runsOut = exhaustion(slo, zone.value);
  const below = slo.sli !== null && slo.good !== null && slo.bad !== null && left !== null && left < 0;
  const rates = (slo.burn ?? []).map((b) => `${b.window} ${b.rate === null ? format.notMeasured : format.burnRate(b.rate)}`);
  const first = pace(slo);
  return (
    <dl class="tiles">
      <Tile name="SLI" value={format.sli(slo.good, slo.bad, format.digitsFor(slo.target))} detail={`target ${format.target(slo.target)} over ${slo.window}`} tone={below ? 'tone-bad' : ''} />
      <Tile name="Budget left" value={leftText(slo)} detail={budgetDetail(slo)} tone={left !== null && left < 0 ? 'tone-bad' : ''}>
        <BudgetBar of={slo} />
      </Tile>
      <Tile name="Budget is gone" value={runsOut.text} detail={runsOut.detail} tone={runsOut.text === 'spent' ? 'tone-bad' : ''} />
      <Tile name="Burn rate" value={first ? format.burnRate(first.rate) : format.notMeasured} detail={first === null ? 'in none of its windows' : rates.join(' · ')} />
      <Tile name={`Valid ${format.noun(0, slo.unit)}`} value={slo.good === null || slo.bad === null ? format.notMeasured : format.amount(slo.good + slo.bad, slo.unit)} detail={slo.bad === null ? 'nothing counted' : `${format.amount(slo.bad, slo.unit)} bad · ${format.count(slo.excluded)} events excluded`} />
    </dl>
  );
}

function budgetDetail(slo: ObjectiveDetail): string {
  const { allowed = null, spent = null, remaining = null } = slo.budget ?? {};
  if (allowed === null || remaining === null) return 'no budget without events';
  const all = `${format.amount(allowed, slo.unit)} ${format.noun(allowed, slo.unit)}`;
  if (remaining < 0) return `${format.amount(spent, slo.unit)} spent, ${all} allowed`;
  if (allowed === 0) return 'too few events to allow a bad one';
  return `${format.amount(remaining, slo.unit)} of ${all}, ${format.amount(spent, slo.unit)} spent`;
}

/** An earlier generation is judged by its own target; the present budget is not burned down by its events. */
const asItWas = (slo: ObjectiveDetail, g: Generation): ObjectiveDetail => ({ ...slo, target: g.target ?? slo.target, from: null, budget: null });

function Charts({ slo: present, series, earlier }: { slo: ObjectiveDetail; series: Series; earlier: Generation | null }) {
  const slo = useMemo(() => (earlier ? asItWas(present, earlier) : present), [present, earlier?.indicator_id]);
  const zoom = (from: number, to: number): void => chooseRange({ from: rfc3339(from), to: rfc3339(to) });
  const back = (): void => go(withQuery(address.value, (earlier && rangeOfGeneration(earlier)) ?? { from: null, to: null }));
  const out = slo.left_out ?? [];
  const target = Number(slo.target);
  const digits = format.digitsFor(slo.target);
  // The plots are rebuilt only when what they show changed, not on every repaint of the page.
  const plots = useMemo(
    () => ({
      budget: (z: typeof zone.value) => budgetPlot(series, slo, z, out),
      sli: (z: typeof zone.value) => sliPlot(series, target, z, out),
      traffic: (z: typeof zone.value) => trafficPlot(series, z, out),
    }),
    [series, slo, target],
  );
  const reasons = useMemo(() => leftOutReasons(series, out), [series, slo]);
  const left = out.length === 0 ? [] : [{ head: 'left out', cell: (i: number) => (reasons[i] === '' ? 'nothing' : reasons[i]!) }];
  const shaded = out.length === 0 ? null : <> <Swatch kind="out" /> left out</>;
  const burned = useMemo(() => burnDown(series, slo), [series, slo]);
  const source = (i: number): string => series.source[i] ?? format.notMeasured;
  const shared = { stamps: series.timestamps, zoom, back };
  return (
    <div class="charts">
      <Chart
        {...shared}
        title="Error budget"
        summary={budgetSummary(series, zone.value) + leftOutNote(out)}
        plot={plots.budget}
        height={210}
        legend={<><Swatch kind="ok" /> left of the {slo.window} before each instant{earlier ? `, by the target of now (${format.target(present.target)})` : <> <Swatch kind="sli" /> burn-down of the events now in the window <Swatch kind="ideal" /> even spend</>}{shaded}</>}
        columns={[{ head: 'budget left', cell: (i) => format.share(series.budget_remaining[i]) }, { head: 'burn-down', cell: (i) => (burned[i] == null ? 'outside' : format.share(burned[i])) }, { head: 'source', cell: source }, ...left]}
      />
      <Chart
        {...shared}
        title="SLI"
        summary={sliSummary(series, slo.target) + leftOutNote(out)}
        plot={plots.sli}
        height={210}
        legend={<><Swatch kind="sli" /> per step <Swatch kind="target" /> target {format.target(slo.target)} <Swatch kind="below" /> below target{shaded}</>}
        columns={[{ head: 'SLI', cell: (i) => stepText(series, i, digits) }, { head: 'source', cell: source }, ...left]}
      />
      <Chart
        {...shared}
        title="Traffic"
        summary={trafficSummary(series) + leftOutNote(out)}
        plot={plots.traffic}
        height={170}
        legend={<><Swatch kind="sli" /> valid <Swatch kind="bad" /> bad, per {format.duration(series.step_seconds)}, logarithmic{shaded}</>}
        columns={[
          { head: 'good', cell: (i) => format.amount(series.good[i], series.unit) },
          { head: 'bad', cell: (i) => format.amount(series.bad[i], series.unit) },
          { head: 'excluded', cell: (i) => format.count(series.excluded[i]) },
          { head: 'source', cell: source },
          ...left,
        ]}
      />
    </div>
  );
}

function stepText(series: Series, i: number, digits: number): string {
  const [good, bad] = [series.good[i], series.bad[i]];
  if (good == null || bad == null) return format.notMeasured;
  return good + bad === 0 ? 'no events' : format.ratio(good, good + bad, digits);
}

function Swatch({ kind }: { kind: 'ok' | 'ideal' | 'sli' | 'target' | 'below' | 'bad' | 'out' }) {
  return <svg class={`swatch swatch-${kind}`} viewBox="0 0 20 10" width="20" height="10" aria-hidden="true">{kind === 'below' || kind === 'out' ? <rect width="20" height="10" /> : <path d="M0 5h20" />}</svg>;
}

function Groups({ slo }: { slo: ObjectiveDetail }) {
  const groups = [...(slo.groups ?? [])].sort((a, b) => (b.bad ?? -1) - (a.bad ?? -1) || a.group.localeCompare(b.group));
  if (groups.length === 0) return null;
  const digits = format.digitsFor(slo.target);
  return (
    <section class="card">
      <h2>Groups <span class="quiet">most bad events first, over the window</span></h2>
      <div class="scroll" tabIndex={0} role="region" aria-label="Groups">
        <table>
          <thead><tr><th scope="col">Group</th><th scope="col" class="num">SLI</th><th scope="col" class="num">Good</th><th scope="col" class="num">Bad</th><th scope="col" class="num">Excluded</th></tr></thead>
          <tbody>
            {groups.map((g) => (
              <tr key={g.group}>
                <th scope="row"><code>{g.group}</code>{g.cause && <p class="quiet">{g.cause}</p>}</th>
                <td class="num">{g.state === 'not_measured' ? format.notMeasured : format.sli(g.good, g.bad, digits)}</td>
                <td class="num">{format.count(g.good)}</td>
                <td class="num">{format.count(g.bad)}</td>
                <td class="num">{format.count(g.excluded)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Trust({ slo }: { slo: ObjectiveDetail }) {
  const trust = slo.trust;
  return (
    <section class="card">
      <h2>How far to trust it</h2>
      {trust === null ? <p class="quiet">Trust was not measured.</p> : (
        <>
          <dl class="facts-list">
            <div><dt>Window covered</dt><dd>{format.share(trust.coverage)}</dd></div>
            <div><dt>Arrived late</dt><dd>{format.share(trust.late_share)}</dd></div>
            <div><dt>Refused</dt><dd>{format.share(trust.refused_share)}</dd></div>
            <div><dt>Excluded</dt><dd>{format.share(trust.excluded_share)}</dd></div>
            {trust.unevaluated_share !== undefined && <div><dt>Not evaluated</dt><dd>{format.share(trust.unevaluated_share)}</dd></div>}
            <div><dt>Sampled</dt><dd>{trust.sampling === null ? 'not known' : format.share(trust.sampling)}</dd></div>
            <div><dt>Source</dt><dd>{trust.source ?? format.notMeasured}</dd></div>
            <div><dt>Measured since</dt><dd>{trust.measured_since === null ? format.notMeasured : instant(unix(trust.measured_since), zone.value)}</dd></div>
          </dl>
          {(trust.notes ?? []).length > 0 && <ul class="notes">{(trust.notes ?? []).map((note) => <li key={note}>{note}</li>)}</ul>}
        </>
      )}
    </section>
  );
}

function Computed({ slo }: { slo: ObjectiveDetail }) {
  const at = (text: string | null): string => (text === null ? format.notMeasured : instant(unix(text), zone.value, 'second'));
  const digits = format.digitsFor(slo.target);
  const valid = slo.good === null || slo.bad === null ? null : slo.good + slo.bad;
  return (
    <section class="card">
      <h2>How this number is computed</h2>
      <dl class="facts-list">
        <div><dt>Rule</dt><dd>{slo.indicator.kind}{slo.indicator.description === '' ? '' : `: ${slo.indicator.description}`}</dd></div>
        {(slo.indicator.rule ?? '') !== '' && <div><dt>Canonical rule</dt><dd><code>{slo.indicator.rule}</code></dd></div>}
        <div><dt>Window edges</dt><dd>after {at(slo.from)} up to {at(slo.to)}</dd></div>
        <div><dt>Good / valid</dt><dd>{valid === null || valid === 0 ? format.notMeasured : `${format.amount(slo.good, slo.unit)} / ${format.amount(valid, slo.unit)} ${format.noun(0, slo.unit)} = ${format.sli(slo.good, slo.bad, digits)}`}</dd></div>
        <div><dt>Bad</dt><dd>{format.amount(slo.bad, slo.unit)}</dd></div>
        <div><dt>Excluded</dt><dd>{format.count(slo.excluded)}</dd></div>
        <div><dt>Budget</dt><dd>{slo.budget?.allowed == null ? format.notMeasured : `${format.amount(slo.budget.allowed, slo.unit)} allowed − ${format.amount(slo.budget.spent, slo.unit)} spent = ${format.amount(slo.budget.remaining, slo.unit)} ${format.noun(0, slo.unit)}`}</dd></div>
        {slo.unit !== undefined && slo.unit !== 'events' && <div><dt>Budget counts</dt><dd>{slo.budgeting}</dd></div>}
        {(slo.windows ?? []).slice(1).map((w) => (
          <div key={`${w.window} ${w.from}`}>
            <dt>{w.former ? 'Period before' : 'Also over'} {w.window}</dt>
            <dd>
              {format.sli(w.good, w.bad, digits)} after {at(w.from)} up to {at(w.to)}; {format.amount(w.budget?.remaining, slo.unit)} of {format.amount(w.budget?.allowed, slo.unit)} left
            </dd>
          </div>
        ))}
        <div><dt>Evaluated</dt><dd>{at(slo.evaluated_at)}</dd></div>
        <div><dt>Indicator</dt><dd><code>{slo.indicator.id}</code></dd></div>
        <div><dt>Counted so since</dt><dd>{at(slo.generation?.from ?? null)}</dd></div>
        {(slo.dropped_tiers ?? []).map((t) => (
          <div key={`${t.long} ${t.short}`}><dt>Tier not used</dt><dd>{t.long} and {t.short} above {t.threshold}x: {t.reason}</dd></div>
        ))}
      </dl>
      <p class="quiet">The same, with every slice sum: <code>leadline explain {slo.service}/{slo.name}</code></p>
    </section>
  );
}
