// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The pages in a real Chromium against the fixture server: what they show, the
// whole way by keyboard, axe in both themes, no request to anywhere else, the
// size of the scripts. Screenshots land in ui/screenshots for a person to look at.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { scenarios, serve } from './server.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const shots = join(here, '..', 'screenshots');
const assets = join(here, '..', 'dist', 'assets');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const scriptLimit = 120 * 1024;

const executable = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

const servers = {};
let browser;

before(async () => {
  if (!executable) return;
  mkdirSync(shots, { recursive: true });
  for (const name of scenarios) servers[name] = await serve(name);
});

/** A browser that lives: Chromium dies now and then on a machine that is short of time, which says nothing about the page. */
async function living() {
  if (browser?.isConnected() !== true) browser = await chromium.launch({ executablePath: executable, args: flags });
  return browser;
}

after(async () => {
  await browser?.close();
  await Promise.all(Object.values(servers).map((server) => server.close()));
});

/** A test with its own page; what the page complains about, or asks of another host, fails it. */
function page(name, options, body, expected = []) {
  test(name, async (t) => {
    if (!executable) {
      assert.notEqual(process.env.CI, 'true', `no Chromium found, and CI must not skip: ${name}`);
      t.skip('no Chromium found; set CHROMIUM to its path');
      return;
    }
    try {
      await visit(options, (tab, origin) => body(tab, origin, t), expected);
    } catch (failure) {
      if (browser.isConnected() && !/has been closed|crashed/.test(failure.message)) throw failure;
      await browser.close();
      t.diagnostic(`Chromium died, and the test begins again: ${failure.message}`);
      await visit(options, (tab, origin) => body(tab, origin, t), expected);
    }
  });
}

/** One page in a context of its own, that ends with it. */
async function visit(options, body, expected) {
  const context = await (await living()).newContext({ viewport: { width: options.width ?? 1280, height: 900 }, colorScheme: options.theme ?? 'light', timezoneId: 'Europe/Berlin', reducedMotion: 'reduce' });
  const tab = await context.newPage();
  const origin = servers[options.on ?? 'many'].origin;
  const complaints = [];
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('console', (message) => {
    const text = message.text();
    // A refused or failed fetch is part of some scenarios; everything else is a fault of the page.
    if (message.type() === 'error' && !/Failed to load resource: the server responded with a status of (400|401|404|500)/.test(text)) complaints.push(text);
  });
  tab.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asked ${request.url()}`);
  });
  try {
    await body(tab, origin);
    assert.deepEqual(complaints.filter((words) => !expected.some((pattern) => pattern.test(words))), []);
    for (const pattern of expected) assert.ok(complaints.some((words) => pattern.test(words)), `${pattern} was not noticed`);
  } finally {
    await context.close();
  }
}

const breaching = '/slos/search/checkout-succeeds?environment=production';
const silent = '/slos/payments/api-big-baskets-work-11';
const text = (tab, selector = 'main') => tab.locator(selector).innerText();
const params = (tab) => new URL(tab.url()).searchParams;

/** The address follows an action a moment later; waits for parameters instead of racing them. */
const address = (tab, want) => tab.waitForURL((url) => Object.entries(want).every(([key, value]) => url.searchParams.get(key) === value));

/** Text of the page once every pattern is in it; the last look says what was missing. */
async function shows(tab, ...patterns) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const all = await text(tab);
    const missing = patterns.filter((pattern) => !pattern.test(all));
    if (missing.length === 0) return;
    assert.ok(Date.now() < deadline, `${missing.join(', ')} not in:\n${all}`);
    await tab.waitForTimeout(50);
  }
}

async function until(holds) {
  for (const deadline = Date.now() + 20_000; !holds(); await new Promise((done) => setTimeout(done, 20))) assert.ok(Date.now() < deadline, `never came true: ${holds}`);
}
const drawn = (tab) => tab.locator('.plot canvas').nth(2).waitFor();

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

page('one objective: verdict, tiles, charts, groups, trust, arithmetic', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await shows(tab, /Breaching/, /1 h burn 22\.1x/, /99\.9664%/, /target 99\.95% over 28d/, /457 of 1,389 events, 932 spent/, /10 h/, /customer\.tier=gold/, /Window covered/, /2,778,167 \/ 2,779,099 events = 99\.9664%/, /services\/search\.yaml:24/);
  assert.equal(await tab.getByRole('figure').count(), 3);
  assert.match(await tab.title(), /checkout-succeeds/);
});

page('what was not measured is never shown as a number', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByRole('button', { name: /Not measured/ }).click();
  const row = await text(tab, '#objectives tbody tr:first-child');
  assert.doesNotMatch(row.replace(/\d+(\.\d+)?% \d+d/, ''), /\d%/);
  await tab.locator('#objectives tbody a').first().click();
  await tab.locator('.tile').first().waitFor();
  const values = await tab.locator('.tile .value').allInnerTexts();
  assert.equal(values.length, 5);
  for (const value of values) assert.equal(value, 'not measured');
  await shows(tab, /No valid event in this range/);
});

page('an objective that went silent keeps its counts and says why', {}, async (tab, origin) => {
  await tab.goto(origin + '/?state=no_data');
  await tab.locator('#objectives').waitFor();
  await tab.locator('#objectives tbody a').first().click();
  await drawn(tab);
  await shows(tab, /no event for 17 min/);
});

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

page('the time zone changes every time and travels in the address', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByText('Local', { exact: true }).click();
  await address(tab, { tz: 'local' });
  await tab.getByText('to 2026-11-23 07:00 UTC+1').waitFor();
  await tab.getByRole('link', { name: 'Intake' }).click();
  await address(tab, { tz: 'local' });
  await shows(tab, /06:59:57 UTC\+1/);
});

page('the theme is chosen, kept and drawn before the first paint', { theme: 'light' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByRole('combobox', { name: 'Theme' }).selectOption('dark');
  const dark = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await tab.reload();
  assert.equal(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
  assert.equal(await tab.getByRole('combobox', { name: 'Theme' }).inputValue(), 'dark');
  await tab.getByRole('combobox', { name: 'Theme' }).selectOption('auto');
  assert.notEqual(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), dark);
});

page('the whole way by keyboard', {}, async (tab, origin) => {
  const focused = () => tab.evaluate(() => document.activeElement?.textContent?.trim() ?? '');
  // Content that is not drawn yet cannot take the focus, so every step waits for what it needs.
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.keyboard.press('Tab');
  assert.equal(await focused(), 'Skip to content');
  await tab.keyboard.press('Enter');
  assert.equal(await tab.evaluate(() => document.activeElement?.id), 'main');
  await tab.keyboard.press('/');
  await tab.keyboard.type('checkout-succeeds search');
  await tab.waitForFunction(() => document.querySelectorAll('#objectives tbody tr').length < 30);
  for (let i = 0; i < 8 && (await focused()) !== 'checkout-succeeds'; i++) await tab.keyboard.press('Tab');
  await tab.keyboard.press('Enter');
  await drawn(tab);
  assert.match(tab.url(), /slos\/search\/checkout-succeeds/);

  for (let i = 0; i < 40 && !(await tab.evaluate(() => document.activeElement?.classList.contains('plot'))); i++) await tab.keyboard.press('Tab');
  await tab.keyboard.press('End');
  const spoken = (words) => tab.locator('figure').first().locator('[aria-live]').filter({ hasText: words }).waitFor({ state: 'attached' });
  await spoken(/2026-11-23 06:00 UTC: budget left 32\.\d%, burn-down 32\.9%, source live/);
  await tab.keyboard.press('ArrowLeft');
  await spoken(/2026-11-23 04:00 UTC/);
  await tab.keyboard.press('Shift+ArrowLeft');
  await spoken(/2026-11-22 08:00 UTC/);
  await tab.keyboard.press('z');
  await tab.waitForURL(/from=/);
  await tab.locator('.plot').first().focus();
  await tab.keyboard.press('x');
  await tab.waitForURL((url) => !url.searchParams.has('from'));

  for (const [key, name] of [['a', 'Alerts'], ['s', 'Silences'], ['r', 'Receivers']]) {
    await tab.keyboard.press('g');
    await tab.keyboard.press(key);
    await tab.getByRole('heading', { name, exact: true }).waitFor();
  }
  await tab.keyboard.press('g');
  await tab.keyboard.press('i');
  await tab.getByRole('heading', { name: 'Intake', exact: true }).waitFor();
  await tab.keyboard.press('?');
  await tab.getByRole('dialog').waitFor();
  await tab.keyboard.press('Escape');
  await tab.getByRole('dialog').waitFor({ state: 'hidden' });
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
  await tab.getByText('Reconnecting').waitFor();
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
    assert.match(stdout, /class="fleet card"/);
    assert.match(stdout, />Live</);
  } finally {
    rmSync(profile, { recursive: true, force: true });
  }
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

page('an objective that is minutes old opens on its minutes, and the whole window is one click away', { on: 'young' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives tbody a').first().click();
  await address(tab, { from: 'now-1h' });
  await drawn(tab);
  await shows(tab, /Budget left\s+0 events\s+too few events to allow a bad one/, /100\.000%/);
  await tab.getByRole('link', { name: '28d window' }).click();
  await address(tab, { from: 'now-28d' });
});

page('what an objective counted by before is listed, and its numbers are shown', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const list = tab.getByRole('region', { name: 'Generations' });
  assert.equal(await list.locator('tbody tr').count(), 2);
  assert.match(await text(tab, '.generations tbody tr:first-child'), /^2\s+2026-10-14 06:00 UTC\s+until now\s+shown above\s+99\.95% over 28d\s+no longer operation "POST \/pay"\s+now operation "POST \/checkout"/);
  assert.match(await text(tab, '.generations tbody tr:last-child'), /99% over 28d\s+without 2026-09-06T02:00 in Europe\/Berlin/);
  await list.getByText('The whole rule').last().click();
  assert.match(await text(tab, '.generations tbody tr:last-child'), /kind availability\nservice "shop-api"/);
  await list.getByRole('link', { name: 'Show its numbers' }).click();
  await address(tab, { generation: '51c0de77a1f4c2d7', from: '2026-08-25T06:00:00Z', to: '2026-10-14T06:00:00Z', environment: 'production' });
  const said = tab.getByRole('region', { name: 'Earlier generation' });
  await said.waitFor();
  assert.match(await said.innerText(), /Generation 1, until 2026-10-14 06:00 UTC\..*Its target was 99% over 28d\. In this range \d+\.\d+% of [\d,]+ valid events were good, [\d,]+ bad/);
  assert.match(await text(tab, 'figure:nth-of-type(2)'), /target 99%/);
  assert.match(await text(tab, '.generations tbody tr:last-child'), /shown above/);
  // The counts in the words are those of the chart's own steps.
  const [, good, bad] = /([\d,]+) good and ([\d,]+) bad events/.exec(await text(tab, 'figure:nth-of-type(3)'));
  const number = (words) => Number(words.replaceAll(',', ''));
  assert.equal(number(/of ([\d,]+) valid/.exec(await said.innerText())[1]), number(good) + number(bad));
  await said.getByRole('link', { name: 'Back to the generation that runs' }).click();
  await address(tab, { generation: null, from: null });
  await said.waitFor({ state: 'detached' });
});

page('operations: the window is chosen, lives in the address and is said', {}, async (tab, origin) => {
  await tab.goto(origin + '/operations');
  await shows(tab, /last 1h/, /2026-11-23 05:00 to 2026-11-23 06:00 UTC/);
  const good = async () => Number((await tab.locator('tbody td:nth-child(3)').first().innerText()).replaceAll(',', ''));
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
  await tab.locator('tbody tr').first().waitFor();
  // Read out in its cell, seen in the head of the page only.
  const words = tab.getByText('not measured');
  assert.equal(await words.evaluateAll((all) => all.filter((e) => !e.classList.contains('hidden')).length), 1);
  assert.match(await text(tab, '.fleet-tools [role=status]'), /– is not measured$/);
  assert.equal(await tab.locator('td').filter({ hasText: '–' }).count(), 5);
  await tab.getByRole('searchbox').fill('checkout');
  await tab.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1);
  assert.doesNotMatch(await text(tab), /not measured/);
});

page('on a phone every column of a wide table is in view, with its name', { width: 390 }, async (tab, origin) => {
  for (const [path, heads] of [['/operations', /Good[^]*Bad[^]*p99[^]*Versions[^]*Objective/], ['/intake', /Counted[^]*Ignored/]]) {
    await tab.goto(origin + path);
    await tab.locator('table.stacks').first().waitFor();
    const row = tab.locator('table.stacks tbody tr').first();
    assert.match((await row.locator('td').evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell, '::before').content))).join(), heads);
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll('.stacks td, .stacks tbody th')].filter((cell) => cell.getBoundingClientRect().right > innerWidth).length), 0, path);
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll('.scroll')].filter((region) => region.scrollWidth > region.clientWidth).length), 0, path);
    assert.deepEqual(await violations(tab), [], path);
    await tab.screenshot({ path: join(shots, `phone${path.replace('/', '-')}.png`), fullPage: true });
  }
});

page('half an address leads to the service, a wrong one to the list', {}, async (tab, origin) => {
  await tab.goto(origin + '/slos/search');
  await tab.waitForURL((url) => url.pathname === '/' && url.searchParams.get('service') === 'search');
  await tab.locator('#objectives tbody tr').first().waitFor();
  await tab.goto(origin + '/slos/search/nothing');
  await tab.getByText('there is no such objective').waitFor();
  await tab.getByRole('link', { name: 'All objectives' }).click();
  await tab.waitForURL((url) => url.pathname === '/' && url.search === '');
});

page('the charts say their numbers in whole sentences', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const described = async (name) => tab.evaluate((figure) => document.getElementById(figure.getAttribute('aria-describedby')).textContent, await tab.getByRole('figure', { name }).elementHandle());
  assert.match(await described('Error budget'), /^Budget left at the start of this range: \d+\.\d%; at its end: 32\.\d%[.,]/);
  assert.match(await described('SLI'), /^The SLI was below the target of 99\.95% in \d+ of \d+ steps with events\.[^]* 4 stretches of time are left out, shaded in the chart: weekly index rebuild\.$/);
  assert.match(await described('Traffic'), /^[\d,]+ good and [\d,]+ bad events in this range\. 4 stretches/);
});

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

page('one objective only: the list stands without filters for one service', { on: 'one' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.locator('#objectives tbody tr').first().waitFor();
  assert.equal(await tab.locator('#objectives tbody tr').count(), 1);
  await shows(tab, /1 objective, worst first/);
});

page('an error says what, the hint, and offers another try', { on: 'broken' }, async (tab, origin) => {
  for (const path of ['/', '/alerts', '/silences', '/receivers', '/operations', '/intake', breaching]) {
    await tab.goto(origin + path);
    await tab.getByText('open series store: block 01K is damaged').waitFor();
    await tab.getByText('--repair').waitFor();
    await tab.getByRole('button', { name: 'Try again' }).waitFor();
  }
});

page('a missing objective and a missing page', {}, async (tab, origin) => {
  await tab.goto(origin + '/slos/shop-api/nothing');
  await tab.getByText('there is no such objective').waitFor();
  await tab.goto(origin + '/nowhere');
  await tab.getByRole('heading', { name: 'No such page' }).waitFor();
});

page('loading is announced while an answer is slow', { on: 'slow' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.getByText('Reading objectives').waitFor();
  await tab.locator('#objectives').waitFor();
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

page('a sick intake is an alert that names the cause', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.locator('.is-red[role=alert]').waitFor();
  assert.match(await text(tab, '[role=alert]'), /input\/output error/);
  await shows(tab, /00000041 at offset 1,048,576: checksum does not match/);
});

page('alerts: worst first, what each sees, who was told, why it is quiet', {}, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  const cards = tab.locator('.alerts > article');
  await cards.first().waitFor();
  const first = await cards.first().innerText();
  for (const want of [/Firing page/, /Critical/, /checkout-succeeds/, /1h burn 22\.1x, 5m 16\.4x, threshold 13\.44x; 33% of the budget left, exhausted in 10h at this rate/, /Long window 1h\s+22\.1x above/, /Short window 5m\s+16\.4x above/, /Threshold\s+13\.44x/, /2026-11-23 05:29:00 UTC for 30 min/, /in 10 h 2026-11-23 16:00 UTC/, /oncall was told that it began/, /team-checkout waits to be told that it began, since 2026-11-23 05:29:02 UTC; 7 attempts: post: the connection was refused/]) assert.match(first, want);
  await shows(tab, /1 receiver fails: team-checkout/, /Silenced: nobody is told until 2026-11-23 08:00 UTC, says Anna Weber: The index is being rebuilt; slow answers are expected\./, /Frozen: no event has come for 17m; it neither begins nor ends/, /24 alerts are inhibited/);
  assert.equal(await tab.getByText('Inhibited by page-1h').first().isVisible(), false);
  await tab.getByText('24 alerts are inhibited').click();
  await shows(tab, /Inhibited by page-1h, which calls for the same burn: nobody is told of this one/, /Waits to end: its conditions have not held since 2026-11-23 05:56:00 UTC; it ends at 2026-11-23 06:26:00 UTC unless they hold again/);
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

page('one objective: its rules, each with its pair, its verdict and its alert', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  const rules = tab.locator('.rule-list > li');
  await rules.first().waitFor();
  assert.equal(await rules.count(), 5);
  await tab.getByText('3 more rules: page-6h recovering (inhibited), ticket-1d critical (inhibited), absent').click();
  const [page1h, page6h] = [await rules.nth(0).innerText(), await rules.nth(2).innerText()];
  for (const want of [/Critical\s+page-1h/, /Firing page\s+since 2026-11-23 05:29 UTC/, /both windows burn above the threshold/, /22\.1x above/, /2026-11-23 16:00 UTC, at the rate of the last 1h/, /Told: oncall \(delivered\), team-checkout \(waiting\)/]) assert.match(page1h, want);
  for (const want of [/Waits to end\s+page-6h/, /only the long window burns above it: it has stopped/, /1\.16x not above/, /Inhibited by page-1h/]) assert.match(page6h, want);
  // The tile, the sentence and the rule forecast the same.
  assert.match(await text(tab, '.tiles'), /Budget is gone\s+in 10 h\s+2026-11-23 16:00 UTC, at the rate of the last 1h/);
  await tab.goto(origin + '/slos/shop-api/checkout-succeeds');
  const calm = tab.getByText('None of 5 rules fires');
  await calm.waitFor();
  assert.equal(await tab.locator('.rule-list').isVisible(), false);
  await calm.click();
  await shows(tab, /page-1h: page when burn above 13\.44x over 1h and 5m, from 5 bad events on/);
});

page('an alert of a group stands with its group', {}, async (tab, origin) => {
  await tab.goto(origin + '/alerts?q=customer.tier');
  await tab.locator('.alerts > article').first().getByRole('link').first().click();
  const group = tab.locator('.rules .alerts > article');
  await group.waitFor();
  assert.match(await group.innerText(), /customer\.tier=gold[^]*Silenced: nobody is told/);
});

page('planned exclusions: past and next, shaded, said in the table', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const list = tab.getByRole('region', { name: 'Planned exclusions' });
  assert.match(await list.innerText(), /weekly index rebuild\s+2026-11-29 02:00 to 04:00 UTC\s+2026-12-06 02:00 to 04:00 UTC\s+2 more\s+2026-11-22 02:00 to 04:00 UTC[^]*FREQ=WEEKLY;BYDAY=SU\s+for 2h, by the clocks of Europe\/Berlin/);
  assert.match(await list.innerText(), /move to the new database\s+2026-12-05 22:00 to 2026-12-06 02:00 UTC\s+not within the window\s+once/);
  await list.getByText('2 more').nth(1).click();
  assert.match(await list.innerText(), /2026-11-01 02:00 to 04:00 UTC/);
  const sli = tab.getByRole('figure', { name: 'SLI' });
  assert.match(await sli.innerText(), /left out/);
  await sli.getByRole('button', { name: 'Show table' }).click();
  assert.match(await sli.locator('tbody tr', { hasText: '2026-11-22 04:00 UTC' }).innerText(), /weekly index rebuild$/);
  assert.match(await sli.locator('tbody tr').first().innerText(), /nothing$/);
});

page('corrections: who left out what, why, and what it did', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  const list = tab.getByRole('region', { name: 'Corrections' });
  await list.waitFor();
  assert.match(await list.innerText(), /7\s+the load test ran against production\s+ada@example\.com, 2026-11-18 08:24 UTC\s+every event\s+after 2026-11-18 06:00 UTC up to 2026-11-18 06:30 UTC\s+41 bad, 1,812 good\s+416, then 457 events/);
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

page('an objective that counts nothing now says why and until when', {}, async (tab, origin) => {
  await tab.goto(origin + '/?state=paused');
  await tab.locator('#objectives tbody a').first().click();
  await shows(tab, /Nothing is counted now: weekly index rebuild, until 2026-11-23T06:30:00Z/);
});

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

const views = [
  ['alerts', 'red', '/alerts', '.alerts > article'],
  ['silences', 'many', '/silences', '.silence'],
  ['silence-form', 'many', '/silences?match=service%3D%22shop-api%22&match=group%3D~%22eu-.*%22', '.silence-form'],
  ['receivers', 'red', '/receivers', '.receiver'],
  ['no-receivers', 'empty', '/receivers', '.screen'],
  ['no-alerts', 'empty', '/alerts', '.screen'],
  ['fleet', 'red', '/', '.fleet'],
  ['objective', 'many', breaching, '.u-over'],
  ['exhausted', 'many', '/slos/shop-worker/browse-is-fast-9?environment=production', '.tiles'],
  ['not-measured', 'many', silent, '.tiles'],
  ['young', 'young', '/slos/shop-api/checkout-succeeds', '.u-over'],
  ['zoomed', 'many', breaching + '&from=now-6h', '.u-over'],
  ['earlier-generation', 'many', breaching + '&generation=51c0de77a1f4c2d7&from=2026-08-25T06:00:00Z&to=2026-10-14T06:00:00Z', '.u-over'],
  ['operations', 'many', '/operations', 'table'],
  ['operations-400d', 'many', '/operations?window=400d', 'table'],
  ['intake', 'many', '/intake', 'table'],
  ['intake-red', 'red', '/intake', '.is-red'],
  ['empty', 'empty', '/', '.first-steps'],
  ['error', 'broken', '/', '.screen'],
  ['sign-in', 'locked', '/', '.sign-in'],
];

for (const theme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    page(`axe finds nothing and nothing overflows: ${theme}, ${width} px`, { theme, width }, async () => {
      for (const [name, on, path, ready] of views) {
        const context = await (await living()).newContext({ viewport: { width, height: 900 }, colorScheme: theme, reducedMotion: 'reduce', deviceScaleFactor: 1 });
        const tab = await context.newPage();
        await tab.goto(servers[on].origin + path);
        await tab.locator(ready).first().waitFor();
        // Tall, because what is out of view is not laid out and would not be judged.
        await tab.setViewportSize({ width, height: 3600 });
        const found = await violations(tab);
        assert.deepEqual(found, [], `${name}: axe`);
        assert.ok((await tab.evaluate(() => document.documentElement.scrollWidth)) <= width, `${name} is wider than ${width} px`);
        await tab.screenshot({ path: join(shots, `${name}-${width}-${theme}.png`), clip: { x: 0, y: 0, width, height: await contentHeight(tab) } });
        await context.close();
      }
    });
  }
}

page('axe finds nothing in what opens on demand', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByText('Custom', { exact: true }).click();
  await tab.locator('details').evaluateAll((all) => all.forEach((e) => (e.open = true)));
  await tab.getByRole('figure', { name: 'SLI' }).getByRole('button', { name: 'Show table' }).click();
  assert.deepEqual(await violations(tab), []);
  await tab.screenshot({ path: join(shots, 'opened-1280-light.png') });
  await tab.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  assert.deepEqual(await violations(tab), []);
  await tab.screenshot({ path: join(shots, 'shortcuts-1280-light.png') });
});

const contentHeight = (tab) => tab.evaluate(() => Math.min(3600, Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)));

page('the judges of this file notice a fault', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.evaluate(() => document.querySelector('main').append(document.createElement('button')));
  assert.match((await violations(tab)).join(), /button-name/);
  const refused = tab.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
  await assert.rejects(tab.evaluate(() => fetch('http://localhost:1/elsewhere')));
  await refused;
}, [/Content Security Policy/, /http:\/\/localhost:1\//]);

async function violations(tab) {
  // Evaluated by the debugger, which the page's own content policy does not bind.
  await tab.evaluate(axeSource);
  const found = await tab.evaluate(() => globalThis.axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
}

test('the scripts stay below 120 KB gzipped', (t) => {
  const size = readdirSync(assets).filter((name) => name.endsWith('.js')).reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  t.diagnostic(`${(size / 1024).toFixed(1)} KB gzipped`);
  assert.ok(size <= scriptLimit, `${size} bytes`);
});

page('how long it takes (told, not judged)', {}, async (tab, origin, t) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  const paint = await tab.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  const click = async (act) => tab.evaluate(async (index) => {
    const target = document.querySelectorAll(index.selector)[index.at];
    const start = performance.now();
    target.click();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    return performance.now() - start;
  }, act);
  const filter = await click({ selector: '.state-counts button', at: 7 });
  const open = await click({ selector: '#objectives tbody a', at: 3 });
  t.diagnostic(`first paint ${paint.toFixed(0)} ms, filter of 200 objectives ${filter.toFixed(0)} ms, open one ${open.toFixed(0)} ms`);
});
