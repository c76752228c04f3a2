// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The steps of a chart as rows, for whoever reads numbers better than lines.
import { useSignal } from '@preact/signals';
import { instant, zone } from '../time';
import type { ChartProps } from './chart';

const rowsPerPage = 50;

/** Every step of the chart, newest first. */
export function StepTable({ title, stamps, columns }: Pick<ChartProps, 'title' | 'stamps' | 'columns'>) {
  const page = useSignal(0);
  const pages = Math.max(1, Math.ceil(stamps.length / rowsPerPage));
  const at = Math.min(page.value, pages - 1);
  const newest = stamps.length - 1 - at * rowsPerPage;
  const rows = Array.from({ length: Math.min(rowsPerPage, newest + 1) }, (_, i) => newest - i);
  return (
    <div class="step-table">
      <div class="scroll" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table>
          <thead><tr><th scope="col">Step ending</th>{columns.map((c) => <th key={c.head} scope="col" class="num">{c.head}</th>)}</tr></thead>
          <tbody>
            {rows.map((i) => (
              <tr key={i}><th scope="row">{instant(stamps[i] ?? null, zone.value)}</th>{columns.map((c) => <td key={c.head} class="num">{c.cell(i)}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="pager">
        <button type="button" disabled={at === 0} onClick={() => (page.value = at - 1)}>Newer</button>
        <span>Page {at + 1} of {pages}</span>
        <button type="button" disabled={at >= pages - 1} onClick={() => (page.value = at + 1)}>Older</button>
      </p>
    </div>
  );
}
