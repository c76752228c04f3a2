// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Silences: which hold, what they keep quiet, and a form for a new one. An
// address with match=... opens the form filled in.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { change } from '../api';
import type { ApiError } from '../api';
import type { OneSilence, Silence, Silences } from '../alert';
import { alertNews } from '../events';
import * as format from '../format';
import { SilenceMark } from '../parts/alertmarks';
import { AlertTabs } from '../parts/alerttabs';
import { Screen } from '../parts/screens';
import { hereWith } from '../places';
import { SilenceForm } from '../parts/silenceform';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { instant, unix, zone } from '../time';

export function SilencesPage() {
  const silences = useResource<Silences>('/api/v1/silences', true, alertNews);
  const said = useSignal('');
  useEffect(() => {
    document.title = 'Silences · Leadline';
  }, []);
  const begun = (s: Silence): void => {
    said.value = `${s.state === 'pending' ? 'Planned' : 'Silenced'} until ${instant(unix(s.ends_at), zone.value)}: ${s.matchers.join(', ')}.`;
    setQuery({ match: null, new: null }, 'replace');
    silences.retry();
  };
  const asked = query.value.has('match') || query.value.has('new');
  return (
    <>
      <h1>Silences</h1>
      <AlertTabs />
      <p role="status" class="confirmed">{said}</p>
      {asked ? <SilenceForm key={query.value.getAll('match').join(' ')} begun={begun} /> : <p class="tools"><a class="button primary" href={hereWith({ new: '1' })} onClick={() => (said.value = '')}>New silence</a></p>}
      <Screen of={silences} what="silences">
        {(data) => <Lists of={data.silences} ended={(s) => {
          said.value = `Ended: ${s.matchers.join(', ')}. What it kept back and still fires is told now.`;
          silences.retry();
        }} />}
      </Screen>
    </>
  );
}

function Lists({ of, ended }: { of: Silence[]; ended: (s: Silence) => void }) {
  const [now, past] = [of.filter((s) => s.state !== 'ended'), of.filter((s) => s.state === 'ended')];
  return (
    <>
      {now.length === 0 && <p class="card calm">No silence holds: an alert that fires is told, unless a faster rule inhibits it. A silence keeps matching alerts from being told for a time, for a rebuild or a move; they are counted and shown all the same.</p>}
      {now.length > 0 && <ul class="silences">{now.map((s) => <One key={s.id} of={s} ended={ended} />)}</ul>}
      {past.length > 0 && (
        <>
          <h2 class="ended-title">Ended <span class="quiet">in the last 90 days</span></h2>
          <ul class="silences">{past.slice(0, 50).map((s) => <One key={s.id} of={s} ended={ended} />)}</ul>
        </>
      )}
    </>
  );
}

function One({ of: s, ended }: { of: Silence; ended: (s: Silence) => void }) {
  const over = s.state === 'ended';
  return (
    <li class={`card silence ${over ? 'is-over' : ''}`}>
      <div class="silence-head">
        <SilenceMark state={s.state} />
        <span class="matchers">{s.matchers.map((m) => <code key={m}>{m}</code>)}</span>
        {!over && <End of={s} ended={ended} />}
        {over && <a class="act" href={hereAgain(s)}>Silence again …</a>}
      </div>
      <p>{s.reason}</p>
      <p class="quiet">
        {s.author}, {instant(unix(s.created_at), zone.value)} · {s.state === 'pending' ? `holds from ${instant(unix(s.starts_at), zone.value)} to` : over ? 'until' : 'ends'} {instant(unix(s.ends_at), zone.value)}
        {s.state === 'active' && <> · keeps <strong>{format.plural(s.alerts, 'alert', 'alerts')}</strong> from being told now</>}
      </p>
    </li>
  );
}

function hereAgain(s: Silence): string {
  const params = new URLSearchParams(s.matchers.map((m) => ['match', m]));
  const tz = query.value.get('tz');
  if (tz !== null) params.set('tz', tz);
  return `/silences?${params}`;
}

/** Asks once more, because what was kept back is told at once. */
function End({ of: s, ended }: { of: Silence; ended: (s: Silence) => void }) {
  const sure = useSignal(false);
  const busy = useSignal(false);
  const failed = useSignal<ApiError | null>(null);
  const end = async (): Promise<void> => {
    busy.value = true;
    failed.value = null;
    try {
      ended((await change<OneSilence>('DELETE', `/api/v1/silences/${encodeURIComponent(s.id)}`)).silence);
    } catch (error) {
      failed.value = error as ApiError;
    } finally {
      busy.value = false;
      sure.value = false;
    }
  };
  return (
    <span class="act">
      {failed.value && <span class="bad-text" role="alert">{failed.value.message} </span>}
      {sure.value ? (
        <>
          <span class="quiet">What it keeps back is told. </span>
          <button type="button" class="primary" disabled={busy.value} onClick={end}>End it</button> <button type="button" onClick={() => (sure.value = false)}>Keep it</button>
        </>
      ) : (
        <button type="button" aria-label={`End the silence of ${s.matchers.join(', ')}`} onClick={() => (sure.value = true)}>End …</button>
      )}
    </span>
  );
}
