// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Finding things by some letters, and what single keys do.
import assert from 'node:assert/strict';
import { address, page, text, violations } from './world.mjs';

const field = (tab) => tab.getByRole('combobox', { name: /^Find/ });
const active = (tab) => tab.evaluate(() => document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.querySelector('.what').textContent);

page('the palette finds objectives, goes there, and gives the focus back when it is left', { on: 'most' }, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.getByRole('searchbox').focus();
  await tab.keyboard.press('Control+k');
  await field(tab).waitFor();
  assert.equal(await tab.evaluate(() => document.activeElement.getAttribute('role')), 'combobox');
  await tab.keyboard.press('Escape');
  await field(tab).waitFor({ state: 'detached' });
  assert.equal(await tab.evaluate(() => document.activeElement.type), 'search');
  await tab.keyboard.press('Control+k');
  await tab.keyboard.type('succeeds shop 208');
  await tab.getByRole('option', { name: /checkout-succeeds-208/ }).waitFor();
  assert.match(await active(tab), /^checkout-succeeds-208/);
  await tab.keyboard.press('Enter');
  await tab.waitForURL(/slos\/shop-api\/checkout-succeeds-208/);
  await field(tab).waitFor({ state: 'detached' });
});

page('the palette is a combobox: arrows choose, what is chosen is said', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.getByRole('button', { name: /^Find/ }).click();
  const first = await active(tab);
  await tab.keyboard.press('ArrowDown');
  assert.notEqual(await active(tab), first);
  await tab.keyboard.press('ArrowUp');
  await tab.keyboard.press('ArrowUp');
  assert.equal(await tab.locator('#palette-list [aria-selected=true]').count(), 1);
  assert.equal(await tab.locator('#palette-list li').last().getAttribute('aria-selected'), 'true');
  await tab.keyboard.type('zzzz');
  await tab.getByText('Nothing is called so.').waitFor();
  await tab.keyboard.press('Enter');
  await field(tab).fill('journey checkout');
  await tab.getByRole('option', { name: /^checkout .*Journey$/ }).click();
  await address(tab, { journey: 'checkout' });
});

page('actions of the palette: theme, zone, link, groups', {}, async (tab, origin) => {
  const act = async (words) => {
    await tab.keyboard.press('Control+k');
    await field(tab).fill(words);
    await tab.keyboard.press('Enter');
    await field(tab).waitFor({ state: 'detached' });
  };
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await act('theme dark');
  assert.equal(await tab.evaluate(() => document.documentElement.dataset.theme), 'dark');
  await act('local time');
  await address(tab, { tz: 'local' });
  await act('group by team');
  await address(tab, { group: 'team', tz: 'local' });
  await tab.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await act('copy a link');
  await tab.getByText('The link is on the clipboard.').waitFor();
  assert.deepEqual(await violations(tab), []);
  assert.equal(await tab.evaluate(() => navigator.clipboard.readText()), tab.url());
  await act('keyboard shortcuts');
  await tab.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor();
});

page('what the sheet lists works, and letters can be switched off', {}, async (tab, origin) => {
  const row = () => tab.evaluate(() => [...document.querySelectorAll('#objectives tbody tr')].indexOf(document.activeElement.closest('tr')));
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  for (const [key, want] of [['j', 0], ['j', 1], ['k', 0], ['ArrowDown', 1], ['ArrowDown', 2], ['ArrowUp', 1], ['Home', 0]]) {
    await tab.keyboard.press(key);
    assert.equal(await row(), want, key);
  }
  await tab.keyboard.press('d');
  await tab.locator('#objectives.is-compact').waitFor();
  await tab.keyboard.press('t');
  assert.equal(await tab.getByRole('combobox', { name: 'Theme' }).inputValue(), 'light');
  await tab.keyboard.press('u');
  await address(tab, { tz: 'local' });
  await tab.keyboard.press('f');
  assert.equal(await tab.evaluate(() => document.activeElement.tagName), 'SELECT');
  await tab.locator('#main').focus();
  await tab.keyboard.press('?');
  assert.match(await text(tab, 'dialog[open]'), /Anywhere[^]*Go to[^]*silences[^]*In the list of objectives/);
  await tab.getByRole('checkbox', { name: 'Letters alone are shortcuts' }).uncheck();
  await tab.keyboard.press('Escape');
  await tab.locator('#main').focus();
  await tab.keyboard.press('t');
  await tab.keyboard.press('Control+k');
  await field(tab).waitFor();
  assert.equal(await tab.getByRole('combobox', { name: 'Theme', includeHidden: true }).inputValue(), 'light');
  await tab.reload();
  await tab.locator('#objectives.is-compact').waitFor();
});
