// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Signing in and out.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { page, shots, violations } from './world.mjs';

page('sign-in: a wrong token is said, the right one opens the page', { on: 'locked' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
  await tab.keyboard.type('wrong');
  await tab.keyboard.press('Enter');
  await tab.getByText('This token is not the one the server knows.').waitFor();
  await tab.getByLabel('Access token').fill('letmein');
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await tab.getByRole('heading', { name: 'Intake', exact: true }).waitFor();
  await tab.getByText('Live', { exact: true }).waitFor();
});

page('who signed in can sign out, after a reload too', { on: 'locked' }, async (tab, origin) => {
  const out = tab.getByRole('button', { name: 'Sign out' });
  await tab.goto(origin + '/intake');
  await tab.getByLabel('Access token').fill('letmein');
  assert.equal(await out.count(), 0);
  await tab.getByRole('button', { name: 'Sign in' }).click();
  await out.waitFor();
  await tab.reload();
  await out.waitFor();
  assert.deepEqual(await violations(tab), []);
  await tab.screenshot({ path: join(shots, 'signed-in-1280-light.png') });
  await tab.route('**/api/v1/session', (route) => route.abort());
  await out.click();
  await tab.getByText('Still signed in').waitFor();
  await tab.unroute('**/api/v1/session');
  await out.click();
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await tab.getByText('Intake log').count(), 0);
  await tab.reload();
  await tab.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await out.count(), 0);
}, [/Failed to load resource: net::ERR_FAILED/]);

page('where no token is needed there is nothing to sign out of', {}, async (tab, origin) => {
  const told = tab.waitForResponse(/api\/v1\/session/);
  await tab.goto(origin);
  await told;
  await tab.locator('#objectives').waitFor();
  assert.equal(await tab.getByRole('button', { name: 'Sign out' }).count(), 0);
});
