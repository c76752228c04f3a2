// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the services do: every operation seen in the last while, whether or not an objective watches it.
import { useEffect } from 'preact/hooks';
import type { Operation, Operations } from '../api';
import * as format from '../format';
import { Screen } from '../parts/screens';
import { useResource } from '../resource';
import { query, setQuery } from '../router';

export function OperationsPage() {
  const operations = useResource<Operations>('/api/v1/operations');
  useEffect(() => {
    document.title = 'Operations · Leadline';
  }, []);
  return (
    <>
      <h1>Operations</h1>
      <Screen of={operations} what="operations">
        {(data) => ((data.operations ?? []).length === 0 ? <Empty /> : <List operations={data.operations ?? []} window={data.window} />)}
      </Screen>
    </>
  );
}

const Empty = () => (
  <section class="screen">
    <h2>No operation seen</h2>
    <p>An operation appears here with its first request, task or call. <a href="/intake">Is telemetry arriving?</a></p>
  </section>
);

function List({ operations, window }: { operations: Operation[]; window: string }) {
  const text = (query.value.get('q') ?? '').toLowerCase();
  const words = text.split(/\s+/);
  const shown = operations
    .filter((o) => words.every((w) => [o.service, o.namespace, o.environment, o.operation, o.kind].join(' ').toLowerCase().includes(w)))
    .sort((a, b) => (b.bad ?? -1) - (a.bad ?? -1) || (b.good ?? -1) - (a.good ?? -1));
  return (
    <>
      <div class="fleet-tools">
        <p class="quiet" role="status">{shown.length} of {format.plural(operations.length, 'operation', 'operations')}, most bad events first, last {window}{shown.some(lacks) && ' · – is not measured'}</p>
        <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
          <label>
            <span class="hidden">Search operations</span>
            <input type="search" placeholder="Search  /" value={text} onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')} />
          </label>
        </form>
      </div>
      <div class="card scroll" tabIndex={0} role="region" aria-label="Operations">
        <table>
          <thead>
            <tr>
              <th scope="col">Operation</th><th scope="col">Service</th><th scope="col" class="num">Good</th><th scope="col" class="num">Bad</th><th scope="col" class="num">Excluded</th>
              <th scope="col" class="num">p50</th><th scope="col" class="num">p95</th><th scope="col" class="num">p99</th><th scope="col">Versions</th><th scope="col">Objective</th>
            </tr>
          </thead>
          <tbody>{shown.map((o) => <Row key={[o.namespace, o.service, o.environment, o.kind, o.operation].join('\u0000')} of={o} />)}</tbody>
        </table>
      </div>
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
  return (
    <tr>
      <th scope="row"><code>{o.operation}</code> <span class="quiet">{o.kind}</span></th>
      <td>{o.service} <span class="quiet">{[o.namespace, o.environment].filter((p) => p !== '').join(' · ')}</span></td>
      <td class="num"><Measured text={format.count(o.good)} /></td>
      <td class={`num ${(o.bad ?? 0) > 0 ? 'bad-text' : ''}`}><Measured text={format.count(o.bad)} /></td>
      <td class="num"><Measured text={format.count(o.excluded)} /></td>
      <td class="num"><Measured text={format.millis(o.p50_ms)} /></td>
      <td class="num"><Measured text={format.millis(o.p95_ms)} /></td>
      <td class="num"><Measured text={format.millis(o.p99_ms)} /></td>
      <td><Versions of={o} /></td>
      <td>{o.bound ? 'yes' : <span class="quiet">none</span>}</td>
    </tr>
  );
}
