// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The one table of shortcuts: what is listed is what works. Those that a part of
// the page handles while it has the focus have words and nothing to run.
import { signal } from '@preact/signals';
import { allPlaces, keepZone } from './places';
import { recall, remember } from './remembered';
import { go } from './router';
import { chooseZone, zone } from './time';
import { chooseDensity, density } from './parts/density';
import { theme } from './parts/theme';

export interface Shortcut { keys: string; does: string; run?: () => void }

/** What opens: the palette and the list of shortcuts. */
export const opened = signal<'palette' | 'shortcuts' | null>(null);

const next = <T,>(all: readonly T[], now: T): T => all[(all.indexOf(now) + 1) % all.length]!;

export const nextTheme = (): void => void (theme.value = next(['auto', 'light', 'dark'] as const, theme.value));
export const nextZone = (): void => chooseZone(zone.value === 'utc' ? 'local' : 'utc');
export const nextDensity = (): void => chooseDensity(density.value === 'compact' ? 'comfortable' : 'compact');

/** Puts the focus on the first element of a kind that there is. */
function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

/** Moves the focus from row to row of a list; its links are what can be opened. */
export function moveRow(by: number): void {
  const rows = [...document.querySelectorAll<HTMLElement>('[data-row]')].filter((row) => row.closest('details:not([open])') === null);
  const here = rows.indexOf(document.activeElement?.closest('tr')?.querySelector('[data-row]') as HTMLElement);
  const to = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by));
  rows[to]?.focus({ preventScroll: true });
  rows[to]?.closest('tr')?.scrollIntoView({ block: 'nearest' });
}

export const shortcuts: readonly { title: string; of: readonly Shortcut[] }[] = [
  {
    title: 'Anywhere',
    of: [
      { keys: 'Ctrl k', does: 'find an objective, a service, a page', run: () => (opened.value = 'palette') },
      { keys: '/', does: 'search in this page', run: () => focus('input[type=search]') },
      { keys: '?', does: 'this list', run: () => (opened.value = 'shortcuts') },
      { keys: 't', does: 'theme: auto, light, dark', run: nextTheme },
      { keys: 'u', does: 'UTC or local time', run: nextZone },
    ],
  },
  {
    title: 'Go to',
    of: allPlaces.map((place) => ({ keys: `g ${place.key}`, does: place.name.toLowerCase(), run: () => go(keepZone(place.path)) })),
  },
  {
    title: 'In the list of objectives',
    of: [
      { keys: 'j', does: 'next row, as ↓', run: () => moveRow(1) },
      { keys: 'k', does: 'row before, as ↑', run: () => moveRow(-1) },
      { keys: 'Enter', does: 'open the row' },
      { keys: 'f', does: 'filters', run: () => focus('.filters select') },
      { keys: 'd', does: 'comfortable or compact rows', run: nextDensity },
    ],
  },
  {
    title: 'In a chart that has the focus',
    of: [
      { keys: '← →', does: 'move the cursor, with Shift ten steps' },
      { keys: 'Home End', does: 'first or last step' },
      { keys: 'z x', does: 'zoom in around the cursor, zoom out' },
    ],
  },
];

/** Whether letters alone do something: who dictates types them by accident (WCAG 2.1.4). */
export const letters = signal(recall('letters') !== 'off');

export function chooseLetters(on: boolean): void {
  letters.value = on;
  remember('letters', on ? 'on' : 'off');
}

/** What was pressed, in the words of the table; after 'g' for a while 'g o'. */
export function pressed(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, prefix: string): string {
  if (event.altKey) return '';
  if (event.ctrlKey || event.metaKey) return `Ctrl ${event.key.toLowerCase()}`;
  return prefix === '' ? event.key : `${prefix} ${event.key}`;
}

const runs = new Map(shortcuts.flatMap(({ of }) => of).flatMap(({ keys, run }) => (run === undefined ? [] : [[keys, run] as const])));

const patience = 1500;

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) && !/^(radio|checkbox)$/.test((target as HTMLInputElement).type));

/** Listens for the shortcuts of the table until the page is left. */
export function listen(): () => void {
  let prefix = { key: '', at: 0 };
  const press = (event: KeyboardEvent): void => {
    const held = performance.now() - prefix.at < patience ? prefix.key : '';
    const name = pressed(event, held);
    const run = runs.get(name);
    prefix = { key: name === 'g' ? 'g' : '', at: performance.now() };
    if (run === undefined || event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
    if (!name.startsWith('Ctrl ') && (typing(event.target) || !letters.value)) return;
    event.preventDefault();
    run();
  };
  document.addEventListener('keydown', press);
  return () => document.removeEventListener('keydown', press);
}
