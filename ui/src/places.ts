// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The pages there are, and addresses of them.
import { address, withQuery } from './router';

export const places = [
  { path: '/', name: 'Objectives', key: 'o' },
  { path: '/alerts', name: 'Alerts', key: 'a' },
  { path: '/operations', name: 'Services', key: 'e' },
  { path: '/intake', name: 'Intake', key: 'i' },
];

/** What belongs to alerts, and has a page of its own. */
export const alertPlaces = [
  { path: '/alerts', name: 'Alerts', key: 'a' },
  { path: '/silences', name: 'Silences', key: 's' },
  { path: '/receivers', name: 'Receivers', key: 'r' },
];

/** Every page without parameters, once. */
export const allPlaces = [...places, ...alertPlaces.slice(1)];

/** The address of another page. Filters belong to their page; only the time zone travels. */
export function placeWith(path: string, params: URLSearchParams): string {
  const tz = address.value.query.get('tz');
  if (tz !== null) params.set('tz', tz);
  const text = params.toString();
  return path + (text === '' ? '' : `?${text}`);
}

export const keepZone = (path: string): string => placeWith(path, new URLSearchParams());

/** A link to the same page with some of its parameters changed. */
export const hereWith = (changes: Record<string, string | null>): string => withQuery(address.value, changes);
