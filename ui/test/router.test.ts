// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { match, withQuery } from '../src/router';

test('match reads decoded parameters and refuses other shapes', () => {
  assert.deepEqual(match('/', '/'), {});
  assert.deepEqual(match('/intake', '/intake/'), {});
  assert.deepEqual(match('/slos/:service/:name', '/slos/shop-api/a%2Fb%20c'), { service: 'shop-api', name: 'a/b c' });
  assert.equal(match('/slos/:service/:name', '/slos/shop-api'), null);
  assert.equal(match('/slos/:service/:name', '/slos//x'), null);
  assert.equal(match('/intake', '/intakes'), null);
});

test('match leaves a broken escape as it was written', () => {
  assert.deepEqual(match('/slos/:service/:name', '/slos/50%/x'), { service: '50%', name: 'x' });
});

test('withQuery changes one parameter, keeps the others and drops defaults', () => {
  const at = { path: '/', query: new URLSearchParams('q=a&tz=local') };
  assert.equal(withQuery(at, { state: 'breaching,ok' }), '/?q=a&tz=local&state=breaching%2Cok');
  assert.equal(withQuery(at, { q: null }), '/?tz=local');
  assert.equal(withQuery(at, { q: '', tz: null }), '/');
  assert.equal(at.query.toString(), 'q=a&tz=local', 'the address that was given stays as it was');
});
