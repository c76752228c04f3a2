// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Alerts: what fires, who was told, why it is quiet.
import assert from 'node:assert/strict';
import { address, drawn, page, shows } from './world.mjs';

page('alerts: worst first, what each sees, who was told, why it is quiet', {}, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  const cards = tab.locator('.alerts > article');
  await cards.first().waitFor();
  const first = await cards.first().innerText();
  for (const want of [/Firing page/, /Critical/, /checkout-succeeds/, /1h burn 22\.1x, 5m 16\.4x, threshold 13\.44x; 33% of the budget left, exhausted in 10h at this rate/, /Long window 1h\s+22\.1x above/, /Short window 5m\s+16\.4x above/, /Threshold\s+13\.44x/, /2026-11-23 05:29:00 UTC for 30 min/, /in 10 h 2026-11-23 16:00 UTC, if it goes on as in the last 1h/, /oncall was told that it began/, /team-checkout waits to be told that it began, since 2026-11-23 05:29:02 UTC; 7 attempts: post: the connection was refused/]) assert.match(first, want);
  await shows(tab, /1 receiver fails: team-checkout/, /Silenced: nobody is told until 2026-11-23 08:00 UTC, says Anna Weber: The index is being rebuilt; slow answers are expected\./, /Frozen: no event has come for 17m; it neither begins nor ends/, /24 alerts are inhibited/);
  assert.equal(await tab.getByText('Inhibited by page-1h').first().isVisible(), false);
  await tab.getByText('24 alerts are inhibited').click();
  await shows(tab, /Inhibited by page-1h, which calls for the same burn: nobody is told of this one/, /Waits to end: not above both since 05:56:00, ends 06:26:00 UTC if it stays so/);
  const ended = tab.getByRole('region', { name: 'Alerts that ended' });
  assert.equal(await ended.locator('tbody tr').count(), 10);
  assert.match(await ended.innerText(), /No longer measured/);
  await tab.getByRole('button', { name: 'Show all 24' }).click();
  assert.equal(await ended.locator('tbody tr').count(), 24);
  await cards.first().getByRole('link', { name: 'checkout-succeeds', exact: true }).click();
  await drawn(tab);
  assert.match(tab.url(), /slos\/search\/checkout-succeeds\?environment=production/);
});

page('alerts: filters live in the address and come back from it', {}, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  await tab.getByRole('button', { name: /Firing/ }).click();
  await address(tab, { state: 'firing' });
  await tab.getByRole('combobox', { name: 'Severity' }).selectOption('ticket');
  await tab.getByRole('combobox', { name: 'Team' }).selectOption('team-catalog');
  await address(tab, { state: 'firing', severity: 'ticket', team: 'team-catalog' });
  await tab.locator('.alerts > article').first().waitFor({ state: 'attached' });
  const shown = await tab.locator('.alerts > article').count();
  assert.ok(shown > 0 && shown < 20, `${shown} alerts`);
  await tab.reload();
  await tab.locator('.alerts > article').first().waitFor({ state: 'attached' });
  assert.equal(await tab.locator('.alerts > article').count(), shown);
  await tab.getByRole('searchbox').fill('no such thing');
  await tab.getByText('No alert that these filters show fires.').waitFor();
  await tab.getByRole('link', { name: 'Clear filters' }).click();
  await address(tab, { state: null, q: null });
});

page('alerts: nothing ever fired, and nobody would be told', { on: 'empty' }, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  await tab.getByText('No alert has fired yet').waitFor();
  await shows(tab, /2 alerts call somebody and have no receiver/);
  await tab.goto(origin + '/receivers');
  await tab.getByText('No receiver: alerts are told to nobody').waitFor();
  await tab.goto(origin + '/silences');
  await tab.getByText('No silence holds').waitFor();
});
