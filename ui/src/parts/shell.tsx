// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The frame around every page: where one is, whether numbers are live, how they are shown.
import { useEffect, useRef } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { signedIn, signedOut } from '../api';
import { connection } from '../events';
import { address, go, withQuery } from '../router';
import { chooseZone, zone } from '../time';
import { SignOut } from './signin';
import { theme } from './theme';
import type { Theme } from './theme';

const places = [
  { path: '/', name: 'Objectives', key: 'o' },
  { path: '/alerts', name: 'Alerts', key: 'a' },
  { path: '/operations', name: 'Operations', key: 'p' },
  { path: '/intake', name: 'Intake', key: 'i' },
];

/** What belongs to alerts, and has a page of its own. */
export const alertPlaces = [
  { path: '/alerts', name: 'Alerts', key: 'a' },
  { path: '/silences', name: 'Silences', key: 's' },
  { path: '/receivers', name: 'Receivers', key: 'r' },
];

/** The address of another page. Filters belong to their page; only the time zone travels. */
export function placeWith(path: string, params: URLSearchParams): string {
  const tz = address.value.query.get('tz');
  if (tz !== null) params.set('tz', tz);
  const text = params.toString();
  return path + (text === '' ? '' : `?${text}`);
}

export const keepZone = (path: string): string => placeWith(path, new URLSearchParams());

export function Shell({ children }: { children: ComponentChildren }) {
  const sheet = useRef<HTMLDialogElement>(null);
  useShortcuts(sheet);
  return (
    <>
      <a class="skip" href="#main">Skip to content</a>
      <header class="top">
        <a class="brand" href={keepZone('/')}>
          <svg viewBox="0 0 32 32" width="22" height="22" aria-hidden="true"><path d="M16 3v16" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" /><path d="M12.5 19h7l2 9h-11z" fill="currentColor" /><path d="M11.5 8.5h9M11.5 13.5h9" stroke="currentColor" stroke-width="2" stroke-linecap="round" /></svg>
          Leadline
        </a>
        <nav aria-label="Pages">
          {places.map((place) => (
            <a key={place.path} href={keepZone(place.path)} aria-current={isAt(place.path) ? 'page' : undefined}>{place.name}</a>
          ))}
        </nav>
        <div class="settings">
          <Live />
          <ZoneSwitch />
          <ThemeSwitch />
          {signedIn.value && !signedOut.value && <SignOut />}
          <button type="button" class="plain key-help" aria-label="Keyboard shortcuts" onClick={() => sheet.current?.showModal()}>?</button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
      <Shortcuts sheet={sheet} />
    </>
  );
}

/** Pages below one of the places, by the place. */
const below: Record<string, string[]> = { '/': ['/slos/'], '/alerts': ['/silences', '/receivers'] };

const isAt = (path: string): boolean => address.value.path === path || (below[path] ?? []).some((start) => address.value.path.startsWith(start));

function Live() {
  if (signedOut.value) return null;
  const words = { live: 'Live', lost: 'Reconnecting', off: 'Connecting' }[connection.value];
  return <span class={`live is-${connection.value}`} role="status"><span class="dot" aria-hidden="true" /><span>{words}</span></span>;
}

function ZoneSwitch() {
  return (
    <fieldset class="switch">
      <legend class="hidden">Time zone</legend>
      {(['utc', 'local'] as const).map((name) => (
        <label key={name}>
          <input type="radio" name="zone" checked={zone.value === name} onChange={() => chooseZone(name)} />
          <span>{name === 'utc' ? 'UTC' : 'Local'}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ThemeSwitch() {
  return (
    <label class="theme">
      <span class="hidden">Theme</span>
      <select value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
        <option value="auto">Auto</option>
        <option value="light">Light</option>
        <option value="dark">Dark</option>
      </select>
    </label>
  );
}

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName));

function useShortcuts(sheet: { current: HTMLDialogElement | null }): void {
  useEffect(() => {
    let prefix = 0;
    const press = (event: KeyboardEvent): void => {
      if (event.metaKey || event.ctrlKey || event.altKey || typing(event.target) || sheet.current?.open) return;
      const place = performance.now() - prefix < 1500 ? [...places, ...alertPlaces].find((p) => p.key === event.key) : undefined;
      if (place) go(keepZone(place.path));
      else if (event.key === '?') sheet.current?.showModal();
      else if (event.key === '/') {
        const search = document.querySelector<HTMLInputElement>('input[type=search]');
        search?.focus();
        if (search) event.preventDefault();
      }
      prefix = event.key === 'g' ? performance.now() : 0;
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
}

function Shortcuts({ sheet }: { sheet: { current: HTMLDialogElement | null } }) {
  const keys: [string, string][] = [
    ['/', 'search in this page'],
    ['g o', 'objectives'],
    ['g a', 'alerts'],
    ['g s', 'silences'],
    ['g r', 'receivers'],
    ['g p', 'operations'],
    ['g i', 'intake'],
    ['← →', 'move the cursor of a focused chart, with Shift ten steps'],
    ['Home End', 'first or last step of a focused chart'],
    ['z x', 'in a focused chart: zoom in around the cursor, zoom out'],
    ['?', 'this list'],
  ];
  return (
    <dialog ref={(element) => void (sheet.current = element)} aria-labelledby="keys-title">
      <h2 id="keys-title">Keyboard shortcuts</h2>
      <dl class="keys">{keys.map(([key, does]) => <div key={key}><dt><kbd>{key}</kbd></dt><dd>{does}</dd></div>)}</dl>
      <form method="dialog"><button>Close</button></form>
    </dialog>
  );
}

/** A link to the same page with one filter changed. */
export const hereWith = (changes: Record<string, string | null>): string => withQuery(address.value, changes);
