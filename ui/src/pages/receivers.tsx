// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Who is told of alerts, whether that works, and a test of it.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { change } from '../api';
import type { ApiError } from '../api';
import type { Receiver, Receivers, TestResult } from '../alert';
import { alertNews } from '../events';
import * as format from '../format';
import { ReceiverMark } from '../parts/alertmarks';
import { AlertTabs } from '../parts/alerttabs';
import { DeliveryTrouble } from '../parts/delivery';
import { Screen } from '../parts/screens';
import { useResource } from '../resource';
import { instant, unix, zone } from '../time';

export function ReceiversPage() {
  const receivers = useResource<Receivers>('/api/v1/receivers', true, alertNews);
  useEffect(() => {
    document.title = 'Receivers · Leadline';
  }, []);
  return (
    <>
      <h1>Receivers</h1>
      <AlertTabs />
      <Screen of={receivers} what="receivers">
        {(data) => (
          <>
            <DeliveryTrouble of={{ ...data, receivers: [] }} />
            {data.receivers.length === 0 ? <NoReceiver /> : <ul class="receivers">{data.receivers.map((r) => <One key={r.name} of={r} />)}</ul>}
          </>
        )}
      </Screen>
    </>
  );
}

const NoReceiver = () => (
  <section class="screen">
    <h2>No receiver: alerts are told to nobody</h2>
    <p>Write down whom to tell, in the file given to <code>leadline serve --config</code>:</p>
    <pre tabIndex={0}><code>{'receivers:\n  - name: oncall\n    type: pagerduty\n    routing_key_file: /etc/leadline/pagerduty'}</code></pre>
    <p><code>leadline validate --config leadline.yaml</code> checks it.</p>
  </section>
);

const stateOf = (r: Receiver): 'works' | 'fails' | 'unused' => (r.failing !== '' ? 'fails' : r.last_success === null && r.counts.heartbeats + r.counts.resends === 0 ? 'unused' : 'works');

function One({ of: r }: { of: Receiver }) {
  const at = (text: string | null): string => (text === null ? 'never' : instant(unix(text), zone.value, 'second'));
  return (
    <li class="card receiver">
      <div class="silence-head">
        <ReceiverMark state={stateOf(r)} />
        <h2>{r.name} <span class="quiet">{r.kind}</span></h2>
        <Test name={r.name} />
      </div>
      {r.failing !== '' && <p class="bad-text">{r.failing}</p>}
      <dl class="facts-row">
        <div><dt>Took a delivery last</dt><dd>{at(r.last_success)}</dd></div>
        <div><dt>Failed last</dt><dd>{at(r.last_failure.at)}{r.failing === '' && r.last_failure.cause !== '' && <span class="quiet"> {r.last_failure.cause}</span>}</dd></div>
        <div><dt>Waiting</dt><dd>{r.backlog === 0 ? 'nothing' : `${format.plural(r.backlog, 'delivery', 'deliveries')}, the first since ${at(r.oldest)}`}</dd></div>
        {r.attempting_since !== null && <div><dt>Being told</dt><dd>since {at(r.attempting_since)}</dd></div>}
        {r.next_attempt !== null && <div><dt>Tried again</dt><dd>{at(r.next_attempt)}</dd></div>}
        <div><dt>Since the start</dt><dd>{format.count(r.counts.delivered)} delivered, {format.plural(r.counts.failed, 'attempt', 'attempts')} failed, {format.count(r.counts.given_up)} given up, {format.plural(r.counts.heartbeats, 'heartbeat', 'heartbeats')}</dd></div>
      </dl>
    </li>
  );
}

/** Sends a message that says that it is a test, and says what the receiver made of it. */
function Test({ name }: { name: string }) {
  const busy = useSignal(false);
  const result = useSignal<{ delivered: boolean; words: string } | null>(null);
  const send = async (): Promise<void> => {
    busy.value = true;
    result.value = null;
    try {
      const r = await change<TestResult>('POST', `/api/v1/receivers/${encodeURIComponent(name)}/test`);
      result.value = r.delivered ? { delivered: true, words: 'It took the test message.' } : { delivered: false, words: [`It did not take the test message: ${r.error}.`, r.hint].filter((s) => s !== '').join(' ') };
    } catch (error) {
      result.value = { delivered: false, words: (error as ApiError).message };
    } finally {
      busy.value = false;
    }
  };
  return (
    <span class="act">
      <span role="status" class={result.value?.delivered === false ? 'bad-text' : ''}>{result.value?.words}</span>
      <button type="button" disabled={busy.value} aria-label={`Send a test to ${name}`} onClick={send}>{busy.value ? 'Sending …' : 'Send a test'}</button>
    </span>
  );
}
