// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The list of objectives: order, filters, what each row says.
import assert from 'node:assert/strict';
import { address, page, servers, shows, text } from './world.mjs';

page('fleet: worst first, state as text, cause and next step', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives tbody tr').nth(199).waitFor({ state: 'attached' });
  assert.equal(await tab.locator('#objectives tbody tr').count(), 200);
  const first = await text(tab, '#objectives tbody tr:first-child');
  assert.match(first, /Breaching/);
  assert.match(first, /Next:/);
  // textContent, because rows out of view are not laid out and have no inner text.
  assert.match(await tab.locator('#objectives tbody tr').last().textContent(), /OK/);
});

page('fleet: filters live in the address and come back from it', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByRole('button', { name: /Exhausted/ }).click();
  await address(tab, { state: 'exhausted' });
  await tab.getByRole('combobox', { name: 'Service' }).selectOption('mailer');
  await tab.getByRole('searchbox').fill('sign-up');
  await address(tab, { state: 'exhausted', service: 'mailer', q: 'sign-up' });
  const before = await tab.locator('#objectives tbody tr').count();
  assert.ok(before > 0 && before < 12, `${before} rows`);
  await tab.reload();
  await tab.locator('#objectives').waitFor();
  assert.equal(await tab.locator('#objectives tbody tr').count(), before);
  assert.equal(await tab.getByRole('button', { name: /Exhausted/ }).getAttribute('aria-pressed'), 'true');
  await tab.getByRole('searchbox').fill('no such thing');
  await tab.getByText('Nothing matches').waitFor();
  await tab.getByRole('link', { name: 'Show all 200' }).click();
  await tab.locator('#objectives tbody tr').nth(199).waitFor({ state: 'attached' });
  await tab.goBack();
  await tab.getByText('Nothing matches').waitFor();
});

page('one objective only: the list stands without filters for one service', { on: 'one' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.locator('#objectives tbody tr').first().waitFor();
  assert.equal(await tab.locator('#objectives tbody tr').count(), 1);
  await shows(tab, /1 objective, worst first/);
});

page('the server shows its own objectives, first when they are in trouble', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByRole('heading', { name: /^Leadline itself/ }).waitFor();
  assert.match(await text(tab, '.self tbody tr:first-child'), /Breaching\s+alerts-are-delivered/);
  await tab.goto(servers.one.origin);
  const folded = tab.getByText('Leadline itself: 2 objectives, none in trouble');
  await folded.press('Enter');
  assert.equal(await tab.getByRole('table', { name: 'Objectives of Leadline itself' }).locator('tbody tr').count(), 2);
}, [/asked http/]);

page('no objectives: the two variables', { on: 'empty' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByText('No objectives yet').waitFor();
  await shows(tab, /OTEL_SERVICE_NAME=/, /OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:4317/);
  await tab.goto(origin + '/operations');
  await tab.getByText('No operation seen').waitFor();
  await tab.goto(origin + '/intake');
  await tab.getByText('No request has arrived.').waitFor();
});

page('a server that has not evaluated yet is not an empty one', { on: 'starting' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByText('The server is starting').waitFor();
});
