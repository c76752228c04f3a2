// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// One objective: verdict, tiles, rules, groups, generations, exclusions, corrections.
import assert from 'node:assert/strict';
import { address, breaching, drawn, page, shows, text } from './world.mjs';

page('one objective: verdict, tiles, charts, groups, trust, arithmetic', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  await drawn(tab);
  await shows(tab, /Breaching/, /1 h burn 22\.1x/, /99\.9664%/, /target 99\.95% over 28d/, /457 of 1,389 events, 932 spent/, /10 h/, /customer\.tier=gold/, /Window covered/, /2,778,167 \/ 2,779,099 events = 99\.9664%/, /services\/search\.yaml:24/);
  assert.equal(await tab.getByRole('figure').count(), 5);
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
  assert.match(await tab.getByRole('figure', { name: 'SLI' }).innerText(), /target 99%/);
  assert.match(await text(tab, '.generations tbody tr:last-child'), /shown above/);
  // The counts in the words are those of the chart's own steps.
  const [, good, bad] = /([\d,]+) good and ([\d,]+) bad events/.exec(await tab.getByRole('figure', { name: 'Traffic' }).innerText());
  const number = (words) => Number(words.replaceAll(',', ''));
  assert.equal(number(/of ([\d,]+) valid/.exec(await said.innerText())[1]), number(good) + number(bad));
  await said.getByRole('link', { name: 'Back to the generation that runs' }).click();
  await address(tab, { generation: null, from: null });
  await said.waitFor({ state: 'detached' });
});

page('one objective: its rules, each with its pair, its verdict and its alert', {}, async (tab, origin) => {
  await tab.goto(origin + breaching);
  const rules = tab.locator('.rule-list > li');
  await rules.first().waitFor();
  assert.equal(await rules.count(), 5);
  await tab.getByText('3 more rules: page-6h ending (inhibited), ticket-1d critical (inhibited), absent').click();
  const [page1h, page6h] = [await rules.nth(0).innerText(), await rules.nth(2).innerText()];
  for (const want of [/Critical\s+page-1h/, /Firing page\s+since 2026-11-23 05:29 UTC/, /both windows burn above the threshold/, /22\.1x above/, /Told: oncall \(delivered\), team-checkout \(waiting\)/]) assert.match(page1h, want);
  for (const want of [/Waits to end\s+page-6h/, /Waits to end: not above both since 05:56:00/, /1\.16x not above/, /Inhibited by page-1h/]) assert.match(page6h, want);
  // The tile, the sentence and the rule forecast the same.
  assert.match(await text(tab, '.tiles'), /Budget is gone\s+in 10 h\s+2026-11-23 16:00 UTC, if it goes on as in the last 1h/);
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

page('an objective that counts nothing now says why and until when', {}, async (tab, origin) => {
  await tab.goto(origin + '/?state=paused');
  await tab.locator('#objectives tbody a').first().click();
  await shows(tab, /Nothing is counted now: weekly index rebuild, until 2026-11-23T06:30:00Z/);
});
