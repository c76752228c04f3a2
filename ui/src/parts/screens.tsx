// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The three states every page has beside its content.
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../api';
import type { Resource } from '../resource';

/** Appears after 200 ms (in CSS), so that a quick answer never flickers. */
export function Loading({ what }: { what: string }) {
  return (
    <div class="loading" role="status">
      <span class="spinner" aria-hidden="true" />
      Reading {what} …
    </div>
  );
}

/** Alone, it stands where the page would have its own heading. */
export function Failure({ error, retry, title, alone = false }: { error: ApiError; retry: () => void; title: string; alone?: boolean }) {
  const Heading = alone ? 'h1' : 'h2';
  return (
    <section class="screen" role="alert">
      <Heading>{title}</Heading>
      <p>{error.message}</p>
      {error.hint !== '' && <p class="quiet">{error.hint}</p>}
      <p><button type="button" onClick={retry}>Try again</button>{error.status === 404 && <> <a href="/">All objectives</a></>}</p>
    </section>
  );
}

export function Stale({ error, retry }: { error: ApiError; retry: () => void }) {
  return (
    <div class="notice" role="status">
      <strong>Not refreshed.</strong> {error.message} The numbers below are those of the last answer.{' '}
      <button type="button" class="plain" onClick={retry}>Try again</button>
    </div>
  );
}

/** What is beside the content of a page and could not be read, or not again. That nothing answers at all is said by the page. */
export function Missing({ of, what }: { of: Resource<unknown>; what: string }) {
  if (of.error === null || of.error.status === 401 || (of.error.status === 0 && of.data !== null)) return null;
  return (
    <p class="notice" role="status">
      <strong>{what} {of.data === null ? 'not known' : 'not refreshed'}.</strong> {of.error.message}{' '}
      <button type="button" class="plain" onClick={of.retry}>Try again</button>
    </p>
  );
}

/** Loading, failed, failed but something to show, or the content: decided once for all pages. */
export function Screen<T>({ of, what, alone = false, children }: { of: Resource<T>; what: string; alone?: boolean; children: (data: T) => ComponentChildren }) {
  if (of.data !== null) {
    return (
      <>
        {of.error && <Stale error={of.error} retry={of.retry} />}
        {children(of.data)}
      </>
    );
  }
  if (of.error && of.error.status !== 401) return <Failure error={of.error} retry={of.retry} title={of.error.status === 404 ? 'Not found' : `No answer for ${what}`} alone={alone} />;
  return <Loading what={what} />;
}
