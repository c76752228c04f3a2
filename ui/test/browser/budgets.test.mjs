// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What a page may cost.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { assets, page } from './world.mjs';

test('the scripts stay below 120 KB gzipped', (t) => {
  const size = readdirSync(assets).filter((name) => name.endsWith('.js')).reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  t.diagnostic(`${(size / 1024).toFixed(1)} KB gzipped`);
  assert.ok(size <= 120 * 1024, `${size} bytes`);
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
