// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { effect, signal } from '@preact/signals';
import { remember } from '../remembered';

export type Theme = 'auto' | 'light' | 'dark';

const readTheme = (): Theme => {
  const chosen = typeof document === 'undefined' ? '' : document.documentElement.dataset['theme'];
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto';
};

export const theme = signal<Theme>(readTheme());

/** Grows whenever colours may have changed, so that canvases draw again. */
export const paint = signal(0);

export function startTheme(): void {
  effect(() => {
    if (theme.value === 'auto') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = theme.value;
    remember('theme', theme.value);
    paint.value = paint.peek() + 1;
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => paint.value++);
}

/** Asking costs a layout of the page, and one picture asks a dozen times. */
const known = { paint: -1, colours: new Map<string, string>() };

/** The colour a token has right now. A canvas needs the resolved value, so an element is asked, not the sheet. */
export function colour(token: string): string {
  if (known.paint !== paint.peek()) {
    known.paint = paint.peek();
    known.colours.clear();
  }
  const value = known.colours.get(token) ?? resolved(token);
  known.colours.set(token, value);
  return value;
}

function resolved(token: string): string {
  const probe = document.createElement('span');
  probe.style.color = `var(--${token})`;
  document.body.append(probe);
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}
