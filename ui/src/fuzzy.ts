// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Finds what somebody means by some letters of it. Every word of a query must be
// there, its letters in their order; letters that begin a word of the text, or
// follow each other, count more, and those far apart less.

/** What letters score at least that somebody meant: those that lie about by chance score less. */
const meant = 2;

export interface Match { score: number; at: number[] }

export function fuzzy(query: string, text: string): Match | null {
  const lower = text.toLowerCase();
  const found: Match = { score: -text.length / 100, at: [] };
  for (const word of query.toLowerCase().split(/\s+/)) {
    if (word === '') continue;
    const best = bestOf(word, lower);
    if (best === null || best.score < meant * word.length) return null;
    found.score += best.score;
    found.at.push(...best.at);
  }
  return { score: found.score, at: [...new Set(found.at)].sort((a, b) => a - b) };
}

/** The best of the walks that begin at each place of the first letter. */
function bestOf(word: string, text: string): Match | null {
  let best: Match | null = null;
  for (let from = text.indexOf(word[0]!); from >= 0; from = text.indexOf(word[0]!, from + 1)) {
    const walked = walk(word, text, from);
    if (walked === null) break; // and none that begins later arrives
    if (best === null || walked.score > best.score) best = walked;
  }
  return best;
}

function walk(word: string, text: string, from: number): Match | null {
  const at = [from];
  let score = (begins(text, from) ? 10 : 1) - from / 50;
  for (let i = 1, last = from; i < word.length; i++) {
    const next = text.indexOf(word[i]!, last + 1);
    if (next < 0) return null;
    score += next === last + 1 ? 6 : begins(text, next) ? 5 : 1 - Math.min(5, next - last) / 2;
    at.push((last = next));
  }
  return { score, at };
}

const begins = (text: string, i: number): boolean => i === 0 || /[^a-z0-9]/.test(text[i - 1]!);
