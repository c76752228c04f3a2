// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Receivers: how they stand, and a test of each.
import assert from 'node:assert/strict';
import { page } from './world.mjs';

page('receivers: how they stand, and a test of each', {}, async (tab, origin) => {
  await tab.goto(origin + '/receivers');
  const one = (name) => tab.locator('.receiver', { hasText: name });
  await one('oncall').waitFor();
  assert.match(await one('oncall').innerText(), /Works[^]*pagerduty[^]*41 delivered, 1 attempt failed, 0 given up, 1,440 heartbeats/);
  assert.match(await one('team-checkout').innerText(), /Failing[^]*post: the connection was refused[^]*2 deliveries, the first since 2026-11-23 05:29:02 UTC[^]*2026-11-23 06:00:31 UTC/);
  assert.match(await one('archive').innerText(), /Never used/);
  await tab.getByRole('button', { name: 'Send a test to oncall' }).press('Enter');
  await one('oncall').getByText('It took the test message.').waitFor();
  await tab.getByRole('button', { name: 'Send a test to team-checkout' }).press('Enter');
  await one('team-checkout').getByText('It did not take the test message: post: the connection was refused. Is it running?').waitFor();
});
