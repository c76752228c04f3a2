// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// What holds around every page: keyboard, theme, time zone, addresses, errors.
import assert from 'node:assert/strict';
import { address, breaching, drawn, page, shows } from './world.mjs';

page('the time zone changes every time and travels in the address', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await tab.getByText('Local', { exact: true }).click();
  await address(tab, { tz: 'local' });
  await tab.getByText('to 2026-11-23 07:00 UTC+1').waitFor();
  await tab.getByRole('link', { name: 'Intake' }).click();
  await address(tab, { tz: 'local' });
  await shows(tab, /2026-11-23 07:00 UTC\+1 now/);
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

  for (let i = 0; i < 60 && !(await tab.evaluate(() => document.activeElement?.classList.contains('plot'))); i++) await tab.keyboard.press('Tab');
  await tab.keyboard.press('End');
  const spoken = (words) => tab.getByRole('figure', { name: 'SLI' }).locator('[aria-live]').filter({ hasText: words }).waitFor({ state: 'attached' });
  await spoken(/2026-11-23 06:00 UTC: SLI \d+\.\d+%, source live/);
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

page('half an address leads to the service, a wrong one to the list', {}, async (tab, origin) => {
  await tab.goto(origin + '/slos/search');
  await tab.waitForURL((url) => url.pathname === '/services/search');
  await tab.locator('.histogram').waitFor();
  await tab.goto(origin + '/slos/search/nothing');
  await tab.getByText('there is no such objective').waitFor();
  await tab.getByRole('link', { name: 'All objectives' }).click();
  await tab.waitForURL((url) => url.pathname === '/' && url.search === '');
});

page('an error says what, the hint, and offers another try', { on: 'broken' }, async (tab, origin) => {
  for (const path of ['/', '/alerts', '/silences', '/receivers', '/operations', '/intake', breaching]) {
    await tab.goto(origin + path);
    // What stands beside the page may say the same for itself.
    const failure = tab.getByRole('alert');
    await failure.getByText('open series store: block 01K is damaged').waitFor();
    await failure.getByText('--repair').waitFor();
    await failure.getByRole('button', { name: 'Try again' }).waitFor();
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
