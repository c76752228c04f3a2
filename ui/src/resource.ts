// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One document of the API as a page sees it: asked for when its address
// changes, when an evaluation ended and after a sign-in. A failed refresh keeps
// what is on screen and says so, because old numbers with their age are worth
// more than an empty page.
import { useSignal } from '@preact/signals';
import type { ReadonlySignal, Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ApiError, get, session } from './api';
import { evaluations } from './events';

export interface Resource<T> {
  data: T | null;
  error: ApiError | null;
  loading: boolean;
  retry: () => void;
}

interface Held<T> {
  url: string | null;
  data: T | null;
  error: ApiError | null;
  loading: boolean;
}

/** With live false nothing new refreshes: a pinned range must hold still. */
export function useResource<T>(url: string | null, live = true, news: ReadonlySignal<number> = evaluations): Resource<T> {
  const state: Signal<Held<T>> = useSignal({ url, data: null, error: null, loading: url !== null });
  const round = useSignal(0);
  const asked = useRef<{ url: string; again: boolean } | null>(null);
  const tick = live ? news.value : 0;
  const again = round.value;
  const who = session.value;

  const ask = (abort: AbortController, to: string): void => {
    asked.current = { url: to, again: false };
    // Another range of the same document keeps the old picture until the new one is there.
    const before = state.peek();
    const kept = before.url?.split('?')[0] === to.split('?')[0] ? before.data : null;
    state.value = { url: to, data: kept, error: kept === null ? null : before.error, loading: true };
    const settle = (next: Partial<Held<T>>): void => {
      if (abort.signal.aborted) return;
      const repeat = asked.current?.again === true;
      asked.current = null;
      state.value = { ...state.peek(), ...next, loading: false };
      if (repeat) ask(abort, to);
    };
    get<T>(to, abort.signal).then(
      (data) => settle({ data, error: null }),
      (error: unknown) => settle({ error: error instanceof ApiError ? error : new ApiError(0, 'The answer could not be read.', String(error)) }),
    );
  };

  const abort = useRef(new AbortController());
  useEffect(() => {
    if (url === null) return;
    // An answer slower than the evaluations must still arrive: while one is under way, remember to ask once more.
    if (asked.current?.url === url) {
      asked.current.again = true;
      return;
    }
    abort.current.abort();
    abort.current = new AbortController();
    ask(abort.current, url);
  }, [url, tick, again, who]);
  useEffect(() => () => abort.current.abort(), []);
  return { ...state.value, retry: () => round.value++ };
}
