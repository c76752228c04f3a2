// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import type { State } from '../api';
import { stateLabel } from '../verdict';

// Each state has its own outline, so that it reads without colour and in grey print.
const shape: Record<State, preact.JSX.Element> = {
  breaching: <><path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" /><path d="M8 4.5v4.2M8 11.2v.3" stroke="var(--chip-hole)" stroke-width="1.8" stroke-linecap="round" /></>,
  exhausted: <><circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.7" /><path d="M2.3 9.5h11.4a6.2 6.2 0 0 1-11.4 0z" fill="currentColor" /><path d="M4.6 4.6l6.8 6.8" stroke="currentColor" stroke-width="1.7" /></>,
  at_risk: <><path d="M8 1.5 15 14H1z" fill="currentColor" stroke="currentColor" stroke-width="1" stroke-linejoin="round" /><path d="M8 6v4M8 12.1v.2" stroke="var(--chip-hole)" stroke-width="1.6" stroke-linecap="round" /></>,
  misconfigured: <><rect x="1.8" y="1.8" width="12.4" height="12.4" rx="2" fill="none" stroke="currentColor" stroke-width="1.7" /><path d="M5.3 5.3l5.4 5.4M10.7 5.3l-5.4 5.4" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" /></>,
  no_data: <path d="M1.5 8h3M6.5 8h3M11.5 8h3" stroke="currentColor" stroke-width="2.2" stroke-linecap="round" />,
  not_measured: <circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.7" stroke-dasharray="2.6 2.1" />,
  paused: <path d="M5 3v10M11 3v10" stroke="currentColor" stroke-width="2.8" stroke-linecap="round" />,
  ok: <><circle cx="8" cy="8" r="6.8" fill="currentColor" /><path d="M4.9 8.2l2.1 2.1 4.1-4.4" fill="none" stroke="var(--chip-hole)" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" /></>,
};

export function StateIcon({ state }: { state: State }) {
  return <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">{shape[state] ?? shape.not_measured}</svg>;
}

export function Chip({ state }: { state: State }) {
  return (
    <span class={`chip state-${state}`}>
      <StateIcon state={state} />
      {stateLabel[state] ?? state}
    </span>
  );
}
