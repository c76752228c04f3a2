// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Events of the server: who follows, who holds still, lines that break.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { breaching, browser, drawn, executable, flags, living, page, servers, until } from './world.mjs';

page('an evaluation on the server refreshes the page, a pinned range holds still', {}, async (tab, origin) => {
  const asked = [];
  tab.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await tab.goto(origin);
  await tab.getByText('Live', { exact: true }).waitFor();
  await tab.locator('#objectives').waitFor();
  const again = tab.waitForRequest(/api\/v1\/slos$/);
  servers.many.announce();
  await again;
  await tab.goto(origin + breaching + '&from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z');
  await drawn(tab);
  await tab.getByText('Live', { exact: true }).waitFor();
  asked.length = 0;
  servers.many.announce();
  // The fleet link asks only after the event was handled, so its request bounds the wait.
  await tab.getByRole('link', { name: 'Objectives' }).first().click();
  await tab.locator('#objectives').waitFor();
  assert.deepEqual(asked.filter((path) => path.startsWith('/api/v1/slos/')), []);
});

page('tabs share one line of events, which ends with the last of them', { on: 'one' }, async (tab, origin) => {
  const second = await tab.context().newPage();
  for (const one of [tab, second]) {
    await one.goto(origin);
    await one.getByText('Live', { exact: true }).waitFor();
    await one.locator('#objectives').waitFor();
  }
  assert.equal(servers.one.lines(), 1);
  const again = [tab, second].map((one) => one.waitForRequest(/api\/v1\/slos$/));
  servers.one.announce();
  await Promise.all(again);
  await second.close();
  const still = tab.waitForRequest(/api\/v1\/slos$/);
  servers.one.announce();
  await still;
  await tab.goto('about:blank');
  await until(() => servers.one.lines() === 0);
});

page('a browser without shared workers has a line for each page', { on: 'one' }, async (tab, origin) => {
  await tab.addInitScript(() => delete globalThis.SharedWorker);
  await tab.goto(origin);
  await tab.getByText('Live', { exact: true }).waitFor();
  const again = tab.waitForRequest(/api\/v1\/slos$/);
  servers.one.announce();
  await again;
});

page('a line that breaks is said, and what was missed meanwhile is asked for', { on: 'one' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByText('Live', { exact: true }).waitFor();
  const again = tab.waitForRequest(/api\/v1\/slos$/);
  servers.one.hangUp();
  await tab.getByText(/Reconnecting, numbers of \d\d:\d\d UTC/).waitFor();
  await again;
  await tab.getByText('Live', { exact: true }).waitFor();
});

// Chromium once crashed while a context with an open line was closed.
page('contexts close under a live line without a crash', { on: 'one' }, async (tab, origin) => {
  const crashes = [];
  for (let i = 0; i < 6; i++) {
    const context = await (await living()).newContext();
    const tabs = [await context.newPage(), await context.newPage()];
    for (const one of tabs) {
      one.on('crash', () => crashes.push(i));
      await one.goto(origin + (i % 2 === 0 ? '/' : '/operations'));
      await one.getByText('Live', { exact: true }).waitFor();
    }
    servers.one.announce();
    await context.close();
  }
  assert.deepEqual(crashes, []);
  assert.ok(browser.isConnected());
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
});

test('a page settles under virtual time', async (t) => {
  if (!executable) return void t.skip('no Chromium found');
  // Such a browser moves its clock only while no request of the page is under way, and ends when the budget is spent.
  const profile = mkdtempSync(join(tmpdir(), 'leadline-'));
  try {
    const { stdout } = await promisify(execFile)(executable, [...flags, '--headless', `--user-data-dir=${profile}`, '--virtual-time-budget=20000', '--dump-dom', servers.one.origin], { timeout: 60_000, maxBuffer: 1 << 24 });
    assert.match(stdout, /id="objectives"/);
    assert.match(stdout, />Live</);
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
});

page('a failed refresh keeps the last numbers and says so', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.getByText('Live', { exact: true }).waitFor();
  await tab.route('**/api/v1/slos', (route) => route.fulfill({ status: 500, body: '{}' }));
  servers.many.announce();
  await tab.getByText('Not refreshed.').waitFor();
  assert.equal(await tab.locator('#objectives tbody tr').count(), 200);
});
