// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How close the rows of the list stand. It is how somebody likes to read, and not
// what they look at: so the browser remembers it, and links do not carry it.
import { signal } from '@preact/signals';
import { recall, remember } from '../remembered';

export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

export const density = signal<Density>(recall('density') === 'compact' ? 'compact' : 'comfortable');

export function chooseDensity(next: Density): void {
  density.value = next;
  remember('density', next);
}
