// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import type { ComponentChildren } from 'preact';
import { setQuery } from '../router';

/** How many are in each state that there is; pressing one narrows the list to it, in the address. */
export function StateCounts<S extends string>({ of, states, chosen, look, label }: {
  of: { state: S }[];
  states: readonly S[];
  chosen: ReadonlySet<string>;
  look: (state: S) => string;
  label: (state: S, n: number) => ComponentChildren;
}) {
  const toggle = (state: S): void => {
    const next = new Set(chosen);
    if (!next.delete(state)) next.add(state);
    setQuery({ state: [...next].join(',') });
  };
  const counted = states.map((state) => ({ state, n: of.filter((o) => o.state === state).length }));
  return (
    <div class="state-counts" role="group" aria-label="Filter by state">
      {counted.filter(({ state, n }) => n > 0 || chosen.has(state)).map(({ state, n }) => (
        <button key={state} type="button" class={look(state)} aria-pressed={chosen.has(state)} onClick={() => toggle(state)}>
          {label(state, n)}
        </button>
      ))}
    </div>
  );
}
