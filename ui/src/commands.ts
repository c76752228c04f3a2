// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the palette finds: objectives, what they belong to, pages, and actions.
import { signal } from '@preact/signals';
import type { Objective, State } from './api';
import { copy } from './copy';
import { facets, noFilter } from './fleet';
import { dotted } from './format';
import { fuzzy } from './fuzzy';
import { allPlaces, hereWith, keepZone, placeWith } from './places';
import { chooseDensity } from './parts/density';
import { linkTo } from './parts/objectives';
import { theme } from './parts/theme';
import { go } from './router';
import { placeText, servicePath } from './service';
import type { Place } from './service';
import { opened } from './shortcuts';
import { chooseZone, presets } from './time';
import { worstFirst } from './verdict';

export interface Command { kind: string; label: string; context: string; run: () => void; state?: State }

/** The objectives that some page or the palette saw last, worst first. */
export const known = signal<readonly Objective[]>([]);

type Named = Place & { service: string };

/** The services that the palette saw last, whether or not an objective counts them. */
export const knownServices = signal<readonly Named[]>([]);

/** What was done and leaves no trace on the page, said for a moment. */
export const said = signal('');

export function say(words: string): void {
  said.value = words;
  setTimeout(() => {
    if (said.value === words) said.value = '';
  }, 4000);
}

const copyLink = async (): Promise<void> => say((await copy(location.href)) ? 'The link is on the clipboard.' : 'The browser does not let pages copy.');

const to = (kind: string, label: string, context: string, href: string): Command => ({ kind, label, context, run: () => go(href) });

export function commands(slos: readonly Objective[], services: readonly Named[], path: string): Command[] {
  const sorted = [...slos].sort(worstFirst);
  return [
    ...sorted.map((o) => ({ kind: 'Objective', label: o.name, context: dotted(o.namespace, o.service, o.environment, o.journey, o.owner), state: o.state, run: () => go(linkTo(o)) })),
    ...pagesOf([...sorted, ...services], sorted),
    ...facets.slice(1, 3).flatMap((facet) => [...new Set(sorted.map(facet.of))].filter((value) => value !== '').map((value) => {
      const n = sorted.filter((o) => facet.of(o) === value).length;
      return to(facet.name, value, n === 1 ? '1 objective' : `${n} objectives`, placeWith('/', new URLSearchParams({ [facet.key]: value })));
    })),
    ...allPlaces.map((place) => to('Page', place.name, `g ${place.key}`, keepZone(place.path))),
    ...actions(path),
  ];
}

/** A service has a page of its own, once for each place where it runs. */
function pagesOf(named: readonly Named[], slos: readonly Objective[]): Command[] {
  const key = (n: Named): string => [n.namespace, n.service, n.environment].join('\u0000');
  return [...new Map(named.map((n) => [key(n), n])).entries()].map(([id, n]) => {
    const of = slos.filter((o) => key(o) === id);
    const { path, params } = servicePath(n);
    const counted = of.length === 0 ? 'no objective' : of.length === 1 ? '1 objective' : `${of.length} objectives`;
    return { ...to('Service', n.service, `${placeText(n)} · ${counted}`, placeWith(path, params)), ...(of[0] && { state: of[0].state }) };
  });
}

function actions(path: string): Command[] {
  const act = (label: string, context: string, run: () => void): Command => ({ kind: 'Action', label, context, run });
  const here = (label: string, changes: Record<string, string | null>): Command => act(label, '', () => go(hereWith(changes)));
  return [
    act('Copy a link to this page', 'with its filters and range', () => void copyLink()),
    ...(['auto', 'light', 'dark'] as const).map((name) => act(`Theme: ${name}`, 't', () => (theme.value = name))),
    act('Times in UTC', 'u', () => chooseZone('utc')),
    act('Times in local time', 'u', () => chooseZone('local')),
    act('Keyboard shortcuts', '?', () => (opened.value = 'shortcuts')),
    ...(path === '/' ? [
      ...facets.slice(0, 3).map((f) => here(`Group by ${f.name.toLowerCase()}`, { group: f.key })),
      here('No groups', { group: null }),
      here('Clear filters', noFilter),
      act('Compact rows', 'd', () => chooseDensity('compact')),
      act('Comfortable rows', 'd', () => chooseDensity('comfortable')),
    ] : []),
    ...(path.startsWith('/slos/') ? [...presets.map((name) => here(`Last ${name}`, { from: `now-${name}`, to: null })), here('The whole window', { from: null, to: null })] : []),
  ];
}

/** A command that was found, with the places of its label that match. */
export interface Found { command: Command; at: number[] }

/** So many are shown: nobody reads more, and one more letter is quicker. */
const most = 40;

/** With nothing asked, the worst objectives and all that is no objective. */
export function find(all: readonly Command[], query: string): Found[] {
  if (query.trim() === '') {
    const worst = all.filter((c) => c.kind === 'Objective').slice(0, 5);
    const rest = all.filter((c) => c.kind === 'Page' || c.kind === 'Action');
    return [...worst, ...rest].map((command) => ({ command, at: [] }));
  }
  return all
    .flatMap((command, i) => {
      const match = fuzzy(query, `${command.label} ${command.context} ${command.kind}`);
      return match === null ? [] : [{ command, i, score: match.score, at: match.at.filter((n) => n < command.label.length) }];
    })
    // Those that fit alike stay in their order: the worst objective first.
    .sort((a, b) => Math.round(b.score) - Math.round(a.score) || a.i - b.i)
    .slice(0, most);
}
