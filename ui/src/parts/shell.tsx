// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The frame around every page: where one is, whether numbers are live, how they are shown.
import { useEffect } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { signedIn, signedOut } from '../api';
import { said } from '../commands';
import { connection, lostSince } from '../events';
import { keepZone, places } from '../places';
import { address } from '../router';
import { listen, opened } from '../shortcuts';
import { chooseZone, instant, zone } from '../time';
import { Palette } from './palette';
import { ShortcutSheet } from './shortcutsheet';
import { SignOut } from './signin';
import { theme } from './theme';
import type { Theme } from './theme';

export function Shell({ children }: { children: ComponentChildren }) {
  useEffect(listen, []);
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
          {!signedOut.value && <button type="button" class="plain find" aria-keyshortcuts="Control+K Meta+K" onClick={() => (opened.value = 'palette')}><svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true"><circle cx="6.8" cy="6.8" r="4.8" fill="none" stroke="currentColor" stroke-width="1.6" /><path d="M10.5 10.5l4 4" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" /></svg><span class="hidden">Find anything</span><span class="word" aria-hidden="true">Find</span> <kbd aria-hidden="true">{mac ? '⌘' : 'Ctrl'} K</kbd></button>}
          <Live />
          <ZoneSwitch />
          <ThemeSwitch />
          {signedIn.value && !signedOut.value && <SignOut />}
          <button type="button" class="plain key-help" aria-label="Keyboard shortcuts" onClick={() => (opened.value = 'shortcuts')}>?</button>
        </div>
      </header>
      <main id="main" tabIndex={-1}>{children}</main>
      <p class="toast" role="status">{said.value}</p>
      <ShortcutSheet />
      {!signedOut.value && <Palette />}
    </>
  );
}

const mac = /Mac|iP(hone|ad)/.test(navigator.platform);

/** Pages below one of the places, by the place. */
const below: Record<string, string[]> = { '/': ['/slos/'], '/operations': ['/services/'], '/alerts': ['/silences', '/receivers'] };

const isAt = (path: string): boolean => address.value.path === path || (below[path] ?? []).some((start) => address.value.path.startsWith(start));

function Live() {
  if (signedOut.value) return null;
  const words = { live: 'Live', lost: 'Reconnecting', off: 'Connecting' }[connection.value];
  const since = lostSince.value === null ? '' : `, numbers of ${instant(lostSince.value, zone.value).slice(11)}`;
  return <span class={`live is-${connection.value}`} role="status" title={words + since}><span class="dot" aria-hidden="true" /><span>{words}{since}</span></span>;
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
