// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What this browser remembers of how somebody likes to read. Storage may be
// forbidden; then a choice lasts as long as the page.

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`leadline.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`leadline.${name}`, value);
  } catch {
    // See above.
  }
}
