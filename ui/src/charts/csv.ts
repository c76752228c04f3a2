// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Numbers as a text that every spreadsheet reads.

/** A cell as RFC 4180 has it. Spreadsheets run text that begins like a formula, so such text gets an apostrophe. */
export function cell(value: string | number | null | undefined): string {
  if (value == null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export const csv = (head: readonly string[], rows: readonly (readonly (string | number | null | undefined)[])[]): string =>
  [head, ...rows].map((row) => row.map(cell).join(',') + '\r\n').join('');

/** 'checkout-succeeds burn rate.csv' as a name that every file system takes. */
export const fileName = (words: readonly string[], ending: string): string =>
  `${words.join(' ').toLowerCase().replace(/[^a-z0-9.]+/g, '-').replace(/^-|-$/g, '')}.${ending}`;
