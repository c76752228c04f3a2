// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The address bar is the state: every filter, range and time zone lives in it,
// so that a copied link shows the same thing to somebody else.
import { computed, signal } from '@preact/signals';

export interface Address {
  path: string;
  query: URLSearchParams;
}

export type Params = Record<string, string>;

const read = (): Address => ({ path: location.pathname, query: new URLSearchParams(location.search) });
const inBrowser = typeof window !== 'undefined';

export const address = signal<Address>(inBrowser ? read() : { path: '/', query: new URLSearchParams() });
export const query = computed(() => address.value.query);

/** Matches '/slos/:service/:name' against a path; parameters come back decoded, no match is null. */
export function match(pattern: string, path: string): Params | null {
  const want = pattern.split('/');
  const have = path.replace(/(.)\/$/, '$1').split('/');
  if (want.length !== have.length) return null;
  const params: Params = {};
  for (const [i, part] of want.entries()) {
    const got = have[i] ?? '';
    if (part.startsWith(':')) {
      if (got === '') return null;
      params[part.slice(1)] = decode(got);
    } else if (part !== got) return null;
  }
  return params;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address with some query parameters changed; null or '' removes one, so defaults leave no trace. */
export function withQuery(from: Address, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(from.query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === '') next.delete(key);
    else next.set(key, value);
  }
  const text = next.toString();
  return from.path + (text === '' ? '' : `?${text}`);
}

export function go(href: string, how: 'push' | 'replace' = 'push'): void {
  const before = location.pathname;
  if (how === 'push') history.pushState(null, '', href);
  else history.replaceState(null, '', href);
  address.value = read();
  if (location.pathname !== before) window.scrollTo(0, 0);
  else if (location.hash !== '') document.getElementById(location.hash.slice(1))?.scrollIntoView();
}

export const setQuery = (changes: Record<string, string | null>, how: 'push' | 'replace' = 'push'): void =>
  go(withQuery(address.value, changes), how);

/** Takes over plain clicks on our own links; everything a user means otherwise stays the browser's. */
export function start(): void {
  window.addEventListener('popstate', () => (address.value = read()));
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest('a');
    if (!link || link.target !== '' || link.origin !== location.origin || link.hasAttribute('download')) return;
    if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
