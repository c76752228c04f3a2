// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One objective: the verdict, how it came to it, and everything that stands behind it.
// A part of the page is a file in parts/slo and a line in Body and sections.
import { useEffect, useRef } from 'preact/hooks';
import type { ObjectiveDetail, OneObjective } from '../api';
import { alertNews } from '../events';
import { chosen } from '../generation';
import type { Happenings } from '../lane';
import { Corrections } from '../parts/corrections';
import { Exclusions } from '../parts/exclusions';
import { Earlier, Generations } from '../parts/generations';
import { Rules } from '../parts/rules';
import { Screen } from '../parts/screens';
import { Charts } from '../parts/slo/charts';
import { Computed } from '../parts/slo/computed';
import { CopyLink } from '../parts/slo/copylink';
import { Groups } from '../parts/slo/groups';
import { Sections } from '../parts/slo/sections';
import { Tiles } from '../parts/slo/tiles';
import { Trust } from '../parts/slo/trust';
import { Verdict } from '../parts/slo/verdict';
import { TimePicker } from '../parts/timepicker';
import { keepZone, placeWith } from '../places';
import { useResource } from '../resource';
import type { Resource } from '../resource';
import { query, setQuery } from '../router';
import { servicePath } from '../service';
import type { Place } from '../service';
import { follows, hasRange, opening, rangeOf, unix, windowSeconds } from '../time';
import type { Range } from '../time';

/** Until the objective is read, the server chooses among the places of its service. */
function serviceLink(service: string, at: Place | null): string {
  if (at === null) return keepZone(`/services/${encodeURIComponent(service)}`);
  const { path, params } = servicePath({ service, namespace: at.namespace, environment: at.environment });
  return placeWith(path, params);
}

export function SloPage({ service, name }: { service: string; name: string }) {
  const range = rangeOf(query.value, '');
  const ask = new URLSearchParams();
  for (const key of ['namespace', 'environment', 'generation']) {
    const value = query.value.get(key);
    if (value !== null) ask.set(key, value);
  }
  const place = new URLSearchParams(ask);
  place.delete('generation');
  place.set('from', 'now-1h');
  // Without a range the server shows the objective's own window.
  if (range.from !== '') ask.set('from', range.from);
  if (range.to !== 'now') ask.set('to', range.to);
  const text = ask.toString() === '' ? '' : `?${ask.toString()}`;
  const path = `/api/v1/slos/${encodeURIComponent(service)}/${encodeURIComponent(name)}`;
  const live = range.from === '' || follows(range);
  const one = useResource<OneObjective>(path + text, live, alertNews);
  const happened = useResource<Happenings>(`${path}/events${text}`, live, alertNews);
  // The verdict is of now, whatever range the charts show: what changed before it is asked for by itself.
  const ofNow = useResource<Happenings>(range.to === 'now' ? null : `${path}/events?${place}`, live, alertNews);
  useOpening(one.data?.slo ?? null);
  useEffect(() => {
    document.title = `${name} · ${service} · Leadline`;
  }, [name, service]);
  return (
    <>
      <nav class="crumbs" aria-label="You are here">
        <a href={keepZone('/')}>Objectives</a> <span aria-hidden="true">/</span> <a href={serviceLink(service, one.data?.slo ?? null)}>{service}</a> <span aria-hidden="true">/</span> <span aria-current="page">{name}</span>
      </nav>
      <Screen of={one} what={`objective ${name}`} alone>{(data) => <Body {...data} range={range} happened={happened} recent={range.to === 'now' ? happened : ofNow} />}</Screen>
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

function Body({ slo, series, range, happened, recent }: OneObjective & { range: Range; happened: Resource<Happenings>; recent: Resource<Happenings> }) {
  const window = slo.window;
  // A calendar window has no length to write; its edges stand for it.
  const start = windowSeconds(window) === null ? (slo.from ?? '') : `now-${window}`;
  const asked = range.from === '' ? { from: start, to: range.to } : range;
  const earlier = chosen(slo, query.value.get('generation'));
  // The browser looked for the part of the page that the address names before there was one.
  useEffect(() => {
    if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, []);
  const told = (of: Resource<Happenings>) => ({ happenings: of.data, unknown: of.error ? `What happened is not known: ${of.error.message}` : '' });
  return (
    <>
      <Verdict slo={slo} series={series} {...told(recent)} />
      <Tiles slo={slo} />
      <Sections slo={slo} />
      <section id="charts" aria-label="Charts">
        {earlier && series && <Earlier of={earlier} slo={slo} series={series} />}
        <div class="range-row"><TimePicker range={asked} shown={series} window={window} /><CopyLink shown={series} /></div>
        {series === null || series.timestamps.length === 0 ? (
          <div class="card empty"><h2>No steps in this range</h2><p class="quiet">Nothing was measured between these times. Choose another range above.</p></div>
        ) : (
          <Charts slo={slo} series={series} earlier={earlier} {...told(happened)} />
        )}
      </section>
      <Rules slo={slo} />
      <Groups slo={slo} />
      <div class="two">
        <Trust slo={slo} />
        <Computed slo={slo} />
      </div>
      <Exclusions slo={slo} />
      <Corrections slo={slo} />
      <Generations slo={slo} shown={earlier ?? slo.generation} />
    </>
  );
}
