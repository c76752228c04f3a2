// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Charts and their range: zoom, cursors, tables, words.
import assert from 'node:assert/strict';
import { address, breaching, drawn, page, params, servers } from './world.mjs';

page('drag zooms, double click goes back, cursors move together', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const over = tab.locator('.plot .u-over').first();
  await over.scrollIntoViewIfNeeded();
  const box = await over.boundingBox();
  await tab.mouse.move(box.x + box.width * 0.5, box.y + 50);
  await tab.locator('.readout', { hasText: /^2026-/ }).nth(2).waitFor();
  const readouts = await tab.locator('.readout').allInnerTexts();
  assert.equal(new Set(readouts.map((line) => line.slice(0, 20))).size, 1, readouts.join(' | '));
  await tab.mouse.down();
  await tab.mouse.move(box.x + box.width * 0.75, box.y + 60, { steps: 5 });
  await tab.mouse.up();
  await tab.waitForURL(/from=/);
  const [from, to] = [Date.parse(params(tab).get('from')), Date.parse(params(tab).get('to'))];
  assert.ok(Math.abs((to - from) / 86400e3 - 7) < 0.1, `${(to - from) / 86400e3} d of 28 d were selected`);
  await tab.getByText('pinned, does not follow new data').waitFor();
  await tab.locator('.plot .u-over').first().dblclick();
  await tab.waitForURL((url) => !url.searchParams.has('from'));
});

page('the range: presets, shift, typed, refused', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByRole('link', { name: '6h', exact: true }).click();
  await address(tab, { from: 'now-6h' });
  await tab.getByText('2026-11-23 00:00 to 2026-11-23 06:00 UTC').waitFor();
  await tab.getByRole('button', { name: 'Earlier' }).click();
  await address(tab, { to: '2026-11-23T03:00:00Z' });
  await tab.getByText('Custom', { exact: true }).click();
  await tab.getByLabel('From', { exact: true }).fill('yesterday');
  await tab.getByRole('button', { name: 'Show', exact: true }).click();
  await tab.getByText('The start is not a time').waitFor();
  await tab.getByLabel('From', { exact: true }).fill('2026-11-20 12:00');
  await tab.getByLabel('To', { exact: true }).fill('now');
  await tab.getByRole('button', { name: 'Show', exact: true }).click();
  await address(tab, { from: '2026-11-20T12:00:00Z', to: null });
});

page('a chart shows the same numbers as a table, in pages', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const traffic = tab.getByRole('figure', { name: 'Traffic' });
  await traffic.getByRole('button', { name: 'Show table' }).click();
  assert.equal(await traffic.locator('tbody tr').count(), 50);
  assert.match(await traffic.locator('tbody tr').first().innerText(), /2026-11-23 06:00 UTC/);
  await traffic.getByRole('button', { name: 'Older' }).click();
  assert.match(await traffic.innerText(), /Page 2 of 7/);
  assert.match(await traffic.locator('tbody').innerText(), /\tlive/);
});

page('a refresh leaves the cursor of a chart where it was', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByText('Live', { exact: true }).waitFor();
  await tab.locator('.plot').first().focus();
  await tab.keyboard.press('Home');
  const readout = tab.locator('.readout', { hasText: /^2026-10-26/ });
  await readout.nth(2).waitFor();
  const before = await tab.locator('.plot canvas').first().elementHandle();
  servers.many.announce();
  await tab.waitForFunction((old) => !old.isConnected, before);
  await readout.nth(2).waitFor();
});

page('the charts say their numbers in whole sentences', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const described = async (name) => tab.evaluate((figure) => document.getElementById(figure.getAttribute('aria-describedby')).textContent, await tab.getByRole('figure', { name }).elementHandle());
  assert.match(await described('Error budget'), /^Budget left at the start of this range: \d+\.\d%; at its end: 32\.\d%[.,]/);
  assert.match(await described('SLI'), /^The SLI was below the target of 99\.95% in \d+ of \d+ steps with events\.[^]* 4 stretches of time are left out, shaded in the chart: weekly index rebuild\.$/);
  assert.match(await described('Traffic'), /^[\d,]+ good and [\d,]+ bad events in this range\.[^]* 4 stretches/);
});
