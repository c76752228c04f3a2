// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The operations seen.
import assert from 'node:assert/strict';
import { address, page, shows, text } from './world.mjs';

/** The services stand in another table above. */
const table = (tab) => tab.getByRole('region', { name: 'Operations', exact: true });

page('operations: the window is chosen, lives in the address and is said', {}, async (tab, origin) => {
  await tab.goto(origin + '/operations');
  await shows(tab, /last 1h/, /2026-11-23 05:00 to 2026-11-23 06:00 UTC/);
  const good = async () => Number((await table(tab).locator('tbody td:nth-child(3)').first().innerText()).replaceAll(',', ''));
  const hour = await good();
  await tab.getByRole('link', { name: '28d', exact: true }).click();
  await address(tab, { window: '28d' });
  await shows(tab, /last 28d/, /2026-10-26 06:00 to/);
  assert.ok((await good()) > hour * 600);
  // Long windows are read on demand.
  await tab.getByText('does not follow new data').waitFor();
  const again = tab.waitForRequest(/operations\?window=28d/);
  await tab.getByRole('button', { name: 'Read again' }).click();
  await again;
  await tab.getByRole('link', { name: '1h', exact: true }).click();
  await address(tab, { window: null });
  await tab.goto(origin + '/operations?window=30m');
  await shows(tab, /last 30m/);
  await tab.goto(origin + '/operations?window=ever');
  await tab.getByText('"ever" is no window').waitFor();
  await tab.getByRole('link', { name: '6h', exact: true }).click();
  await shows(tab, /last 6h/);
});

page('operations: what was not measured is a dash that is explained once', {}, async (tab, origin) => {
  await tab.goto(origin + '/operations');
  await table(tab).locator('tbody tr').first().waitFor();
  // Read out in its cell, seen in the head of the page only.
  const words = tab.locator('.fleet-tools, [aria-label=Operations]').getByText('not measured');
  assert.equal(await words.evaluateAll((all) => all.filter((e) => !e.classList.contains('hidden')).length), 1);
  assert.match(await text(tab, '.fleet-tools [role=status]'), /– is not measured$/);
  assert.equal(await table(tab).locator('td').filter({ hasText: '–' }).count(), 5);
  await tab.getByRole('searchbox').fill('checkout');
  await tab.waitForFunction(() => document.querySelectorAll('[aria-label=Operations] tbody tr').length === 1);
  assert.doesNotMatch(await text(tab), /not measured/);
});
