// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// From an alert to the charts of its time.
import type { Alert } from '../alert';
import { rangeFor } from '../lane';
import { unix } from '../time';
import { hereWith, placeWith } from '../places';
import { objectivePath } from '../api';

/** here: on the page of the objective itself, whose other choices then stay as they are. */
export function EpisodeLink({ of: a, now, here = false }: { of: Alert; now: number | null; here?: boolean }) {
  const start = unix(a.started_at ?? a.since);
  if (start === null) return null;
  const range = rangeFor(start, unix(a.ended_at), now);
  const changes = { from: range.from, to: range.to === 'now' ? null : range.to };
  const href = here ? hereWith({ ...changes, generation: null }) : placeWith(objectivePath({ service: a.service, name: a.objective }), params(a, changes));
  return <a class="episode" href={`${href}#charts`}>Show this episode<span class="hidden"> of {a.rule}{a.group === '' ? '' : `, ${a.group}`}</span></a>;
}

function params(a: Alert, range: Record<string, string | null>): URLSearchParams {
  const found = new URLSearchParams();
  for (const [key, value] of Object.entries({ namespace: a.namespace, environment: a.environment, ...range })) {
    if (value !== null && value !== '') found.set(key, value);
  }
  return found;
}
