// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// How close the rows of the list stand. It is how somebody likes to read, and not
// what they look at: so the browser remembers it, and links do not carry it.
import { signal } from '@preact/signals';

export const densities = ['comfortable', 'compact'] as const;
export type Density = (typeof densities)[number];

const key = 'leadline.density';

function remembered(): Density {
  try {
    return localStorage.getItem(key) === 'compact' ? 'compact' : 'comfortable';
  } catch {
    return 'comfortable';
  }
}

export const density = signal<Density>(remembered());

export function chooseDensity(next: Density): void {
  density.value = next;
  try {
    localStorage.setItem(key, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
}
