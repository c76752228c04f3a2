// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One service.
import assert from 'node:assert/strict';
import { address, page, params, shows, text } from './world.mjs';

const shop = '/services/shop-api?namespace=shop&environment=production';
const drawn = (tab) => tab.locator('.histogram').waitFor();

page('service: how it stands, what it did, where it came from', {}, async (tab, origin) => {
  await tab.goto(origin + shop);
  await drawn(tab);
  assert.equal(await tab.title(), 'shop-api · Leadline');
  await shows(tab, /shop · production/, /Also known in shop · staging/, /valid of all entry operations/, /2026-11-23 05:00 to 2026-11-23 06:00 UTC/);
  for (const name of ['Traffic', 'Latency', 'Error share', 'Latency distribution']) assert.equal(await tab.getByRole('figure', { name, exact: true }).count(), 1, name);
  assert.match(await text(tab, '.service-tiles'), /Version seen last\s+2026\.11\.2\s+newest: 2026\.11\.3, seen 2026-11-23 05:20 to 2026-11-23 05:40 UTC/);
  const versions = tab.getByRole('region', { name: 'Versions of this service' }).locator('tbody tr');
  assert.equal(await versions.count(), 2);
  assert.match(await versions.first().innerText(), /2026\.11\.3[^]*1\d\.\d+%/);
  await tab.getByRole('link', { name: 'shop · staging' }).click();
  await address(tab, { environment: 'staging' });
});

page('service: history that was back-filled is said of every chart', {}, async (tab, origin) => {
  await tab.goto(`${origin}${shop}&from=now-6h`);
  await drawn(tab);
  const summaries = await tab.locator('figure figcaption p').allInnerTexts();
  assert.equal(summaries.length, 4);
  for (const words of summaries) assert.match(words, /back-filled history/i);
  await tab.goto(`${origin}${shop}&from=now-15m`);
  await drawn(tab);
  assert.doesNotMatch(await text(tab), /back-filled/i);
});

page('service: an operation is chosen, lives in the address and is let go', {}, async (tab, origin) => {
  await tab.goto(origin + shop);
  await drawn(tab);
  const table = tab.getByRole('region', { name: 'Operations of this service' });
  const asked = tab.waitForRequest(/services\/shop-api\?.*operation=POST\+%2Fcheckout/);
  await table.getByRole('link', { name: 'POST /checkout' }).click();
  await asked;
  await address(tab, { operation: 'POST /checkout' });
  await shows(tab, /valid of POST \/checkout/);
  assert.equal(await table.locator('tr[aria-current=true]').count(), 1);
  await tab.reload();
  await shows(tab, /valid of POST \/checkout/);
  await tab.getByRole('combobox', { name: /^Shown/ }).selectOption('call api.stripe.com');
  await shows(tab, /valid of call api\.stripe\.com/);
  await tab.getByRole('link', { name: 'Show all entry operations' }).click();
  await address(tab, { operation: null });
  await shows(tab, /valid of all entry operations/);
});

page('service: operations are sorted, calls of others stand last', {}, async (tab, origin) => {
  await tab.goto(origin + shop);
  await drawn(tab);
  const rows = tab.getByRole('region', { name: 'Operations of this service' }).locator('tbody th');
  const first = async () => (await rows.first().innerText()).trim();
  assert.match(await first(), /^POST \/checkout/);
  assert.match(await rows.last().innerText(), /^call /);
  await tab.getByRole('link', { name: 'p95, sort by it' }).click();
  await address(tab, { sort: 'p95' });
  assert.match(await first(), /^task shop\.tasks\.ship/);
  assert.equal(await tab.getByRole('columnheader', { name: 'p95, sort by it' }).getAttribute('aria-sort'), 'descending');
  assert.match(await rows.last().innerText(), /^call /);
});

page('service: the distribution has a cursor for the keyboard, and a table', {}, async (tab, origin) => {
  await tab.goto(origin + shop);
  await drawn(tab);
  const figure = tab.getByRole('figure', { name: 'Latency distribution', exact: true });
  await figure.getByRole('application').focus();
  await tab.keyboard.press('Home');
  const first = await figure.locator('.readout').innerText();
  assert.match(first, /ms to .* ms: [\d,]+ events?, .*%; .*% took at most that/);
  await tab.keyboard.press('ArrowRight');
  assert.notEqual(await figure.locator('.readout').innerText(), first);
  assert.equal(await figure.locator('[aria-live]').innerText(), await figure.locator('.readout').innerText());
  await tab.keyboard.press('End');
  assert.match(await figure.locator('.readout').innerText(), /100\.0% took at most that/);
  await tab.keyboard.press('Escape');
  assert.match(await figure.locator('.readout').innerText(), /p50.*p95.*p99/);
  await figure.getByRole('button', { name: 'Show table' }).click();
  assert.ok((await figure.locator('tbody tr').count()) > 20);
});

page('service: a range that is dragged is pinned, and a double click goes back', {}, async (tab, origin) => {
  await tab.goto(origin + shop);
  await drawn(tab);
  const over = tab.getByRole('figure', { name: 'Traffic', exact: true }).locator('.u-over');
  const box = await over.boundingBox();
  await tab.mouse.move(box.x + 100, box.y + 60);
  await tab.mouse.down();
  await tab.mouse.move(box.x + 260, box.y + 60, { steps: 4 });
  await tab.mouse.up();
  await tab.waitForURL(/from=2026-11-23T05/);
  assert.equal(params(tab).get('namespace'), 'shop');
  await shows(tab, /pinned, does not follow new data/);
  await over.dblclick();
  await tab.waitForURL((url) => !url.searchParams.has('from'));
});

page('service: nothing in the range, nothing known, not started', {}, async (tab, origin) => {
  await tab.goto(origin + '/services/payments?namespace=shop&environment=production');
  await shows(tab, /No event of payments in this range/, /Is telemetry arriving\?/);
  // The bar, the crumb and the page that both lead to say the same word.
  const [bar, crumb] = [tab.getByRole('navigation', { name: 'Pages' }).locator('[aria-current=page]'), tab.locator('.crumbs a').first()];
  assert.deepEqual([await bar.textContent(), await crumb.textContent()], ['Services', 'Services']);
  assert.equal(await bar.getAttribute('href'), await crumb.getAttribute('href'));
  await tab.goto(origin + '/services/shop-app');
  await shows(tab, /No service shop-app is known/, /did you mean "shop-api"\?/);
  await tab.getByRole('link', { name: 'All services' }).click();
  await tab.waitForURL(/\/operations/);
  await tab.goto(origin + '/services/cron?namespace=&environment=');
  await shows(tab, /no objectives/, /No objective counts this service/, /leadline init/);
});

page('service: not started yet', { on: 'starting' }, async (tab, origin) => {
  await tab.goto(origin + shop);
  await shows(tab, /The server is starting/, /follows as soon as the history of shop-api can be read/);
});

page('services: listed worst first above the operations, each a link away', {}, async (tab, origin) => {
  await tab.goto(origin + '/operations');
  const list = tab.getByRole('region', { name: 'Services' });
  await list.locator('tbody tr').first().waitFor();
  assert.match(await list.locator('tbody tr').last().innerText(), /cron[^]*no owner/);
  await tab.getByRole('searchbox').fill('mailer');
  await tab.waitForFunction(() => document.querySelectorAll('[aria-label=Services] tbody tr').length === 1);
  await list.getByRole('link', { name: 'mailer' }).click();
  await tab.waitForURL(/\/services\/mailer\?namespace=shop&environment=production/);
  await drawn(tab);
  await tab.goBack();
  await tab.getByRole('searchbox').fill('stripe');
  await tab.getByRole('link', { name: 'call api.stripe.com' }).click();
  await address(tab, { operation: 'call api.stripe.com' });
  await shows(tab, /valid of call api\.stripe\.com/);
});

page('service: a row of the list and the way above an objective lead to it', {}, async (tab, origin) => {
  await tab.goto(origin);
  const row = tab.locator('#objectives tbody tr').filter({ hasText: 'shop-api' }).first();
  await row.waitFor();
  await row.getByRole('link', { name: 'shop-api', exact: true }).click();
  await tab.waitForURL(/\/services\/shop-api\?namespace=.*environment=/);
  await drawn(tab);
  await tab.goto(`${origin}/slos/shop-api/checkout-succeeds`);
  await tab.locator('.u-over').first().waitFor();
  await tab.getByRole('navigation', { name: 'You are here' }).getByRole('link', { name: 'shop-api' }).click();
  await tab.waitForURL(/\/services\/shop-api\?namespace=.*environment=/);
  await drawn(tab);
});
