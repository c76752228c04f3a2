// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a look at the event lane would say, in whole sentences.
import * as format from '../../format';
import type { Item } from '../../lane';
import { instant } from '../../time';
import type { Zone } from '../../time';

export function laneSummary(items: readonly Item[], from: number, to: number, omitted: number, zone: Zone): string {
  const inside = items.filter((i) => i.from < to && i.spans.some(([, end]) => end >= from));
  const of = (row: Item['row']): Item[] => inside.filter((i) => i.row === row);
  const said = [versions(of('version'), zone), alerts(of('alert')), counted(of('left_out'), 'stretch of time is left out', 'stretches of time are left out'), counted(of('gap'), 'gap in what was measured', 'gaps in what was measured'), madeUp(of('made_up'), zone)];
  if (omitted > 0) said.push(`${format.plural(omitted, 'earlier event is', 'earlier events are')} not listed.`);
  const text = said.filter((s) => s !== '').join(' ');
  return text === '' ? 'Nothing happened in this range.' : text;
}

function versions(of: readonly Item[], zone: Zone): string {
  if (of.length === 0) return 'No version was seen.';
  const began = of.filter((i) => i.mark === 'version');
  const newest = began[began.length - 1];
  return `${format.plural(of.length, 'version', 'versions')} ran${newest ? `; ${newest.name} began ${instant(newest.from, zone)}` : ', none began'}.`;
}

function alerts(of: readonly Item[]): string {
  if (of.length === 0) return 'No alert fired.';
  const open = of.filter((i) => i.to === null).length;
  return `${format.plural(of.length, 'alert', 'alerts')} fired, ${open === 0 ? 'none fires now' : open === of.length ? `and still ${open === 1 ? 'does' : 'do'}` : `${format.count(open)} of them still`}.`;
}

const counted = (of: readonly Item[], one: string, many: string): string => (of.length === 0 ? '' : `${format.plural(of.length, one, many)}.`);

/** Where made-up history ends is where trust begins. */
function madeUp(of: readonly Item[], zone: Zone): string {
  const last = of[of.length - 1];
  return last === undefined ? '' : `${last.title.charAt(0).toUpperCase()}${last.title.slice(1)}${last.to === null ? '' : ` until ${instant(last.to, zone)}`}.`;
}
