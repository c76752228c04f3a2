// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a server without objectives shows: how telemetry gets in, what has
// arrived, and the draft of the first service file made from it.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { Intake, Operations, ServiceIntake } from '../api';
import { copy } from '../copy';
import { everyMinute } from '../events';
import * as format from '../format';
import { keepZone } from '../places';
import { Missing } from './screens';
import { useResource } from '../resource';
import { instant, unix, zone } from '../time';

interface Proposal { service: string; events: number; minutes: number; objectives: number; missing: string; file_name: string; file: string }

export function FirstSteps() {
  const intake = useResource<Intake>('/api/v1/intake');
  const services = (intake.data?.services ?? []).filter((s) => s.service !== 'leadline');
  const seen = useResource<Operations>('/api/v1/operations');
  const operations = seen.data?.operations ?? [];
  const drafts = useResource<{ services: Proposal[] | null }>(services.length > 0 ? '/api/v1/proposals' : null, true, everyMinute).data?.services ?? [];
  const draft = drafts.find((d) => d.file !== '');
  const service = services[0]?.service ?? 'shop-api';
  const host = location.hostname === '' ? 'localhost' : location.hostname;
  return (
    <section class="first-steps">
      <h2>No objectives yet</h2>
      <p class="lead">An objective is a promise to users that is counted: “99.9% of checkouts succeed”. Three steps lead to the first one.</p>
      <ol class="steps">
        <Step n={1} done={services.length > 0} title="Send what your application does">
          <p>Two environment variables, for any Python application; its code stays as it is.</p>
          <Code text={`export OTEL_SERVICE_NAME=${service}\nexport OTEL_EXPORTER_OTLP_ENDPOINT=http://${host}:4317\nopentelemetry-instrument python app.py`} what="the commands" />
        </Step>
        <Step n={2} done={operations.length > 0} title="See it arrive">
          <Missing of={intake} what="What arrived is" />
          <Missing of={seen} what="Which operations there are is" />
          {intake.data === null ? null : services.length === 0 ? (
            <p class="waiting"><span class="pulse" aria-hidden="true" /> Nothing has arrived yet. This page shows the first request within seconds.</p>
          ) : (
            <>
              <Arriving services={services} />
              <p>{seen.data === null ? '' : operations.length === 0 ? 'No request or task among it yet: send your application one.' : <><a href={keepZone('/operations')}>{format.plural(operations.length, 'operation', 'operations')}</a> seen in the last hour; each keeps its counts and latencies already.</>}</p>
            </>
          )}
        </Step>
        <Step n={3} done={false} title="Write down what you promise">
          <p>{draft === undefined ? 'A service file lies beside your code and reads like the promise.' : <>This draft for <strong>{draft.service}</strong> is made from {format.count(draft.events)} events of {format.plural(draft.minutes, 'minute', 'minutes')}; each target says why.</>} One command writes it to <code>services</code>; a server with <code>--services services</code> follows at once.</p>
          <Code text="leadline init ." what="the command" />
          <Code text={draft?.file.trimEnd() ?? example(service)} what="the service file" tall />
          {draft === undefined && drafts[0] !== undefined && drafts[0].missing !== '' && <p class="quiet">The draft for {drafts[0].service} waits: {drafts[0].missing}</p>}
        </Step>
      </ol>
    </section>
  );
}

const example = (service: string): string => `apiVersion: leadline/v1\nkind: Service\nmetadata:\n  name: ${service}\nspec:\n  objectives:\n    - name: api-up\n      availability: {}\n      target: 99.9%\n      window: 28d`;

function Step({ n, done, title, children }: { n: number; done: boolean; title: string; children: ComponentChildren }) {
  return (
    <li class={done ? 'is-done' : ''}>
      <span class="step-number" aria-hidden="true">{done ? '✓' : n}</span>
      <div><h3>{title}{done && <span class="hidden">: done</span>}</h3>{children}</div>
    </li>
  );
}

const most = 5;

function Arriving({ services }: { services: ServiceIntake[] }) {
  return (
    <ul class="arriving">
      {services.slice(0, most).map((s) => (
        <li key={`${s.namespace} ${s.service} ${s.environment}`}>
          <strong>{s.service}</strong> <span class="quiet">{format.dotted(s.namespace, s.environment)}</span>
          <span class="num">{format.count(s.spans)} spans <span class="quiet">last {instant(unix(s.last_seen), zone.value, 'second')}</span></span>
        </li>
      ))}
      {services.length > most && <li><a href={keepZone('/intake')}>{services.length - most} more</a></li>}
    </ul>
  );
}

function Code({ text, what, tall = false }: { text: string; what: string; tall?: boolean }) {
  const done = useSignal('');
  return (
    <div class="code">
      <pre tabIndex={0} class={tall ? 'is-tall' : ''}><code>{text}</code></pre>
      <button type="button" aria-label={`Copy ${what}`} onClick={async () => (done.value = (await copy(text)) ? 'Copied' : 'Select and copy')}>{done.value === '' ? 'Copy' : done.value}</button>
      <span class="hidden" role="status">{done.value}</span>
    </div>
  );
}
