// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Every view of views.mjs at two widths in both themes: a picture of each lands in
// ui/screenshots for a person to look at, and a machine judges what it can.
// LOOK=alerts narrows both to the views whose name contains the word.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { clipped, faults, overlapping, unmarked } from './judge.mjs';
import { views } from './views.mjs';
import { living, page, servers, shots, violations, watched } from './world.mjs';

const chosen = views.filter((view) => view.name.includes(process.env.LOOK ?? ''));

page('every view has its pictures and no fault that a machine sees', {}, async (_, __, t) => {
  const wanted = chosen.flatMap((view) => view.on.map((scenario) => [view, scenario]));
  const all = wanted.length;
  assert.ok(all > 0, `no view is called ${process.env.LOOK}`);
  const found = [];
  // Two at a time: one page is drawn while the picture of the other is written.
  const worker = async () => {
    for (let next = wanted.shift(); next; next = wanted.shift()) {
      const [view, scenario] = next;
      found.push(...(await look(view, scenario)).map((words) => `${view.name} (${scenario}): ${words}`));
    }
  };
  await Promise.all([worker(), worker()]);
  t.diagnostic(`${4 * all} pictures`);
  assert.deepEqual(found, []);
});

/**
 * A view by itself: its four pictures, and what is wrong with it. It is opened once;
 * width and theme change under it, as they do for somebody who turns a phone or
 * whose evening begins. Layout is judged once a width. Axe, which takes the most
 * time, sees each width and each theme once: a contrast depends on the theme alone.
 */
async function look(view, scenario) {
  const context = await (await living()).newContext({ viewport: { width: 390, height: 900 }, colorScheme: 'light', reducedMotion: 'reduce', deviceScaleFactor: 1 });
  try {
    const tab = await context.newPage();
    const complaints = watched(tab, servers[scenario].origin);
    await tab.goto(servers[scenario].origin + view.path);
    await tab.locator(view.ready).first().waitFor();
    // Tall, because what is out of view is not laid out and would not be judged; but a dialog stands in the middle.
    await tab.setViewportSize({ width: 390, height: 3600 });
    if (view.open) await view.open(tab);
    const height = (await tab.locator('dialog[open]').count()) > 0 ? 900 : 3600;
    await tab.setViewportSize({ width: 390, height });
    const found = [];
    const at = async (width, theme, ...judges) => {
      await picture(tab, `${view.name}-${scenario}-${width}-${theme}.png`);
      for (const judge of judges) found.push(...(await judge(tab)).map((words) => `${width} px, ${theme}: ${words}`));
    };
    await at(390, 'light', faults);
    await tab.emulateMedia({ colorScheme: 'dark' });
    await at(390, 'dark', violations);
    await tab.setViewportSize({ width: 1280, height });
    await at(1280, 'dark');
    await tab.emulateMedia({ colorScheme: 'light' });
    // Rings have the same shape at every width and the same token in both themes; looking for them moves the focus, so it comes last.
    await at(1280, 'light', faults, violations, unmarked);
    return [...found, ...complaints];
  } finally {
    await context.close();
  }
}

/** The page down to its end, once what a new size or theme asks for is drawn. */
async function picture(tab, name) {
  const { width, height: tall } = tab.viewportSize();
  const height = await tab.evaluate(async (most) => {
    for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
    return Math.min(most, Math.ceil(Math.max(600, document.querySelector('main').getBoundingClientRect().bottom)));
  }, tall);
  await tab.screenshot({ path: join(shots, name), clip: { x: 0, y: 0, width, height } });
}

page('on a phone every column of a wide table is in view, with its name', { width: 390 }, async (tab, origin) => {
  for (const [path, heads, within] of [['/operations', /Good[^]*Bad[^]*p99[^]*Versions[^]*Objective/, '[aria-label=Operations] '], ['/intake', /Counted[^]*Ignored/, '']]) {
    await tab.goto(origin + path);
    await tab.locator(`${within}table.stacks`).first().waitFor();
    assert.match((await tab.locator('table.stacks tbody tr:first-child td').evaluateAll((cells) => cells.map((cell) => getComputedStyle(cell, '::before').content))).join(), heads);
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll('.stacks td, .stacks tbody th')].filter((cell) => cell.getBoundingClientRect().right > innerWidth).length), 0, path);
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll('.scroll')].filter((region) => region.scrollWidth > region.clientWidth).length), 0, path);
    assert.deepEqual(await violations(tab), [], path);
    await tab.screenshot({ path: join(shots, `phone${path.replace('/', '-')}.png`), fullPage: true });
  }
});

page('the judges notice a fault', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  assert.deepEqual(await faults(tab), []);
  await tab.evaluate(() => document.querySelector('main').append(document.createElement('button')));
  assert.match((await violations(tab)).join(), /button-name/);
  await tab.evaluate(() => {
    const add = (tag, words, style) => {
      const e = Object.assign(document.createElement(tag), { textContent: words });
      Object.assign(e.style, style);
      document.querySelector('main').prepend(e);
    };
    add('h1', 'Second', {});
    add('p', 'a word that is cut off', { width: '40px', overflow: 'hidden', whiteSpace: 'nowrap' });
    add('p', 'letters on letters', { position: 'absolute', top: '150px', left: '60px', fontSize: '60px' });
    document.querySelector('#main a').style.outline = 'none';
  });
  assert.match((await faults(tab)).join(), /2 h1/);
  assert.match((await clipped(tab)).join(), /p\. "a word that is cut off"/);
  assert.match((await overlapping(tab)).join(), /letters on letters/);
  assert.match((await unmarked(tab)).join(), /no focus ring: <a/);
  const refused = tab.waitForEvent('console', (message) => /Content Security Policy/.test(message.text()));
  await assert.rejects(tab.evaluate(() => fetch('http://localhost:1/elsewhere')));
  await refused;
}, [/Content Security Policy/, /http:\/\/localhost:1\//]);
