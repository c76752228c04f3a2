// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import type { Objective } from '../api';
import { budgetLeft, leftText } from '../verdict';

const width = 120;
const height = 8;

/** What is left from the left edge; an overspent budget fills from the right with hatching, up to a whole budget. */
export function BudgetBar({ of }: { of: Objective }) {
  const left = budgetLeft(of);
  const early = left === null && of.budget?.allowed === 0;
  const label = early ? 'too few events for a budget' : `budget left: ${leftText(of)}`;
  const level = early ? 'early' : left === null ? 'none' : left < 0 ? 'over' : left < 0.1 ? 'low' : 'fine';
  const filled = left === null ? 0 : Math.min(1, Math.abs(left)) * width;
  return (
    <svg class={`budget-bar level-${level}`} viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <rect class="track" x="0.5" y="0.5" width={width - 1} height={height - 1} rx="2" />
      {left !== null && <rect class="fill" x={left < 0 ? width - filled : 0} y="0" width={filled} height={height} rx="2" />}
      {left !== null && left < 0 && <path class="hatch" d={hatches(width - filled)} />}
    </svg>
  );
}

const hatches = (from: number): string => {
  let d = '';
  for (let x = Math.ceil(from); x < width - height; x += 7) d += `M${x} ${height}l${height} -${height}`;
  return d;
};

export function BudgetText({ of }: { of: Objective }) {
  const left = budgetLeft(of);
  return <span class={left === null ? 'quiet' : left < 0 ? 'bad-text' : ''}>{leftText(of)}</span>;
}
