// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import type { Objective } from '../api';
import * as format from '../format';
import { budgetLeft } from '../verdict';

const width = 120;
const height = 8;

/** What is left from the left edge; an overspent budget fills from the right with hatching, up to a whole budget. */
export function BudgetBar({ of }: { of: Objective }) {
  const left = budgetLeft(of);
  const label = left === null ? 'budget not measured' : left < 0 ? `budget overspent by ${format.share(-left)}` : `${format.share(left)} of the budget left`;
  const level = left === null ? 'none' : left < 0 ? 'over' : left < 0.1 ? 'low' : 'fine';
  const filled = left === null ? 0 : Math.min(1, Math.abs(left)) * width;
  return (
    <svg class={`budget-bar level-${level}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="track" x="0.5" y="0.5" width={width - 1} height={height - 1} rx="2" />
      {left !== null && <rect class="fill" x={left < 0 ? width - filled : 0} y="0" width={filled} height={height} rx="2" />}
      {left !== null && left < 0 && hatches(width - filled).map((x) => <path key={x} class="hatch" d={`M${x} ${height}l${height} -${height}`} />)}
    </svg>
  );
}

const hatches = (from: number): number[] => {
  const found: number[] = [];
  for (let x = Math.ceil(from); x < width - height; x += 7) found.push(x);
  return found;
};

export function BudgetText({ of }: { of: Objective }) {
  const left = budgetLeft(of);
  if (left === null) return <span class="quiet">{format.notMeasured}</span>;
  return <span class={left < 0 ? 'bad-text' : ''}>{format.share(left)}</span>;
}
