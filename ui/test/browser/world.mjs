// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What every browser test stands on: one Chromium and one fixture server for each
// scenario, page() for a test with a tab of its own, and judges such as shows() and
// violations(). Tests live beside this file as NAME.test.mjs, one for each page, each
// run by itself with `node test/browser/NAME.test.mjs` once the UI is built.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { scenarios, serve } from '../server.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const shots = join(here, '..', '..', 'screenshots');
export const assets = join(here, '..', '..', 'dist', 'assets');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const executable = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => path && existsSync(path));
export const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export const servers = {};
export let browser;

before(async () => {
  if (!executable) return;
  mkdirSync(shots, { recursive: true });
  for (const name of scenarios) servers[name] = await serve(name);
});

/** A browser that lives: Chromium dies now and then on a machine that is short of time, which says nothing about the page. */
export async function living() {
  if (browser?.isConnected() !== true) browser = await chromium.launch({ executablePath: executable, args: flags });
  return browser;
}

after(async () => {
  await browser?.close();
  await Promise.all(Object.values(servers).map((server) => server.close()));
});

/** A test with its own page; what the page complains about, or asks of another host, fails it. */
export function page(name, options, body, expected = []) {
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
  const complaints = watched(tab, origin);
  try {
    await body(tab, origin);
    assert.deepEqual(complaints.filter((words) => !expected.some((pattern) => pattern.test(words))), []);
    for (const pattern of expected) assert.ok(complaints.some((words) => pattern.test(words)), `${pattern} was not noticed`);
  } finally {
    await context.close();
  }
}

/** What a page complains about from now on, or asks of another host. */
export function watched(tab, origin) {
  const complaints = [];
  tab.on('pageerror', (error) => complaints.push(String(error)));
  tab.on('console', (message) => {
    const text = message.text();
    // A refused or failed fetch is part of some scenarios; everything else is a fault of the page.
    if (message.type() === 'error' && !/Failed to load resource: the server responded with a status of (400|401|404|500|503)/.test(text)) complaints.push(text);
  });
  tab.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`asked ${request.url()}`);
  });
  return complaints;
}

export const breaching = '/slos/search/checkout-succeeds?environment=production';
export const silent = '/slos/payments/api-big-baskets-work-11';
export const text = (tab, selector = 'main') => tab.locator(selector).innerText();
export const params = (tab) => new URL(tab.url()).searchParams;

/** The address follows an action a moment later; waits for parameters instead of racing them. */
export const address = (tab, want) => tab.waitForURL((url) => Object.entries(want).every(([key, value]) => url.searchParams.get(key) === value));

/** Text of the page once every pattern is in it; the last look says what was missing. */
export async function shows(tab, ...patterns) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const all = await text(tab);
    const missing = patterns.filter((pattern) => !pattern.test(all));
    if (missing.length === 0) return;
    assert.ok(Date.now() < deadline, `${missing.join(', ')} not in:\n${all}`);
    await tab.waitForTimeout(50);
  }
}

/** Waits for what no page shows. */
export async function until(holds) {
  for (const deadline = Date.now() + 20_000; !holds(); await new Promise((done) => setTimeout(done, 20))) assert.ok(Date.now() < deadline, `never came true: ${holds}`);
}
export const drawn = (tab) => tab.locator('.plot canvas').nth(2).waitFor();

/** What axe finds in the whole document. */
export async function violations(tab) {
  // Evaluated by the debugger, which the page's own content policy does not bind.
  await tab.evaluate(axeSource);
  const found = await tab.evaluate(() => globalThis.axe.run(document, { preload: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((node) => node.target.join(' ')).slice(0, 3).join(', ')}`);
}
