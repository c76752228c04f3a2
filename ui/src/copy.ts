// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

/** Puts text on the clipboard. Where the page came over plain HTTP from another host, browsers have only the old way. */
export async function copy(text: string): Promise<boolean> {
  if (navigator.clipboard !== undefined) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // It may be forbidden, and the old way not.
    }
  }
  const field = document.createElement('textarea');
  field.value = text;
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  return done;
}
