// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What the charts of a page share, foremost one cursor: all move it together, and
// what is no chart can follow it or put it somewhere.
import { signal } from '@preact/signals';
import uPlot from 'uplot';

export const syncKey = 'objective';

/** The instant under the cursor, in Unix seconds; null while there is none. */
export const cursor = signal<number | null>(null);

/** A stretch of time that every chart shades while something points at it. */
export const highlight = signal<readonly [number, number] | null>(null);

/** Draws every chart again, with the same paths: something beside the lines changed. */
export function redraw(): void {
  for (const u of uPlot.sync(syncKey).plots as uPlot[]) u.redraw(false, false);
}

/** Puts the cursor of every chart on an instant, or takes it away. */
export function point(at: number | null): void {
  for (const u of uPlot.sync(syncKey).plots as uPlot[]) {
    const left = at === null ? -10 : u.valToPos(at, 'x');
    u.setCursor({ left, top: at === null ? -10 : u.over.clientHeight / 2 });
  }
  cursor.value = at;
}
