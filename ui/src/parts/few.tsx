// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The first rows of a long table, and the way to the rest: hundreds of rows make
// a page that nobody scrolls through and that is slow to draw again.
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';

/** Returns what is shown of all, and what stands below it. */
export function useFew<T>(all: readonly T[], few: number, what: string): [readonly T[], ComponentChildren] {
  const whole = useSignal(false);
  if (whole.value || all.length <= few) return [all, null];
  return [all.slice(0, few), <p class="pager"><button type="button" onClick={() => (whole.value = true)}>Show all {all.length} {what}</button></p>];
}
