// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Silences: from an alert, refused, ended.
import assert from 'node:assert/strict';
import { address, page, servers, shows, violations } from './world.mjs';

page('a silence: from an alert, by keyboard, seen, ended', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  await tab.getByRole('link', { name: 'Silence … checkout-succeeds, page-1h' }).press('Enter');
  await tab.getByRole('heading', { name: 'New silence' }).waitFor();
  assert.deepEqual(await tab.getByRole('textbox', { name: 'Value' }).evaluateAll((all) => all.map((e) => e.value)), ['search', 'production', 'checkout-succeeds', 'page-1h']);
  await shows(tab, /Matches 1 of 5 alerts that fire or may now/);
  await tab.getByRole('button', { name: 'Silence', exact: true }).press('Enter');
  await tab.getByText('Author and reason are needed').waitFor();
  await tab.getByLabel('Author').fill('Chidi');
  await tab.getByLabel('Reason').fill('Load test until noon');
  await tab.getByLabel('Ends', { exact: true }).fill('soon');
  await tab.keyboard.press('Enter');
  await tab.getByText('The end is neither a length nor a time').waitFor();
  await tab.getByRole('button', { name: '4h' }).press('Enter');
  assert.deepEqual(await violations(tab), []);
  await tab.getByLabel('Reason').press('Enter');
  await tab.getByText('Silenced until 2026-11-23 10:00 UTC: service="search"').waitFor();
  await address(tab, { match: null });
  const mine = tab.locator('.silence', { hasText: 'Load test until noon' });
  assert.match(await mine.innerText(), /Active[^]*Chidi, 2026-11-23 06:00 UTC · ends 2026-11-23 10:00 UTC · keeps 1 alert from being told now/);
  await mine.getByRole('button', { name: /^End the silence/ }).press('Enter');
  await mine.getByRole('button', { name: 'Keep it' }).press('Enter');
  await mine.getByRole('button', { name: /^End the silence/ }).press('Enter');
  await mine.getByRole('button', { name: 'End it' }).press('Enter');
  await tab.getByText('What it kept back and still fires is told now.').waitFor();
  await mine.getByRole('link', { name: 'Silence again …' }).press('Enter');
  await tab.getByRole('heading', { name: 'New silence' }).waitFor();
  assert.equal(await tab.getByLabel('Author').inputValue(), 'Chidi');
});

page('a silence that would hold for everything is refused in the words of the server', {}, async (tab, origin) => {
  await tab.goto(origin + '/silences?new=1');
  await tab.getByLabel('Author').fill('Chidi');
  await tab.getByLabel('Reason').fill('peace');
  await tab.getByRole('button', { name: 'Silence', exact: true }).click();
  await tab.getByText('silence: its matchers hold for everything add one that names something').waitFor();
  await tab.getByRole('combobox', { name: 'Operator' }).selectOption('=~');
  await shows(tab, /it alone reads regular expressions/);
  await tab.getByRole('button', { name: 'Cancel' }).click();
  await address(tab, { new: null });
});

page('silences follow what others do', {}, async (tab, origin) => {
  await tab.goto(origin + '/silences');
  await tab.locator('.silence').first().waitFor();
  await tab.getByText('Live', { exact: true }).waitFor();
  const again = tab.waitForRequest(/api\/v1\/silences$/);
  servers.many.announceAlerts();
  await again;
});
