// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Whether telemetry arrives.
import assert from 'node:assert/strict';
import { page, shows, text } from './world.mjs';

page('a sick intake is an alert that names the cause', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.locator('.is-red[role=alert]').waitFor();
  assert.match(await text(tab, '[role=alert]'), /input\/output error/);
  await shows(tab, /00000041 at offset 1,048,576: checksum does not match/);
});
