// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Whether telemetry arrives.
import assert from 'node:assert/strict';
import { address, page, shows, text } from './world.mjs';

page('a sick intake is an alert that names the cause', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.locator('.is-red [role=alert]').waitFor();
  assert.match(await text(tab, '.is-red [role=alert]'), /input\/output error/);
  await shows(tab, /00000041 at offset 1,048,576: checksum does not match/);
});

page('who sees nothing is told where it stops, in the order of an event', { on: 'empty' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.locator('.checks li').first().waitFor();
  await shows(tab, /Leadline takes telemetry OTLP over gRPC at 127\.0\.0\.1:4317, over HTTP at 127\.0\.0\.1:4318/, /Something arrives Nothing has, since the server started\.\s+Next: Start the application with OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/127\.0\.0\.1:4317/, /No span arrived in the last 1h/);
  assert.equal(await tab.locator('.checks .is-fails').count(), 1);
});

page('one view says how Leadline itself is, another when telemetry stopped', { on: 'red' }, async (tab, origin) => {
  await tab.goto(origin + '/intake');
  await tab.locator('.u-over').waitFor();
  await shows(tab, /Its own objectives\s+alerts-are-delivered/, /Delivery\s+write the outbox/, /200 objectives in 3\.2 ms/, /catalog, search, accounts, mailer and 1 more: nothing for 8 min or longer/, /41\s+requests over gRPC without a valid token/);
  const stopped = tab.getByRole('row', { name: /^catalog/ });
  assert.match(await stopped.innerText(), /8 min ago/);
  assert.equal(await stopped.getByRole('img', { name: /nothing in 8 of 60 parts of it/ }).count(), 1);
  await tab.getByRole('link', { name: '6h', exact: true }).click();
  await address(tab, { window: '6h' });
  await shows(tab, /in the last 6h/);
  const chart = tab.getByRole('figure', { name: 'Spans a minute' });
  await chart.getByRole('button', { name: 'Show table' }).click();
  assert.match(await chart.locator('tbody tr').first().innerText(), /2026-11-23 06:00 UTC\s+\d+\s+1\s+0/);
});
