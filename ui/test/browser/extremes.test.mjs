// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Answers at the edge of what there may be: very long names, words from right to
// left, hundreds of groups and operations, markup, addresses that run. The page
// stays within its width, shows them as text, and goes on when a part of it fails.
import assert from 'node:assert/strict';
import { clipped, overflowing } from './judge.mjs';
import { address, breaching, drawn, page, shows } from './world.mjs';

const long = (what) => `${what}-`.repeat(60).slice(0, 200);
const solid = 'x'.repeat(200);
const leftward = 'تنجح عملية الدفع';
const markup = '<img src=x onerror="document.title=1">';

/** Answers of the server with something changed in them. */
async function altered(tab, pattern, change) {
  await tab.route(pattern, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    change(answer);
    await route.fulfill({ response, json: answer });
  });
}

const wellLaid = async (tab, where) => {
  for (const width of [390, 1280]) {
    await tab.setViewportSize({ width, height: 3600 });
    await tab.waitForTimeout(200);
    assert.deepEqual([...(await overflowing(tab)), ...(await clipped(tab))], [], `${where} at ${width} px`);
  }
};

page('an objective with long names, markup and 200 groups', {}, async (tab, origin) => {
  await altered(tab, /api\/v1\/slos\/[^/]+\/[^/]+\?/, ({ slo }) => {
    slo.name = solid;
    slo.owner = long('team');
    slo.runbook = 'javascript:document.title=1';
    slo.description = `${leftward} ${markup}`;
    slo.cause = `${markup} ${solid}`;
    slo.groups = Array.from({ length: 200 }, (_, i) => ({ group: `${i} ${i === 0 ? markup : i === 1 ? leftward : long('customer')}`, good: 1000 - i, bad: 200 - i, excluded: 0, sli: 0.9, state: 'measured', cause: '', measured_since: null }));
  });
  await altered(tab, /api\/v1\/slos\/[^/]+\/[^/]+\/events/, (answer) => {
    for (const [i, v] of answer.versions.entries()) v.version = i === 0 ? solid : `${i}${long('version')}`;
  });
  await tab.goto(origin + breaching);
  await drawn(tab);
  assert.equal(await tab.locator('#groups tbody tr').count(), 20);
  await wellLaid(tab, 'objective');
  await tab.getByRole('button', { name: 'Show all 200 groups' }).click();
  await tab.locator('#groups tbody tr').nth(199).waitFor();
  assert.equal(await tab.locator('a[href^="javascript:" i]').count(), 0);
  assert.equal(await tab.locator('main img').count(), 0);
  await tab.getByRole('button', { name: 'Show table' }).first().click();
  await wellLaid(tab, 'table of events');
});

page('a service with 500 operations and long names', {}, async (tab, origin) => {
  await altered(tab, /api\/v1\/services\/[^/]+\?/, (answer) => {
    const [first] = answer.operations;
    answer.operations = Array.from({ length: 500 }, (_, i) => ({ ...first, operation: i === 0 ? solid : `GET /${i}/${long('path')}` }));
    answer.owners = [solid];
    for (const [i, v] of answer.versions.entries()) v.version = i === 0 ? solid : `${i}${long('version')}`;
    if (answer.objectives[0]) answer.objectives[0].name = solid;
  });
  await tab.goto(origin + '/services/search?namespace=shop&environment=production');
  await tab.locator('.histogram').waitFor();
  assert.equal(await tab.locator('#operations tbody tr').count(), 50);
  await tab.getByRole('button', { name: 'Show all 500 operations' }).click();
  await tab.locator('#operations tbody tr').nth(499).waitFor();
  await wellLaid(tab, 'service');
});

page('a list of objectives with long names', {}, async (tab, origin) => {
  await altered(tab, /api\/v1\/slos$/, ({ slos }) => {
    for (const [i, o] of slos.entries()) Object.assign(o, { name: `${o.name}${i % 2 ? solid : ` ${leftward}`}`, owner: solid, journey: long('journey'), cause: o.cause && solid });
  });
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await wellLaid(tab, 'list');
  await tab.keyboard.press('Control+k');
  await tab.getByRole('combobox', { name: 'Find an objective' }).fill('check');
  await wellLaid(tab, 'palette');
});

page('what fails beside the page is said, and the page stays', {}, async (tab, origin) => {
  for (const status of [404, 500]) {
    await tab.route(/api\/v1\/(trends|alerts|services$|intake\/arrivals|receivers)|\/events\?/, (route) => route.fulfill({ status, json: { error: { message: `no such thing (${status})` } } }));
    await tab.goto(origin);
    await tab.locator('#objectives').waitFor();
    await tab.goto(origin + breaching);
    await drawn(tab);
    await shows(tab, new RegExp(`What happened is not known: no such thing \\(${status}\\)`));
    await tab.goto(origin + '/operations');
    await tab.locator('[aria-label="Operations"] table').waitFor();
    await shows(tab, new RegExp(`no such thing \\(${status}\\)`));
    await tab.goto(origin + '/intake');
    await tab.getByRole('heading', { name: 'Intake', exact: true }).waitFor();
    await shows(tab, new RegExp(`no such thing \\(${status}\\)`));
    await tab.unrouteAll();
  }
});

page('the button back takes back each choice', {}, async (tab, origin) => {
  await tab.goto(origin);
  await tab.locator('#objectives').waitFor();
  await tab.locator('.state-counts button').first().click();
  await address(tab, { state: 'breaching' });
  await tab.locator('#objectives [data-row]').first().click();
  await drawn(tab);
  await tab.getByRole('link', { name: '6h', exact: true }).click();
  await address(tab, { from: 'now-6h' });
  await tab.goBack();
  await tab.waitForURL((url) => url.pathname.startsWith('/slos/') && !url.searchParams.has('from'));
  await tab.goBack();
  await address(tab, { state: 'breaching' });
  await tab.locator('.state-counts button[aria-pressed=true]').waitFor();
  await tab.goBack();
  await tab.waitForURL((url) => url.pathname === '/' && url.search === '');
});

page('an episode of an alert leads to the charts, from another page too', {}, async (tab, origin) => {
  await tab.goto(origin + '/alerts');
  await tab.locator('a.episode').first().waitFor();
  await tab.locator('a.episode').first().click();
  await drawn(tab);
  await tab.waitForFunction(() => Math.abs(document.querySelector('#charts').getBoundingClientRect().top) < innerHeight / 2);
});
