// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The table of objectives. All of them are elements of the page, so that the
// browser finds text in them and a screen reader counts them; those out of view
// cost no layout (content-visibility). A row is made again only when a word in it
// has changed, and long lists are made a screenful at a time.
import { Component } from 'preact';
import { useEffect } from 'preact/hooks';
import { useSignal } from '@preact/signals';
import { objectivePath } from '../api';
import type { Objective } from '../api';
import type { Group } from '../fleet';
import { tally } from '../fleet';
import * as format from '../format';
import { placeWith } from '../places';
import { address } from '../router';
import { moveRow } from '../shortcuts';
import { zone } from '../time';
import { servicePath } from '../service';
import { sparkOf } from '../trend';
import type { Spark as Drawn, Trend } from '../trend';
import { leftText, needsAttention, pace, stateLabel } from '../verdict';
import { BudgetBar, BudgetText } from './budget';
import { Chip, StateIcon } from './chip';
import { density } from './density';
import { Spark } from './spark';

/** What tells objectives apart. */
export const keyOf = (o: Pick<Objective, 'namespace' | 'service' | 'environment' | 'name'>): string => [o.namespace, o.service, o.environment, o.name].join('\u0000');

/** The address of an objective; namespace and environment tell twins apart. */
export function linkTo(o: Pick<Objective, 'namespace' | 'environment' | 'service' | 'name'>): string {
  const params = new URLSearchParams();
  if (o.namespace !== '') params.set('namespace', o.namespace);
  if (o.environment !== '') params.set('environment', o.environment);
  return placeWith(objectivePath(o), params);
}

/** How many rows are made at first, more than most screens show, and how many at a time after that. */
const screenful = 40;
const some = 15;

/** How many of the rows are made so far. Another list begins anew, so that a click is answered by its first screen. */
function useGrowing(total: number, list: string): number {
  const made = useSignal({ list, n: screenful });
  const n = made.value.list === list ? made.value.n : screenful;
  useEffect(() => {
    if (n >= total) return;
    const timer = setTimeout(() => (made.value = { list, n: n + some }));
    return () => clearTimeout(timer);
  }, [list, n, total]);
  return Math.min(n, total);
}

/** Arrows move from row to row, once the focus is in one. */
function arrows(event: KeyboardEvent): void {
  const by = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity }[event.key];
  if (by === undefined || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  moveRow(by);
}

// The roles repeat what the elements mean, because a grid layout takes the table's own meaning away.
export function ObjectiveTable({ groups, id, name, list, trends }: { groups: Group[]; id: string; name: string; list: string; trends: ReadonlyMap<string, Trend> }) {
  const total = groups.reduce((n, g) => n + g.slos.length, 0);
  let room = useGrowing(total, list);
  const tz = address.value.query.get('tz') ?? '';
  return (
    <table id={id} onKeyDown={arrows} class={`fleet card is-${density.value}`} role="table" aria-label={name} aria-rowcount={total + 1}>
      <thead role="rowgroup">
        <tr role="row">
          <th role="columnheader">State</th>
          <th role="columnheader">Objective</th>
          <th role="columnheader" class="num">SLI</th>
          <th role="columnheader" class="num">Target</th>
          <th role="columnheader">Budget left</th>
          <th role="columnheader" class="c-trend">Spent over time</th>
          <th role="columnheader" class="num">Burn</th>
          <th role="columnheader">Team</th>
          <th role="columnheader" class="hidden">Cause and next step</th>
        </tr>
      </thead>
      {groups.map((group) => {
        const rows = group.slos.slice(0, room);
        room -= rows.length;
        if (rows.length === 0) return null;
        return (
          <tbody key={group.name} role="rowgroup">
            {group.name !== '' && <GroupHead of={group} />}
            {rows.map((o) => <Row key={keyOf(o)} of={o} trend={trends.get(keyOf(o))} zone={zone.value} tz={tz} self={id === 'self'} />)}
          </tbody>
        );
      })}
    </table>
  );
}

function GroupHead({ of }: { of: Group }) {
  return (
    <tr role="row" class="group-head">
      <th role="rowheader" scope="rowgroup">
        {of.name} <span class="quiet">{of.slos.length}</span>
        <span class="group-states">{tally(of.slos).filter(({ state }) => state !== 'ok').map(({ state, n }) => <span key={state} class={`state-${state}`} title={`${n} ${stateLabel[state]}`}><StateIcon state={state} /><span class="hidden">{stateLabel[state]}: </span>{n}</span>)}</span>
      </th>
    </tr>
  );
}

interface RowProps { of: Objective; trend: Trend | undefined; zone: 'utc' | 'local'; tz: string; self: boolean }

/** Every word that a row shows of the objective itself. */
const said = (o: Objective): string => JSON.stringify([o.state, o.journey, o.target, o.window, o.owner, o.cause, o.next_step, sliText(o), leftText(o), pace(o)?.window, format.burnRate(pace(o)?.rate)]);

const sliText = (o: Objective): string => format.sli(o.good, o.bad, format.digitsFor(o.target));

class Row extends Component<RowProps> {
  private said = said(this.props.of);
  private drawn = draw(this.props);

  override shouldComponentUpdate(next: RowProps): boolean {
    const before = this.props;
    const text = next.of === before.of ? this.said : said(next.of);
    const redraw = next.trend !== before.trend || next.zone !== before.zone;
    if (text === this.said && !redraw && next.tz === before.tz) return false;
    this.said = text;
    if (redraw) this.drawn = draw(next);
    return true;
  }

  override render({ of: o, self }: RowProps) {
    const burn = pace(o);
    return (
      <tr role="row" class={needsAttention(o.state) ? 'needs-attention' : ''}>
        <td role="cell" class="c-state"><Chip state={o.state} /></td>
        <td role="cell" class="c-name"><a href={linkTo(o)} data-row>{o.name}</a> <PlaceOf of={o} self={self} /></td>
        <td role="cell" class="c-sli num">{o.sli === null ? <span class="quiet">{format.notMeasured}</span> : <strong>{sliText(o)}</strong>}</td>
        <td role="cell" class="c-target num">{format.target(o.target)} <span class="quiet">{o.window}</span></td>
        <td role="cell" class="c-budget"><BudgetBar of={o} /><BudgetText of={o} /></td>
        <td role="cell" class="c-trend"><Spark of={this.drawn} /></td>
        <td role="cell" class="c-burn num">
          {burn ? <>{format.burnRate(burn.rate)} <span class="quiet">{burn.window}</span></> : <span class="quiet">{format.notMeasured}</span>}
        </td>
        <td role="cell" class="c-owner">{o.owner === '' ? <span class="quiet">no owner</span> : o.owner}</td>
        <td role="cell" class="c-why">
          {o.cause !== '' && <span class="cause">{o.cause}</span>}
          {o.next_step !== '' && <span class="next"><span class="quiet">Next:</span> {o.next_step}</span>}
        </td>
      </tr>
    );
  }
}

/** Where it lives, by way of its service. */
function PlaceOf({ of: o, self }: { of: Objective; self: boolean }) {
  const { path, params } = servicePath(o);
  const after = [o.environment, o.journey].filter((part) => part !== '');
  // What the server has of itself has no page: it sends itself no telemetry.
  const service = self ? o.service : <a href={placeWith(path, params)}>{o.service}</a>;
  return <span class="quiet place">{o.namespace !== '' && `${o.namespace} · `}{service}{after.map((part) => ` · ${part}`)}</span>;
}

const draw = ({ trend, of, zone }: RowProps): Drawn | undefined => (trend === undefined ? undefined : sparkOf(trend, of.target, zone));
