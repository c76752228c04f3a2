// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Marks of alerts: as with states, the shape says the same as the colour.
import type { ComponentChildren } from 'preact';
import { alertLabel, verdictLabel } from '../alert';
import type { AlertState, Severity, Silence, Verdict } from '../alert';

const stroke = { fill: 'none', stroke: 'currentColor', 'stroke-width': 2, 'stroke-linecap': 'round', 'stroke-linejoin': 'round' } as const;

const urgent = <><path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor" /><path d="M8 4.5v4.2M8 11.2v.3" stroke="var(--chip-hole)" stroke-width="1.8" stroke-linecap="round" /></>;
const fine = <><circle cx="8" cy="8" r="6.8" fill="currentColor" /><path d="M4.9 8.2l2.1 2.1 4.1-4.4" fill="none" stroke="var(--chip-hole)" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" /></>;
const blind = <path {...stroke} d="M1.5 8h3M6.5 8h3M11.5 8h3" />;

const verdictShape: Record<Exclude<Verdict, ''>, ComponentChildren> = {
  critical: urgent,
  rising: <path {...stroke} d="M2 12.5 7 7l3 3 4-6M10 4h4v4" />,
  recovering: <path {...stroke} d="M2 3.5 7 9l3-3 4 6M10 12h4V8" />,
  ok: fine,
  no_evidence: blind,
};

const alertShape: Record<AlertState, ComponentChildren> = {
  firing: urgent,
  pending: <><circle {...stroke} cx="8" cy="8" r="6.2" /><path {...stroke} d="M8 4.5V8l2.5 1.6" /></>,
  frozen: <path {...stroke} d="M8 1.5v13M2.4 4.8l11.2 6.4M13.6 4.8 2.4 11.2" />,
  no_longer_measured: blind,
  resolved: fine,
};

function Mark({ tone, shape, children }: { tone: string; shape: ComponentChildren; children: ComponentChildren }) {
  return (
    <span class={`chip ${tone}`}>
      <svg class="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">{shape}</svg>
      {children}
    </span>
  );
}

export function VerdictMark({ of }: { of: Exclude<Verdict, ''> }) {
  return <Mark tone={`verdict-${of}`} shape={verdictShape[of]}>{verdictLabel[of]}</Mark>;
}

/** An alert that fires, and whose windows are below the threshold. */
export const WaitsMark = () => <Mark tone="verdict-recovering" shape={verdictShape.recovering}>Waits to end</Mark>;

/** The severity is said of what asks for somebody; what is over asks for nobody. */
export function AlertMark({ state, severity }: { state: AlertState; severity: Severity }) {
  const called = state === 'firing' || state === 'pending' || state === 'frozen';
  return <Mark tone={`alert-${state === 'firing' ? severity : state}`} shape={alertShape[state]}>{alertLabel[state]}{called && ` ${severity}`}</Mark>;
}

export function SilenceMark({ state }: { state: Silence['state'] }) {
  const shape = state === 'ended' ? blind : state === 'pending' ? alertShape.pending : <path {...stroke} d="M5 3v10M11 3v10" />;
  return <Mark tone={state === 'active' ? 'alert-pending' : 'alert-frozen'} shape={shape}>{{ active: 'Active', pending: 'Planned', ended: 'Ended' }[state]}</Mark>;
}

export function ReceiverMark({ state }: { state: 'works' | 'fails' | 'unused' }) {
  const shape = state === 'fails' ? urgent : state === 'works' ? fine : blind;
  return <Mark tone={{ works: 'verdict-ok', fails: 'verdict-critical', unused: 'verdict-no_evidence' }[state]} shape={shape}>{{ works: 'Works', fails: 'Failing', unused: 'Never used' }[state]}</Mark>;
}
