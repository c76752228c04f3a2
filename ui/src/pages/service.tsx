// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One service: who owns it and how its objectives stand, then what it did over
// time, by operation and by version. Later parts of the page are sections beside these.
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import * as format from '../format';
import { Chip } from '../parts/chip';
import { Screen } from '../parts/screens';
import { ServiceCharts } from '../parts/service/charts';
import { ServiceObjectives } from '../parts/service/objectives';
import { OperationTable } from '../parts/service/operations';
import { Versions } from '../parts/service/versions';
import { hereWith, keepZone, placeWith } from '../places';
import { TimePicker } from '../parts/timepicker';
import { useResource } from '../resource';
import type { Resource } from '../resource';
import { query, setQuery } from '../router';
import { errorShare, notable, placeText, rate, running, scopeText, servicePath, shown, valid } from '../service';
import type { ServiceDocument, ServiceVersion } from '../service';
import { follows, instant, rangeOf, unix, zone } from '../time';

const opening = 'now-1h';

/** The longest that durations are kept by the minute, beside the presets of the picker. */
const longest = '28d';

export function ServicePage({ service }: { service: string }) {
  const range = rangeOf(query.value, opening);
  const ask = new URLSearchParams();
  for (const key of ['namespace', 'environment', 'operation']) {
    const value = query.value.get(key);
    if (value !== null) ask.set(key, value);
  }
  ask.set('from', range.from);
  ask.set('to', range.to);
  const one = useResource<ServiceDocument>(`/api/v1/services/${encodeURIComponent(service)}?${ask}`, follows(range));
  useEffect(() => {
    document.title = `${service} · Leadline`;
  }, [service]);
  return (
    <>
      <nav class="crumbs" aria-label="You are here">
        <a href={keepZone('/operations')}>Services</a> <span aria-hidden="true">/</span> <span aria-current="page">{service}</span>
      </nav>
      {missing(one, service) ?? <Screen of={one} what={`service ${service}`}>{(data) => <Body of={data} range={range} />}</Screen>}
    </>
  );
}

/** What is said instead of the page while there is none; null leaves it to the usual screens. */
function missing(one: Resource<ServiceDocument>, service: string): ComponentChildren {
  if (one.data !== null || one.error === null) return null;
  if (one.error.status === 503) {
    return (
      <section class="screen" role="status">
        <h1>The server is starting</h1>
        <p>{one.error.message}. This page follows as soon as the history of {service} can be read.</p>
      </section>
    );
  }
  if (one.error.status !== 404) return null;
  const near = /^(there is|did you mean) [^;]+/.exec(one.error.hint)?.[0];
  return (
    <section class="screen" role="alert">
      <h1>No service {service} is known</h1>
      <p>No objective names it here, and nothing was heard of it in the last 30 days{near === undefined ? '.' : `; ${near}${near.startsWith('did') ? '' : '.'}`}</p>
      <p><a href={keepZone('/operations')}>All services</a> · <a href={keepZone('/intake')}>Is telemetry arriving?</a></p>
    </section>
  );
}

function Body({ of, range }: { of: ServiceDocument; range: { from: string; to: string } }) {
  const quiet = of.operations.length === 0;
  return (
    <>
      <Head of={of} />
      <ServiceObjectives of={of} />
      <div class="range-row"><TimePicker range={range} shown={of} window={longest} plain />{!quiet && <Chosen of={of} />}</div>
      {quiet ? <NoTraffic of={of} /> : (
        <>
          <Tiles of={of} />
          <ServiceCharts of={of} />
          <OperationTable of={of} />
          <Versions of={of} />
        </>
      )}
    </>
  );
}

function Head({ of }: { of: ServiceDocument }) {
  return (
    <header class={`verdict card service-head ${of.state === null ? '' : `edge-${of.state}`}`}>
      <div class="verdict-head">
        <h1>{of.service}</h1>
        {of.state === null ? <span class="quiet">no objectives</span> : <Chip state={of.state} />}
        <span class="quiet">{placeText(of)}</span>
      </div>
      <p class="quiet facts">
        {of.owners.length === 0 ? 'no owner' : `Owner ${of.owners.join(', ')}`}
        {of.others.length > 0 && <> · Also known in {of.others.map((p, i) => (
          <span key={`${p.namespace} ${p.environment}`}>{i > 0 && ', '}<PlaceLink service={of.service} at={p} /></span>
        ))}</>}
      </p>
    </header>
  );
}

function PlaceLink({ service, at }: { service: string; at: { namespace: string; environment: string } }) {
  const { path, params } = servicePath({ service, ...at });
  return <a href={placeWith(path, params)}>{placeText(at)}</a>;
}

function NoTraffic({ of }: { of: ServiceDocument }) {
  return (
    <section class="card empty">
      <h2>No event of {of.service} in this range</h2>
      <p class="quiet">
        Nothing was counted for {placeText(of)} between these times. Choose another range above
        {of.others.length > 0 && <>, or another place of it: {of.others.map((p, i) => <span key={`${p.namespace} ${p.environment}`}>{i > 0 && ', '}<PlaceLink service={of.service} at={p} /></span>)}</>}
        . <a href={keepZone('/intake')}>Is telemetry arriving?</a>
      </p>
    </section>
  );
}

/** Which operation everything below is about. */
function Chosen({ of }: { of: ServiceDocument }) {
  const all = of.operations.some((o) => o.entry) ? 'All entry operations' : 'All operations';
  const names = [...new Set(of.operations.map((o) => o.operation))];
  if (of.operation !== '' && !names.includes(of.operation)) names.unshift(of.operation);
  return (
    <p class="chosen-operation">
      <label>
        Shown <select value={of.operation} onChange={(event) => setQuery({ operation: event.currentTarget.value })}>
          <option value="">{all}</option>
          {names.map((name) => <option key={name} value={name}>{name}</option>)}
        </select>
      </label>
      {of.operation !== '' && <a href={hereWith({ operation: null })}>Show {all.toLowerCase()}</a>}
    </p>
  );
}

function Tiles({ of }: { of: ServiceDocument }) {
  const counts = shown(of);
  const share = errorShare(counts);
  const seconds = (unix(of.to) ?? 0) - (unix(of.from) ?? 0);
  const newest = of.versions[0];
  const runs = running(of.versions);
  const { p50_ms, p95_ms, p99_ms } = of.distribution;
  return (
    <dl class="tiles service-tiles">
      <Tile name="Traffic" value={rate(seconds > 0 ? valid(counts) / seconds : 0)} detail={`${format.count(valid(counts))} valid of ${scopeText(of)}${counts.excluded > 0 ? `, ${format.count(counts.excluded)} excluded` : ''}`} />
      <Tile name="Error share" value={share === null ? 'no events' : format.share(share, 2)} detail={`${format.count(counts.bad)} bad`} bad={(share ?? 0) >= notable} />
      <Tile name="p95" value={format.millis(p95_ms)} detail={`p50 ${format.millis(p50_ms)} · p99 ${format.millis(p99_ms)}`} />
      <Tile name="Version seen last" value={runs === undefined ? 'none seen' : runs.version || 'no version'} detail={runs === undefined || newest === undefined ? 'in this range' : newest.version === runs.version ? `seen ${seenText(newest, of)}` : `newest: ${newest.version || 'no version'}, seen ${instant(unix(newest.first_seen), zone.value, 'bare')} to ${instant(unix(newest.last_seen), zone.value)}`} />
    </dl>
  );
}

/** A version that a roll-back took away says so by its second time. */
function seenText(v: ServiceVersion, of: ServiceDocument): string {
  const gone = (unix(v.last_seen) ?? 0) < (unix(of.to) ?? 0) - 2 * of.series.step_seconds;
  return gone ? `${instant(unix(v.first_seen), zone.value, 'bare')} to ${instant(unix(v.last_seen), zone.value)}` : `since ${instant(unix(v.first_seen), zone.value)}`;
}

function Tile({ name, value, detail, bad = false }: { name: string; value: string; detail: string; bad?: boolean }) {
  return (
    <div class={`tile card ${bad ? 'tone-bad' : ''}`}>
      <dt>{name}</dt>
      <dd class={/\d/.test(value) ? 'value' : 'value in-words'}>{value}</dd>
      <dd class="quiet">{detail}</dd>
    </div>
  );
}
