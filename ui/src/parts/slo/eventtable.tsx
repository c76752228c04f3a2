// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The events of the lane as rows, newest first, each with the way to its range.
import { useSignal } from '@preact/signals';
import { rangeFor } from '../../lane';
import type { Item } from '../../lane';
import { between, instant, zone } from '../../time';
import type { Zone } from '../../time';
import { hereWith } from '../../places';

/** '2026-11-23 05:29 to 05:41 UTC', 'since 2026-11-23 05:29 UTC'. */
export function when(item: Pick<Item, 'from' | 'to'>, z: Zone): string {
  if (item.to === null) return `since ${instant(item.from, z)}`;
  if (item.to <= item.from) return instant(item.from, z);
  return between(item.from, item.to, z);
}

const perPage = 25;

export function EventTable({ items, now }: { items: readonly Item[]; now: number | null }) {
  const shown = useSignal(perPage);
  const newest = [...items].reverse();
  if (newest.length === 0) return <p class="quiet">Nothing happened in this range.</p>;
  return (
    <div class="step-table">
      <div class="scroll" tabIndex={0} role="region" aria-label="Events, table">
        <table>
          <thead><tr><th scope="col">When</th><th scope="col">What</th><th scope="col">More</th><th scope="col">Range</th></tr></thead>
          <tbody>{newest.slice(0, shown.value).map((item) => <Row key={item.key} of={item} now={now} />)}</tbody>
        </table>
      </div>
      {newest.length > shown.value && <p class="pager"><button type="button" onClick={() => (shown.value += perPage)}>Older</button><span>{shown.value} of {newest.length}</span></p>}
    </div>
  );
}

function Row({ of: item, now }: { of: Item; now: number | null }) {
  const range = rangeFor(item.from, item.to, now);
  return (
    <tr>
      <th scope="row" class="nowrap">{when(item, zone.value)}</th>
      <td class="nowrap">{item.title}</td>
      <td class="wide">{item.detail}</td>
      <td class="nowrap"><a href={hereWith({ from: range.from, to: range.to === 'now' ? null : range.to })}>Show<span class="hidden"> the range of {item.title}</span></a></td>
    </tr>
  );
}
