// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Whoever cannot see, point or wait, and whoever has no network: one way through
// the pages by keyboard alone, what a screen reader hears, colours that the system
// chooses, large letters, paper, six tabs.
import assert from 'node:assert/strict';
import { overflowing } from './judge.mjs';
import { address, breaching, drawn, page, servers, shows, until } from './world.mjs';

/** Presses Tab until something of this name has the focus. */
async function tabTo(tab, name, most = 80) {
  const seen = [];
  for (let i = 0; i < most; i++) {
    await tab.keyboard.press('Tab');
    const focused = await tab.evaluate(() => {
      const e = document.activeElement;
      const ring = getComputedStyle(e);
      return { name: (e.getAttribute('aria-label') ?? e.textContent ?? '').trim(), marked: e.matches(':focus-visible') && ring.outlineStyle !== 'none' };
    });
    seen.push(focused.name);
    if (!name.test(focused.name)) continue;
    assert.ok(focused.marked, `${focused.name} has the focus and does not show it`);
    return;
  }
  assert.fail(`${name} is not reached by Tab: ${seen.join(' | ')}`);
}

page('from the list to a silence by keyboard alone', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.keyboard.press('/');
  await tab.keyboard.type('checkout-succeeds search');
  await address(tab, { q: 'checkout-succeeds search' });
  await tabTo(tab, /^checkout-succeeds$/);
  await tab.keyboard.press('Enter');
  await drawn(tab);
  await tabTo(tab, /^Show table$/, 120);
  await tab.keyboard.press('Enter');
  await tab.getByRole('button', { name: 'Show chart' }).waitFor();
  assert.ok((await tab.locator('figure tbody tr').count()) > 0);
  await tab.keyboard.press('g');
  await tab.keyboard.press('a');
  await tab.locator('.alerts > article').first().waitFor();
  await tabTo(tab, /^Silence … checkout-succeeds, page-1h$/);
  await tab.keyboard.press('Enter');
  await tab.getByRole('heading', { name: 'New silence' }).waitFor();
  await tab.waitForFunction(() => document.activeElement.tagName === 'INPUT');
  await tab.getByLabel('Author').focus();
  await tab.keyboard.type('Chidi');
  await tab.keyboard.press('Tab');
  await tab.keyboard.type('Load test');
  await tab.keyboard.press('Enter');
  await tab.getByText('Silenced until 2026-11-23 08:00 UTC').waitFor();
});

page('a screen reader hears where it is, and each chart as a figure with its words', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  const heard = await tab.locator('body').ariaSnapshot();
  for (const want of [/banner/, /navigation "Pages"/, /main/, /heading "checkout-succeeds" \[level=1\]/, /figure "Error budget"/, /figure "SLI"/, /figure "Traffic"/, /status "Live"/]) assert.match(heard, want);
  const silent = await tab.evaluate(() => [...document.querySelectorAll('figure')].filter((f) => (document.getElementById(f.getAttribute('aria-describedby') ?? '')?.textContent ?? '').length < 20).length);
  assert.equal(silent, 0, 'figures without a sentence');
  assert.equal(await tab.evaluate(() => [...document.querySelectorAll('figure canvas')].filter((c) => c.closest('[aria-hidden=true], [role=img], [role=application], [tabindex]') === null).length), 0, 'a canvas that says nothing');
});

page('colours of the system are enough: states keep their words and shapes', {}, async (tab, origin) => {
  await tab.emulateMedia({ forcedColors: 'active' });
  await tab.goto(origin);
  await tab.locator('#objectives tbody tr').first().waitFor();
  const chip = tab.locator('#objectives tbody tr').first().locator('.chip, .c-state').first();
  assert.match(await chip.innerText(), /Breaching/);
  assert.ok(await chip.locator('svg').count());
  await tab.keyboard.press('Tab');
  await tab.keyboard.press('Tab');
  assert.notEqual(await tab.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
});

page('who asked for less motion sees none', {}, async (tab, origin) => {
  for (const path of ['/', '/alerts', '/intake', breaching]) {
    await tab.goto(origin + path);
    await tab.locator('main h1').first().waitFor();
    const moving = await tab.evaluate(() => document.getAnimations().filter((a) => a.playState === 'running' && a.effect.getComputedTiming().duration > 1).length);
    assert.equal(moving, 0, path);
  }
});

// Zoomed to 200 %, a window of 1280 px has the room of one of 640.
page('letters of twice the size need no scrolling sideways', { width: 640 }, async (tab, origin) => {
  for (const path of ['/', '/alerts', '/silences?new=1', '/receivers', '/operations', '/intake', breaching]) {
    await tab.goto(origin + path);
    await tab.locator('main h1').first().waitFor();
    await tab.waitForFunction(() => document.querySelector('.loading') === null);
    assert.deepEqual(await overflowing(tab), [], path);
  }
});

page('on paper an objective has its numbers and none of the controls', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.emulateMedia({ media: 'print' });
  assert.equal(await tab.locator('.top').isVisible(), false);
  assert.equal(await tab.locator('.time-picker').isVisible(), false);
  assert.equal(await tab.evaluate(() => [...document.querySelectorAll('button')].filter((b) => b.checkVisibility()).length), 0);
  await shows(tab, /checkout-succeeds/, /99\.9664%/);
  assert.equal(await tab.evaluate(() => getComputedStyle(document.querySelector('.card')).breakInside), 'avoid');
  assert.ok((await tab.pdf({ format: 'A4' })).length > 20_000);
});

page('a page that is open outlives the network, and says that it is old', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.getByText('Live', { exact: true }).waitFor();
  await tab.context().setOffline(true);
  await tab.getByRole('link', { name: 'Alerts', exact: true }).click();
  await tab.getByText('The server does not answer.').waitFor();
  await tab.context().setOffline(false);
  await tab.getByRole('button', { name: 'Try again' }).click();
  await tab.locator('.alerts > article').first().waitFor();
}, [/ERR_INTERNET_DISCONNECTED/]);

// A browser has six connections to one host: a line for each tab would leave none to ask with.
page('six tabs leave connections to ask with', { on: 'one' }, async (tab, origin) => {
  const tabs = [tab];
  while (tabs.length < 7) tabs.push(await tab.context().newPage());
  for (const one of tabs) {
    await one.goto(origin + '/operations');
    await one.getByText('Live', { exact: true }).waitFor();
  }
  assert.equal(servers.one.lines(), 1);
  const again = tabs.map((one) => one.waitForRequest(/api\/v1\/operations/));
  servers.one.announce();
  await Promise.all(again);
  for (const one of tabs.slice(1)) await one.close();
  await tab.goto('about:blank');
  await until(() => servers.one.lines() === 0);
});
