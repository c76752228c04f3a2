// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The server's events as a page sees them. The line itself is held by a worker
// (events.worker.ts), so that tabs share it and no page waits for ever for a
// request to end: browsers that print or test a page wait for that.
import { computed, effect, signal } from '@preact/signals';
import { session, signedOut } from './api';

/** 'live' is connected, 'lost' reconnects by itself, 'off' is before the first connection. */
export type Line = 'live' | 'lost' | 'off';

/** What the worker tells its tabs: how the line is, or what changed: all by an evaluation, or what people were told and silenced. */
export type Told = Line | 'evaluation' | 'alerts';

/** What a tab tells the worker: that it listens from now on, or no longer. */
export type Said = 'here' | 'away';

export const connection = signal<Line>('off');

/** Since when the line is broken, in Unix seconds: as old is what the pages show. null while it is not. */
export const lostSince = signal<number | null>(null);

/** Grows by one for every evaluation that the server announced. */
export const evaluations = signal(0);

/** The minute of the last evaluation: for what changes slowly. */
export const everyMinute = computed(() => {
  evaluations.value;
  return Math.floor(Date.now() / 60_000);
});

const tellings = signal(0);

/** Grows with every evaluation, and with every change of silences and deliveries between two. */
export const alertNews = computed(() => evaluations.value + tellings.value);

/** The end of a worker that both kinds have. */
interface Wire {
  onmessage: ((event: MessageEvent<Told>) => void) | null;
  postMessage(said: Said): void;
}

/** Listens until the page is left, but not while nobody is signed in. */
export function follow(): void {
  const become = (line: Line): void => {
    lostSince.value = line === 'lost' ? (lostSince.peek() ?? Date.now() / 1000) : null;
    connection.value = line;
  };
  const wire = connect(() => become('lost'));
  wire.onmessage = ({ data }) => {
    if (data === 'evaluation') evaluations.value++;
    else if (data === 'alerts') tellings.value++;
    else become(data);
  };
  effect(() => {
    session.value;
    wire.postMessage(signedOut.value ? 'away' : 'here');
  });
  window.addEventListener('pagehide', () => wire.postMessage('away'));
  window.addEventListener('pageshow', (event) => {
    // A page that comes back from the browser's cache has missed what happened meanwhile.
    if (!event.persisted || signedOut.value) return;
    evaluations.value++;
    wire.postMessage('here');
  });
}

/** One worker for all tabs where the browser can, else one for this page. */
function connect(failed: () => void): Wire {
  const url = trusted(document.querySelector<HTMLMetaElement>('meta[name=events]')?.content ?? '') as string;
  if (typeof SharedWorker === 'undefined') {
    const worker = new Worker(url, { name: 'events' });
    worker.addEventListener('error', failed);
    return worker;
  }
  const worker = new SharedWorker(url, { name: 'events' });
  worker.addEventListener('error', failed);
  return worker.port;
}

interface Policies {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): { createScriptURL: (url: string) => unknown };
}

/** The content policy lets no text name a script; this is the one policy that it allows, and it knows one kind of address. */
function trusted(url: string): unknown {
  const createScriptURL = (text: string): string => {
    if (!/^\/assets\/events-\w+\.js$/.test(text)) throw new TypeError(`${text} is not a script of this application`);
    return text;
  };
  const policies = (globalThis as { trustedTypes?: Policies }).trustedTypes;
  return policies === undefined ? createScriptURL(url) : policies.createPolicy('leadline', { createScriptURL }).createScriptURL(url);
}
