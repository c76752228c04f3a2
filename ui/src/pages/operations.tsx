// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the services do: every operation seen in a window, whether or not an objective watches it.
import { useEffect } from 'preact/hooks';
import type { Operation, Operations } from '../api';
import * as format from '../format';
import { Screen } from '../parts/screens';
import { ServiceList } from '../parts/service/list';
import { hereWith, keepZone, placeWith } from '../places';
import { useFew } from '../parts/few';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { redIf, servicePath } from '../service';
import { instant, unix, windowSeconds, zone } from '../time';

/** The windows on offer; an address may name any other that the server takes. The last is how long slices are kept. */
const windows = ['1h', '6h', '1d', '7d', '28d', '90d', '400d'] as const;

/** Longer windows change little in ten seconds and are long to read, so they are read once. */
const longestLive = 86400;

export function OperationsPage() {
  const window = query.value.get('window') ?? windows[0];
  const live = (windowSeconds(window) ?? 0) <= longestLive;
  const operations = useResource<Operations>(`/api/v1/operations?window=${encodeURIComponent(window)}`, live);
  useEffect(() => {
    document.title = 'Services · Leadline';
  }, []);
  return (
    <>
      <h1>Services and operations</h1>
      <ServiceList words={(query.value.get('q') ?? '').toLowerCase().split(/\s+/)} />
      <div class="time-picker" role="group" aria-label="Window">
        <Windows chosen={window} />
        <Span of={operations.data} reading={operations.loading && (!live || operations.data?.window !== window)} again={live ? null : operations.retry} />
      </div>
      <Screen of={operations} what="operations">
        {(data) => ((data.operations ?? []).length === 0 ? <Empty window={data.window} /> : <List operations={data.operations ?? []} window={data.window} backfilled={data.backfilled ?? 0} />)}
      </Screen>
    </>
  );
}

function Windows({ chosen }: { chosen: string }) {
  const names: string[] = (windows as readonly string[]).includes(chosen) ? [...windows] : [chosen, ...windows];
  return (
    <div class="segments">
      {names.map((name) => <a key={name} href={hereWith({ window: name === windows[0] ? null : name })} aria-current={name === chosen ? 'true' : undefined}>{name}</a>)}
    </div>
  );
}

/** The edges of what is shown, and how to read it again where it does not follow. */
function Span({ of, reading, again }: { of: Operations | null; reading: boolean; again: (() => void) | null }) {
  const [from, to] = [unix(of?.from ?? null), unix(of?.to ?? null)];
  return (
    <span class="quiet range-text">
      {from !== null && to !== null && `${instant(from, zone.value, 'bare')} to ${instant(to, zone.value)}`}
      {of !== null && reading ? ' · reading …' : again !== null && <> · does not follow new data <button type="button" class="plain" onClick={again}>Read again</button></>}
    </span>
  );
}

const Empty = ({ window }: { window: string }) => (
  <section class="screen">
    <h2>No operation seen in the last {window}</h2>
    <p>An operation appears here with its first request, task or call. <a href={keepZone('/intake')}>Is telemetry arriving?</a></p>
  </section>
);

function List({ operations, window, backfilled }: { operations: Operation[]; window: string; backfilled: number }) {
  const text = query.value.get('q') ?? '';
  const words = text.toLowerCase().split(/\s+/);
  const shown = operations
    .filter((o) => words.every((w) => [o.service, o.namespace, o.environment, o.operation, o.kind].join(' ').toLowerCase().includes(w)))
    .sort((a, b) => (b.bad ?? -1) - (a.bad ?? -1) || (b.good ?? -1) - (a.good ?? -1));
  const [few, rest] = useFew(shown, 100, 'operations');
  return (
    <>
      <div class="fleet-tools">
        <p class="quiet" role="status">{shown.length} of {format.plural(operations.length, 'operation', 'operations')}, most bad events first, last {window}{backfilled > 0 && ` · ${format.count(backfilled)} of all their events were back-filled`} · p50 to p99 are within 9 %{shown.some(lacks) && ' · – is not measured'}</p>
        <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
          <label>
            <span class="hidden">Search operations</span>
            <input type="search" placeholder="Search  /" value={text} onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')} />
          </label>
        </form>
      </div>
      <div class="card scroll" tabIndex={0} role="region" aria-label="Operations">
        <table class="stacks">
          <thead>
            <tr>
              <th scope="col">Operation</th><th scope="col">Service</th><th scope="col" class="num">Good</th><th scope="col" class="num">Bad</th><th scope="col" class="num">Excluded</th>
              <th scope="col" class="num">p50</th><th scope="col" class="num">p95</th><th scope="col" class="num">p99</th><th scope="col">Versions</th><th scope="col">Objective</th>
            </tr>
          </thead>
          <tbody>{few.map((o) => <Row key={[o.namespace, o.service, o.environment, o.kind, o.operation].join('\u0000')} of={o} />)}</tbody>
        </table>
      </div>
      {rest}
    </>
  );
}

/** A number, or a dash that the head of the page explains once; a screen reader hears the words. */
function Measured({ text }: { text: string }) {
  if (text !== format.notMeasured) return <>{text}</>;
  return <span class="quiet"><span aria-hidden="true">–</span><span class="hidden">{text}</span></span>;
}

const lacks = (o: Operation): boolean =>
  [o.good, o.bad, o.excluded, o.p50_ms, o.p95_ms, o.p99_ms].includes(null) || (o.versions ?? []).some((v) => v.good === null || v.bad === null);

function Versions({ of: { versions } }: { of: Operation }) {
  return (
    <ul class="versions">
      {(versions ?? []).map((v) => (
        <li key={v.version}>
          {v.version === '' ? 'no version' : v.version} <span class="quiet"><Measured text={v.good === null || v.bad === null ? format.notMeasured : `${format.count(v.bad)} bad of ${format.count(v.good + v.bad)}`} /></span>
        </li>
      ))}
    </ul>
  );
}

function Row({ of: o }: { of: Operation }) {
  const { path, params } = servicePath(o);
  const alone = servicePath(o, { operation: o.operation });
  return (
    <tr>
      <th scope="row"><a href={placeWith(alone.path, alone.params)}><code>{o.operation}</code></a> <span class="quiet">{o.kind}</span></th>
      <td class="wide"><a href={placeWith(path, params)}>{o.service}</a> <span class="quiet">{format.dotted(o.namespace, o.environment)}</span></td>
      <td class="num" data-head="Good"><Measured text={format.count(o.good)} /></td>
      <td class={`num ${redIf({ good: o.good ?? 0, bad: o.bad ?? 0 })}`} data-head="Bad"><Measured text={format.count(o.bad)} /></td>
      <td class="num" data-head="Excluded"><Measured text={format.count(o.excluded)} /></td>
      <td class="num" data-head="p50"><Measured text={format.millis(o.p50_ms)} /></td>
      <td class="num" data-head="p95"><Measured text={format.millis(o.p95_ms)} /></td>
      <td class="num" data-head="p99"><Measured text={format.millis(o.p99_ms)} /></td>
      <td class="wide" data-head="Versions"><Versions of={o} /></td>
      <td class="wide" data-head="Objective">{o.bound ? 'yes' : <span class="quiet">none</span>}</td>
    </tr>
  );
}
