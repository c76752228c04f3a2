// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// An axis for shares close to 1. On a linear axis one bad step flattens
// everything between the target and 100%; here every further nine gets as much
// room. y = -log10(1 - x + e) with e a twentieth of the error budget: it grows
// steadily with x, is finite at 100%, and ticks are labelled with exact shares.

const candidates = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9998, 0.9999, 0.99995, 0.99999, 0.999995, 0.999999, 1];

export interface Nines {
  /** Position of a share; grows with it. */
  at(share: number): number;
  /** Shares worth a tick between two positions, at most about so many, never two closer than the gap allows. */
  ticks(min: number, max: number, most: number): number[];
}

export function nines(target: number): Nines {
  const floor = (1 - target) / 20;
  const at = (share: number): number => -Math.log10(1 - Math.min(1, Math.max(0, share)) + floor);
  const ticks = (min: number, max: number, most: number): number[] => {
    const gap = (max - min) / most;
    const chosen = [target];
    // Ends and whole nines are asked first, so they win the room when it is scarce.
    const wanted = [1, ...candidates.filter(isWholeNine), ...candidates].filter((share) => at(share) >= min && at(share) <= max);
    for (const share of wanted) {
      if (chosen.every((other) => Math.abs(at(other) - at(share)) >= gap)) chosen.push(share);
    }
    return chosen.sort((a, b) => a - b);
  };
  return { at, ticks };
}

const isWholeNine = (share: number): boolean => Number.isInteger(Number((-Math.log10(1 - share)).toFixed(9)));

/** A share as short exact text: 0.9995 -> '99.95%'. */
export const shareLabel = (share: number): string => `${Number((share * 100).toPrecision(12))}%`;
