// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The page of an objective for somebody who was just woken: the five answers, the
// event lane, the burn, files, links, and what a refresh costs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { address, breaching, drawn, page, params, servers, shows, text, violations } from './world.mjs';

const answers = (tab) => text(tab, '.verdict');
const lane = (tab) => tab.getByRole('figure', { name: 'Events' });

page('five answers stand at the top: what, since when, what changed, who, whether to trust it', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await shows(tab, /Version 1\.5\.0 is worse than 1\.4\.2/);
  const said = await answers(tab);
  for (const want of [
    /1\.1% of POST \/checkout failed in the last hour: 44 of 4,000 events; 0\.8% in the last 5 min\./,
    /Since when\s+2026-11-23 05:29 UTC\s+page-1h began, 30 min ago/,
    /49\.8 % of its 3,806 events were bad.*The alert followed 9 min later\./,
    /Owner\s+team-checkout\s+Runbook https:\/\/runbooks\.example\.com\/shop\s+Defined in services\/search\.yaml:24/,
    /To be trusted\?\s+With care\s+part of it is back-filled history/,
  ]) assert.match(said, want);
  // The budget stands directly below, still on the first screen.
  const box = await tab.locator('.tile', { hasText: 'Budget left' }).boundingBox();
  assert.ok(box.y + box.height < 600, `${box.y}`);
  await tab.getByRole('link', { name: 'What stands behind it' }).click();
  await tab.waitForFunction(() => document.getElementById('trust').getBoundingClientRect().top < innerHeight);
});

page('a calm objective says so, a blind one says why it cannot', {}, async (tab, origin) => {
  await tab.goto(origin + '/slos/shop-api/checkout-succeeds');
  await shows(tab, /Nothing is broken: 99\.984% of POST \/checkout succeeded over 28d/, /Nothing fires/, /No new version/);
  await tab.goto(origin + '/?state=no_data');
  await tab.locator('#objectives tbody a').first().click();
  await shows(tab, /Nobody can tell how POST \/checkout does: no event for 17 min\./);
});

page('the verdict is of now, also over charts of the past', {}, async (tab, origin) => {
  const asked = [];
  tab.on('request', (request) => asked.push(new URL(request.url())));
  await tab.goto(origin + breaching + '&from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z');
  await shows(tab, /Version 1\.5\.0 is worse than 1\.4\.2/);
  const events = asked.filter((url) => url.pathname.endsWith('/events') && url.pathname.includes('/slos/'));
  assert.deepEqual(events.map((url) => [url.searchParams.get('from'), url.searchParams.get('to')]).sort(), [['2026-11-18T00:00:00Z', '2026-11-19T00:00:00Z'], ['now-1h', null]]);
  await lane(tab).locator('.bar', { hasText: '1.4.1' }).hover();
  // What the lane points at is shaded in every chart.
  await tab.locator('.plot-band').nth(3).waitFor({ state: 'attached' });
});

page('sections are found by their links', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const links = tab.getByRole('navigation', { name: 'On this page' }).getByRole('link');
  assert.deepEqual(await links.allInnerTexts(), ['Charts', 'Alerts', 'Groups', 'Trust', 'How it is computed', 'Exclusions', 'Corrections', 'Generations']);
  for (const href of await links.evaluateAll((all) => all.map((a) => a.getAttribute('href')))) assert.equal(await tab.locator(href).count(), 1, href);
});

page('the lane by keyboard: one stop, arrows inside, Enter shows the range', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const bars = lane(tab).locator('.bar');
  assert.equal(await bars.evaluateAll((all) => all.filter((b) => b.tabIndex === 0).length), 1);
  await bars.first().focus();
  await tab.keyboard.press('End');
  const focused = () => tab.evaluate(() => document.activeElement.getAttribute('aria-label'));
  assert.match(await focused(), /^version 1\.5\.0, since 2026-11-23 05:20 UTC\. 49\.\d+% of 3,806 events bad, p95 411 ms$/);
  await tab.getByText('Click or Enter shows its range.').waitFor();
  // The charts stand where the focus stands.
  await tab.getByRole('figure', { name: 'SLI' }).locator('.readout', { hasText: /^2026-11-23 06:00 UTC/ }).waitFor();
  await tab.keyboard.press('ArrowDown');
  assert.match(await focused(), /^(page|ticket)-\w+, since 2026-11-23 05:/);
  await tab.keyboard.press('Escape');
  await tab.getByText('are drawn through every chart').waitFor();
  await tab.keyboard.press('ArrowUp');
  await tab.keyboard.press('Enter');
  await address(tab, { from: 'now-1h', to: null });
  await shows(tab, /2026-11-23 05:00 to 2026-11-23 06:00 UTC/);
});

page('the lane as a table, with the way to each range', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await lane(tab).getByRole('button', { name: 'Show table' }).click();
  const rows = lane(tab).locator('tbody tr');
  assert.match(await rows.filter({ hasText: 'version 1.4.1' }).innerText(), /2026-11-11 13:12 to 2026-11-19 06:00 UTC\s+version 1\.4\.1\s+0\.02% of 40,012 events bad/);
  assert.match(await lane(tab).innerText(), /back-filled history\s+Written afterwards/);
  await rows.filter({ hasText: 'load test' }).getByRole('link').click();
  await address(tab, { from: '2026-11-18T05:45:00Z', to: '2026-11-18T06:45:00Z' });
});

page('the lane and the charts stand on the same pixels and move one cursor', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const edges = (selector) => tab.locator(selector).first().evaluate((e) => [e.getBoundingClientRect().left, e.getBoundingClientRect().right].map(Math.round));
  const [over, plot] = [await edges('.lane-over'), await edges('.plot .u-over')];
  assert.ok(Math.abs(over[0] - plot[0]) <= 1 && Math.abs(over[1] - plot[1]) <= 1, `${over} and ${plot}`);
  await tab.locator('.plot .u-over').first().scrollIntoViewIfNeeded();
  const box = await tab.locator('.plot .u-over').first().boundingBox();
  await tab.mouse.move(box.x + box.width * 0.97, box.y + 40);
  await tab.locator('.lane-cursor').waitFor({ state: 'attached' });
  assert.match(await lane(tab).locator('.readout').innerText(), /^2026-11-22 .*version 1\.4\.2/);
});

page('from an alert to its time, on its own page and from the list', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.locator('.verdict').getByRole('link', { name: /^Show this episode/ }).click();
  await address(tab, { from: 'now-1h', environment: 'production' });
  await tab.getByText('1 alert ended before').click();
  await tab.locator('.rules').getByRole('link', { name: 'Show this episode of ticket-3d' }).last().click();
  await address(tab, { from: '2026-11-20T03:36:00Z', to: '2026-11-20T18:00:00Z' });
  await tab.waitForFunction(() => document.getElementById('charts').getBoundingClientRect().top < 200);
  await tab.goto(origin + '/alerts?q=search');
  await tab.locator('.alerts > article').first().getByRole('link', { name: /^Show this episode/ }).click();
  await address(tab, { from: 'now-1h' });
  assert.match(tab.url(), /\/slos\/search\//);
});

page('the burn: a line for each pair, thresholds named, the same as a table', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const burn = tab.getByRole('figure', { name: 'Burn rate' });
  assert.match(await burn.innerText(), /1h for 13\.44x page-1h\s+6h for 5\.6x page-6h\s+1d for 2\.8x ticket-1d\s+3d for 1x ticket-3d/);
  assert.match(await burn.locator('figcaption p').textContent(), /Over 1h the budget burned at most [\d.]+x, 2026-11-\d\d.*above their thresholds for page-1h.*back-filled history/);
  await burn.getByRole('button', { name: 'Show table' }).click();
  assert.match(await burn.locator('tbody tr').first().innerText(), /2026-11-23 06:00 UTC\s+22\.1x\s+11\.6x\s+7\.89x\s+5\.97x\s+live/);
});

page('charts and events are saved as files', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const saved = async (name) => {
    const waits = tab.waitForEvent('download');
    await tab.getByRole('button', { name, exact: true }).click();
    const file = await waits;
    return [file.suggestedFilename(), readFileSync(await file.path())];
  };
  const [name, burn] = await saved('Download Burn rate as CSV');
  assert.equal(name, 'search-checkout-succeeds-burn-rate.csv');
  const lines = burn.toString().split('\r\n');
  assert.equal(lines[0], 'step_end,page-1h 1h,page-6h 6h,ticket-1d 1d,ticket-3d 3d,source,left out');
  assert.match(lines[lines.length - 2], /^2026-11-23T06:00:00Z,22\.1,11\.63,7\.89,5\.97,live,nothing$/);
  const [, events] = await saved('Download Events as CSV');
  assert.match(events.toString(), /\r\n2026-11-23T05:20:00Z,,version,version 1\.5\.0,"49/);
  const [picture, bytes] = await saved('Download SLI as PNG');
  assert.equal(picture, 'search-checkout-succeeds-sli.png');
  assert.equal(bytes.subarray(1, 4).toString(), 'PNG');
});

page('a copied link shows the same range to somebody else', {}, async (tab, origin) => {
  await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await tab.goto(origin + breaching + '&from=now-6h');
  await drawn(tab);
  await tab.getByRole('button', { name: 'Copy link' }).click();
  await tab.getByText('Copied, with this range').waitFor();
  const copied = new URL(await tab.evaluate(() => navigator.clipboard.readText()));
  assert.deepEqual([copied.pathname, copied.searchParams.get('from'), copied.searchParams.get('to'), copied.searchParams.get('environment')], ['/slos/search/checkout-succeeds', '2026-11-23T00:00:00Z', '2026-11-23T06:00:00Z', 'production']);
});

page('without events the rest of the page stands', {}, async (tab, origin) => {
  await tab.route('**/events?*', (route) => route.fulfill({ status: 404, body: '{"error":{"message":"no such path"}}' }));
  await tab.goto(origin + breaching);
  await drawn(tab);
  assert.match(await answers(tab), /What happened is not known: no such path/);
  assert.equal(await tab.getByRole('figure').count(), 4);
  assert.deepEqual(await violations(tab), []);
});

page('axe finds nothing in the lane as a table and with an event in focus', { theme: 'dark' }, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await lane(tab).locator('.bar').first().focus();
  assert.deepEqual(await violations(tab), []);
  await lane(tab).getByRole('button', { name: 'Show table' }).click();
  assert.deepEqual(await violations(tab), []);
});

page('what it costs (told, not judged)', {}, async (tab, origin, t) => {
  await tab.addInitScript(() => {
    globalThis.long = [];
    new PerformanceObserver((list) => list.getEntries().forEach((e) => globalThis.long.push(Math.round(e.duration)))).observe({ type: 'longtask', buffered: true });
  });
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByText('Live', { exact: true }).waitFor();
  const [paint, first] = await tab.evaluate(() => [performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN, globalThis.long.splice(0)]);
  for (let i = 0; i < 5; i++) {
    const before = await tab.locator('.plot canvas').last().elementHandle();
    servers.many.announce();
    await tab.waitForFunction((old) => !old.isConnected, before);
  }
  const refresh = await tab.evaluate(() => globalThis.long.splice(0));
  const click = await tab.evaluate(async () => {
    const start = performance.now();
    document.querySelector('.chart-acts button').click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
  });
  t.diagnostic(`first paint ${paint.toFixed(0)} ms, long tasks while it opens [${first}] ms, in five refreshes [${refresh}] ms, a click ${click.toFixed(0)} ms`);
  assert.ok(params(tab) !== null);
});
