// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { fuzzy } from '../src/fuzzy';

const best = (query: string, ...texts: string[]): string | undefined =>
  texts.map((text) => ({ text, match: fuzzy(query, text) })).filter((t) => t.match !== null).sort((a, b) => b.match!.score - a.match!.score)[0]?.text;

test('letters in their order, whatever their case, and no others', () => {
  assert.deepEqual(fuzzy('CKS', 'checkout-succeeds')?.at, [0, 4, 9]);
  assert.equal(fuzzy('zz', 'checkout'), null);
  assert.equal(fuzzy('tuo', 'out'), null);
  assert.deepEqual(fuzzy('', 'anything')?.at, []);
});

test('the beginnings of words, and letters that follow each other, are meant', () => {
  assert.equal(best('cs', 'catalog-is-fast', 'checkout-succeeds'), 'checkout-succeeds');
  assert.equal(best('fast', 'of-a-slow-thing', 'checkout-is-fast', 'fra-as-t'), 'checkout-is-fast');
  assert.equal(best('pay', 'display', 'payments'), 'payments');
  assert.equal(best('check', 'checkout', 'checkout-succeeds-with-baskets'), 'checkout');
});

test('every word must be there, in any order', () => {
  assert.ok(fuzzy('shop check', 'checkout-succeeds shop-api'));
  assert.equal(fuzzy('shop mailer', 'checkout-succeeds shop-api'), null);
  assert.deepEqual(fuzzy('a a', 'ab')?.at, [0]);
});

test('a better walk that begins later is found', () => {
  assert.deepEqual(fuzzy('api', 'a-p-i api')?.at, [6, 7, 8]);
});
