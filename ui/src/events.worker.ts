// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Holds the line of server-sent events for the tabs that listen. It runs as a
// shared worker, with a port for each tab, or as the worker of one page, which
// is then its only tab. Without a tab that listens there is no line.
import type { Line, Said, Told } from './events';

interface Tab {
  postMessage(told: Told): void;
}

// Tabs that crashed never say that they went; the oldest go first.
const maxTabs = 200;
const retryMs = 10_000;

const tabs = new Set<Tab>();
let source: EventSource | null = null;
let line: Line = 'off';
let again: ReturnType<typeof setTimeout>;

const tell = (told: Told): void => tabs.forEach((tab) => tab.postMessage(told));

function become(next: Line): void {
  line = next;
  tell(line);
}

function open(): void {
  close();
  source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => {
    // What was evaluated while the line was broken was not announced here.
    if (line === 'lost') tell('evaluation');
    become('live');
  });
  for (const news of ['evaluation', 'alerts'] as const) source.addEventListener(news, () => tell(news));
  source.addEventListener('error', () => {
    become('lost');
    // A refusal (not a broken line) ends an EventSource for good: ask again later, and meanwhile poll.
    if (source?.readyState !== EventSource.CLOSED) return;
    again = setTimeout(() => {
      tell('evaluation');
      open();
    }, retryMs);
  });
}

function close(): void {
  clearTimeout(again);
  source?.close();
  source = null;
}

function hear(tab: Tab, said: Said): void {
  // Last in the order of the set is whoever spoke last.
  tabs.delete(tab);
  if (said === 'here') admit(tab);
  else if (tabs.size === 0) {
    close();
    line = 'off';
  }
}

function admit(tab: Tab): void {
  if (tabs.size >= maxTabs) {
    const [oldest] = tabs;
    oldest!.postMessage('lost');
    tabs.delete(oldest!);
  }
  tabs.add(tab);
  // After a sign-in the refusals of before are no longer true.
  if (source === null || source.readyState === EventSource.CLOSED) open();
  tab.postMessage(line);
}

if ('onconnect' in globalThis) {
  addEventListener('connect', (event) => {
    const port = (event as MessageEvent).ports[0]!;
    port.onmessage = ({ data }: MessageEvent<Said>) => hear(port, data);
  });
} else {
  const page: Tab = { postMessage: (told) => postMessage(told) };
  addEventListener('message', ({ data }: MessageEvent<Said>) => hear(page, data));
}
