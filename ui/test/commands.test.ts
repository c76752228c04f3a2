// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { find } from '../src/commands';
import type { Command } from '../src/commands';
import { pressed, shortcuts } from '../src/shortcuts';

const command = (kind: string, label: string, context = ''): Command => ({ kind, label, context, run: () => {} });
const all = [
  ...Array.from({ length: 1000 }, (_, i) => command('Objective', `objective-${i}`, 'shop-api')),
  command('Service', 'shop-api', '1000 objectives'), command('Page', 'Alerts', 'g a'), command('Action', 'Theme: dark', 't'),
];

test('nothing asked: the worst objectives, pages and actions', () => {
  assert.deepEqual(find(all, ' ').map((f) => f.command.label), ['objective-0', 'objective-1', 'objective-2', 'objective-3', 'objective-4', 'Alerts', 'Theme: dark']);
});

test('found by label, context and kind, the best first, and not more than can be read', () => {
  assert.equal(find(all, 'dark')[0]?.command.label, 'Theme: dark');
  assert.equal(find(all, 'objective-77')[0]?.command.label, 'objective-77');
  assert.equal(find(all, 'service shop')[0]?.command.kind, 'Service');
  assert.equal(find(all, 'shop').length, 40);
  assert.deepEqual(find(all, 'zzz'), []);
  assert.ok(find(all, 'alerts page').every((f) => f.at.every((n) => n < f.command.label.length)));
});

test('no two shortcuts are the same, and what is pressed is named as in the table', () => {
  const keys = shortcuts.flatMap(({ of }) => of.map((s) => s.keys));
  assert.deepEqual(keys, [...new Set(keys)]);
  const press = (key: string, ctrlKey = false) => ({ key, ctrlKey, metaKey: false, altKey: false });
  assert.equal(pressed(press('K', true), ''), 'Ctrl k');
  assert.equal(pressed(press('o'), 'g'), 'g o');
  assert.equal(pressed({ ...press('j'), altKey: true }, ''), '');
});
