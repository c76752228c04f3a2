// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Every alert that was ever more than inactive, worst first. Filters live in the address.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { alertLabel, alertStates, isOpen, labelsOf } from '../alert';
import type { Alert, Alerts, Receivers, Silence, Silences } from '../alert';
import { alertNews } from '../events';
import * as format from '../format';
import { AlertCard, Ended } from '../parts/alerts';
import { AlertTabs } from '../parts/alerttabs';
import { DeliveryTrouble } from '../parts/delivery';
import { Screen } from '../parts/screens';
import { hereWith } from '../places';
import { StateCounts } from '../parts/statecounts';
import { useResource } from '../resource';
import { query, setQuery } from '../router';
import { instant, unix, zone } from '../time';
import { Choice, distinct } from '../parts/choice';

export function AlertsPage() {
  const alerts = useResource<Alerts>('/api/v1/alerts', true, alertNews);
  const receivers = useResource<Receivers>('/api/v1/receivers', true, alertNews);
  const silences = useResource<Silences>('/api/v1/silences', true, alertNews);
  useEffect(() => {
    document.title = 'Alerts · Leadline';
  }, []);
  return (
    <>
      <h1>Alerts</h1>
      <AlertTabs />
      {receivers.data && <DeliveryTrouble of={receivers.data} />}
      <Screen of={alerts} what="alerts">{(data) => (data.alerts.length === 0 ? <Quiet /> : <List of={data} silences={silences.data?.silences ?? []} />)}</Screen>
    </>
  );
}

const Quiet = () => (
  <section class="screen">
    <h2>No alert has fired yet</h2>
    <p>Every objective has rules without a line of configuration; its page lists them and what they see now.</p>
  </section>
);

interface Filter { text: string; states: ReadonlySet<string>; severity: string; owner: string; service: string }

const filterOf = (from: URLSearchParams): Filter => ({
  text: from.get('q') ?? '',
  states: new Set((from.get('state') ?? '').split(',').filter((s) => s !== '')),
  severity: from.get('severity') ?? '',
  owner: from.get('team') ?? '',
  service: from.get('service') ?? '',
});

function takes(a: Alert, f: Filter): boolean {
  if (f.severity !== '' && a.severity !== f.severity) return false;
  if (f.owner !== '' && a.owner !== f.owner) return false;
  if (f.service !== '' && a.service !== f.service) return false;
  const haystack = [...Object.values(labelsOf(a)), a.sentence].join(' ').toLowerCase();
  return f.text.toLowerCase().split(/\s+/).every((word) => haystack.includes(word));
}

const none = { q: null, state: null, severity: null, team: null, service: null };

/** So many that ended are shown unasked: what is over interests few. */
const fewEnded = 10;

function List({ of: { alerts, evaluated_at }, silences }: { of: Alerts; silences: Silence[] }) {
  const all = useSignal(false);
  const filter = filterOf(query.value);
  const some = alerts.filter((a) => takes(a, filter));
  const shown = some.filter((a) => filter.states.size === 0 || filter.states.has(a.state));
  const [open, ended] = [shown.filter(isOpen), shown.filter((a) => !isOpen(a))];
  const filtered = shown.length < alerts.length;
  const now = unix(evaluated_at);
  const inhibited = open.filter((a) => a.inhibited_by !== '');
  const card = (a: Alert) => <AlertCard key={keyOf(a)} of={a} now={now} silence={silences.find((s) => s.id === a.silenced_by)} />;
  return (
    <>
      <div class="fleet-tools">
        <StateCounts of={some} states={alertStates} chosen={filter.states}
          look={(state) => `alert-${state === 'firing' ? 'page' : state}`} label={(state, n) => <><strong>{n}</strong> {alertLabel[state]}</>} />
        <Filters alerts={alerts} filter={filter} />
      </div>
      <p class="fleet-note quiet">
        {filtered ? `${shown.length} of ${format.plural(alerts.length, 'alert', 'alerts')}` : format.plural(alerts.length, 'alert', 'alerts')}, worst first · evaluated {instant(now, zone.value, 'second')}
        {filtered && <> · <a href={hereWith(none)}>Clear filters</a></>}
      </p>
      {open.length === 0 && <p class="card calm">{filtered ? 'No alert that these filters show fires.' : 'No alert fires.'}</p>}
      <div class="alerts">{open.filter((a) => a.inhibited_by === '').map(card)}</div>
      {inhibited.length > 0 && <details class="inhibited" open={filter.text !== ''}><summary>{format.plural(inhibited.length, 'alert is', 'alerts are')} inhibited: a faster rule calls for the same burn</summary><div class="alerts">{inhibited.map(card)}</div></details>}
      {ended.length > 0 && (
        <>
          <h2 class="ended-title">Ended</h2>
          <Ended of={all.value ? ended : ended.slice(0, fewEnded)} />
          {ended.length > fewEnded && !all.value && <p class="pager"><button type="button" onClick={() => (all.value = true)}>Show all {ended.length}</button></p>}
        </>
      )}
    </>
  );
}

const keyOf = (a: Alert): string => Object.values(labelsOf(a)).join('\u0000');

function Filters({ alerts, filter }: { alerts: Alert[]; filter: Filter }) {
  return (
    <form class="filters" role="search" onSubmit={(event) => event.preventDefault()}>
      <label>
        <span class="hidden">Search alerts</span>
        <input type="search" placeholder="Search  /" value={filter.text} onInput={(event) => setQuery({ q: event.currentTarget.value }, 'replace')} />
      </label>
      <Choice name="Severity" all="Any severity" value={filter.severity} of={distinct(alerts.map((a) => a.severity))} choose={(severity) => setQuery({ severity })} />
      <Choice name="Service" all="All services" value={filter.service} of={distinct(alerts.map((a) => a.service))} choose={(service) => setQuery({ service })} />
      <Choice name="Team" all="All teams" value={filter.owner} of={distinct(alerts.map((a) => a.owner))} choose={(team) => setQuery({ team })} />
    </form>
  );
}
