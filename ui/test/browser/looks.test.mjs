// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Every page as a picture, and what a machine can judge of it: axe, overflow. A new page is one line of the table.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { breaching, drawn, living, page, servers, shots, silent, violations } from './world.mjs';

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

page('the judges of this file notice a fault', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.evaluate(() => document.querySelector('main').append(document.createElement('button')));
  assert.match((await violations(tab)).join(), /button-name/);
  const refused = tab.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
  await assert.rejects(tab.evaluate(() => fetch('http://localhost:1/elsewhere')));
  await refused;
}, [/Content Security Policy/, /http:\/\/localhost:1\//]);

const contentHeight = (tab) => tab.evaluate(() => Math.min(3600, Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)));
