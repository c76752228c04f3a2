// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// The table of everything there is to look at. A new page is one line here: its
// name, its address, what is there once it is drawn, the scenarios of server.mjs
// that it is shown with, and for what opens on demand how to open it.
import { breaching, silent } from './world.mjs';

/** No objective, one, two hundred. */
const all = ['empty', 'one', 'many'];

export const views = [
  { name: 'fleet', path: '/', ready: '.fleet, .first-steps', on: [...all, 'arriving', 'red'] },
  { name: 'fleet-groups', path: '/?group=team&state=breaching,ok&journey=checkout&q=shop', ready: '#objectives', on: ['many'] },
  { name: 'fleet-compact', path: '/', ready: '#objectives', on: ['many'], open: (tab) => tab.keyboard.press('d') },
  { name: 'fleet-nothing', path: '/?service=no-such-service', ready: '.screen', on: ['many'] },
  { name: 'palette', path: '/', ready: '.fleet, .first-steps', on: ['many', 'empty'], open: findChecks },
  { name: 'alerts', path: '/alerts', ready: '.alerts > article, .screen', on: [...all, 'red'] },
  { name: 'silences', path: '/silences', ready: '.silence, .calm', on: all },
  { name: 'silence-form', path: '/silences?match=service%3D%22shop-api%22&match=group%3D~%22eu-.*%22', ready: '.silence-form', on: ['many'] },
  { name: 'receivers', path: '/receivers', ready: '.receiver, .screen', on: [...all, 'red'] },
  { name: 'operations', path: '/operations', ready: 'table, .screen', on: all },
  { name: 'operations-400d', path: '/operations?window=400d', ready: 'table', on: ['many'] },
  { name: 'service', path: '/services/shop-api?namespace=shop&environment=production', ready: '.histogram', on: ['one', 'many'] },
  { name: 'service-month', path: '/services/shop-api?namespace=shop&environment=production&from=now-28d', ready: '.histogram', on: ['many'] },
  { name: 'service-operation', path: '/services/shop-api?namespace=shop&environment=production&operation=POST+%2Fcheckout', ready: '.histogram', on: ['many'] },
  { name: 'service-bare', path: '/services/cron?namespace=&environment=', ready: '.histogram', on: ['many'] },
  { name: 'service-silent', path: '/services/payments?namespace=shop&environment=production', ready: '.empty', on: ['many'] },
  { name: 'service-starting', path: '/services/shop-api', ready: '.screen', on: ['starting'] },
  { name: 'service-missing', path: '/services/shop-app', ready: '.screen', on: ['many'] },
  { name: 'intake', path: '/intake', ready: '.u-over', on: [...all, 'red'] },
  { name: 'objective', path: '/slos/shop-api/checkout-succeeds', ready: '.u-over', on: ['one', 'many', 'young'] },
  { name: 'breaching', path: breaching, ready: '.u-over', on: ['many'] },
  { name: 'exhausted', path: '/slos/shop-worker/browse-is-fast-9?environment=production', ready: '.u-over', on: ['many'] },
  { name: 'not-measured', path: silent, ready: '.tiles', on: ['many'] },
  { name: 'zoomed', path: `${breaching}&from=now-6h`, ready: '.u-over', on: ['many'] },
  { name: 'earlier-generation', path: `${breaching}&generation=51c0de77a1f4c2d7&from=2026-08-25T06:00:00Z&to=2026-10-14T06:00:00Z`, ready: '.u-over', on: ['many'] },
  { name: 'starting', path: '/', ready: '.screen', on: ['starting'] },
  { name: 'error', path: '/', ready: '.screen', on: ['broken'] },
  { name: 'error-objective', path: breaching, ready: '.screen', on: ['broken'] },
  { name: 'missing-objective', path: '/slos/shop-api/nothing', ready: '.screen', on: ['many'] },
  { name: 'not-found', path: '/nowhere', ready: '.screen', on: ['many'] },
  { name: 'sign-in', path: '/', ready: '.sign-in', on: ['locked'] },
  { name: 'shortcuts', path: '/', ready: '#objectives', on: ['one'], open: (tab) => tab.keyboard.press('?') },
  { name: 'opened', path: breaching, ready: '.u-over', on: ['many'], open: openAll },
];

/** The palette with what it finds. */
async function findChecks(tab) {
  await tab.keyboard.press('Control+k');
  await tab.getByRole('combobox', { name: /^Find/ }).fill('che');
  await tab.locator('.palette [role=option], .palette [role=status]').first().waitFor();
}

/** Everything of an objective that folds, unfolded. */
async function openAll(tab) {
  await tab.locator('details').evaluateAll((folds) => folds.forEach((e) => (e.open = true)));
  await tab.getByRole('figure', { name: 'SLI' }).getByRole('button', { name: 'Show table' }).click();
}
