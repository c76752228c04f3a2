// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Serves dist with canned answers, for development (`npm run fixtures -- many 8485`) and the browser test.
// The content policy is read from the server's own source, so the pages are tested under the one they will run with.
import { createServer } from 'node:http';
import { readFileSync, existsSync } from 'node:fs';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alerts, receivers, silences } from './fixtures/alerts.mjs';
import { burn, events as happened } from './fixtures/events.mjs';
import { arrivals, intake } from './fixtures/intake.mjs';
import { operations, proposals } from './fixtures/operations.mjs';
import { now, resolve } from './fixtures/seed.mjs';
import { allServices, oneService } from './fixtures/services.mjs';
import { detail } from './fixtures/slo.mjs';
import { slos, young } from './fixtures/slos.mjs';
import { trends } from './fixtures/trends.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const goSource = readFileSync(join(dist, '..', '..', 'internal', 'api', 'pages.go'), 'utf8');
export const policy = /^const policy = "(.+)"$/m.exec(goSource)[1];

/** empty: nothing yet; arriving: telemetry and no objective; starting: not evaluated yet; young: measured for 20 minutes; one, many, most: 1, 200 or 1,000 objectives; broken: 500s; slow: 2 s; locked: wants the token "letmein"; red: intake is ill. */
export const scenarios = ['empty', 'arriving', 'starting', 'young', 'one', 'many', 'most', 'broken', 'slow', 'locked', 'red'];

export function serve(scenario, port = 0) {
  const streams = new Set();
  // What tests change: it lasts as long as this server.
  const held = { silences: scenario === 'many' || scenario === 'red' ? silences() : [] };
  const fleet = scenario === 'young' ? young() : slos(scenario === 'empty' || scenario === 'arriving' || scenario === 'starting' ? 0 : scenario === 'many' ? 200 : scenario === 'most' ? 1000 : scenario === 'one' ? 1 : 17);
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://fixture');
    response.setHeader('Content-Security-Policy', policy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (!url.pathname.startsWith('/api/')) return file(url.pathname, response);
    if (url.pathname === '/api/v1/session') return session(request, response, scenario);
    if (scenario === 'locked' && !/leadline=letmein/.test(request.headers.cookie ?? '')) return json(response, 401, { error: { message: 'a token is required' } });
    if (/^\/api\/v1\/(silences|receivers\/[^/]+\/test)/.test(url.pathname) && request.method !== 'GET') return changed(url, request, response, held);
    if (url.pathname === '/api/v1/events') return events(response, streams);
    if (scenario === 'slow') await new Promise((done) => setTimeout(done, 2000));
    if (scenario === 'broken') return json(response, 500, { error: { message: 'open series store: block 01K is damaged', hint: 'Run leadline serve with --repair.' } });
    const [status, body] = answer(url, fleet, scenario, held);
    json(response, status, body);
  });
  return new Promise((ready) => {
    server.listen(port, '127.0.0.1', () => {
      ready({
        origin: `http://127.0.0.1:${server.address().port}`,
        announceAlerts: () => streams.forEach((stream) => stream.write(`event: alerts\ndata: {"changed_at":"${new Date(now * 1000).toISOString()}"}\n\n`)),
        lines: () => streams.size,
        hangUp: () => streams.forEach((stream) => stream.destroy()),
        announce: () => streams.forEach((stream) => stream.write(`event: evaluation\ndata: {"evaluated_at":"${new Date(now * 1000).toISOString()}"}\n\n`)),
        close: () => {
          streams.forEach((stream) => stream.end());
          server.closeAllConnections();
          return new Promise((closed) => server.close(closed));
        },
      });
    });
  });
}

function answer(url, fleet, scenario, held) {
  if (url.pathname === '/api/v1/alerts') return [200, alerts(fleet)];
  if (url.pathname === '/api/v1/silences') return [200, { schema_version: 1, silences: held.silences }];
  if (url.pathname === '/api/v1/receivers') return [200, receivers(scenario === 'empty' ? 'none' : scenario)];
  if (url.pathname === '/api/v1/slos') return [200, { ...fleet, evaluated_at: scenario === 'starting' ? '0001-01-01T00:00:00Z' : new Date(now * 1000).toISOString() }];
  if (url.pathname === '/api/v1/trends') return [200, trends(fleet)];
  if (url.pathname === '/api/v1/services') return [200, allServices(fleet)];
  const service = /^\/api\/v1\/services\/([^/]+)$/.exec(url.pathname);
  if (service) {
    if (scenario === 'starting') return [503, { error: { message: 'the series store is still being opened', hint: 'try again in some seconds' } }];
    const to = resolve(url.searchParams.get('to'), now);
    const body = oneService(fleet, decodeURIComponent(service[1]), resolve(url.searchParams.get('from'), to - 3600), to, url.searchParams.get('operation') ?? '');
    return body === null ? [404, { error: { message: 'no such service is known', hint: 'did you mean "shop-api"? GET /api/v1/services lists all' } }] : [200, body];
  }
  if (url.pathname === '/api/v1/operations') {
    const window = url.searchParams.get('window') ?? '1h';
    if (!/^\d+[mhd]$/.test(window)) return [400, { error: { message: `"${window}" is no window`, hint: 'write 30m, 6h or 28d' } }];
    return [200, operations(scenario === 'empty' ? 0 : 7, window)];
  }
  if (url.pathname === '/api/v1/proposals') return [200, proposals()];
  const kind = scenario === 'empty' ? 'none' : scenario === 'red' ? 'red' : 'fine';
  if (url.pathname === '/api/v1/intake') return [200, intake(kind)];
  if (url.pathname === '/api/v1/intake/arrivals') {
    const told = arrivals(kind, url.searchParams.get('window') ?? '1h');
    return told === null ? [400, { error: { message: 'no such window', hint: 'write 1h, 6h or 7d' } }] : [200, told];
  }
  const parts = /^\/api\/v1\/slos\/([^/]+)\/([^/]+)(\/events)?$/.exec(url.pathname);
  const found = parts && fleet.slos.find((o) => o.service === decodeURIComponent(parts[1]) && o.name === decodeURIComponent(parts[2]));
  if (!found) return [404, { error: { message: 'there is no such objective', hint: 'Did you mean checkout-succeeds?' } }];
  const from = resolve(url.searchParams.get('from'), Date.parse(found.from) / 1000);
  const document = detail(found, from, resolve(url.searchParams.get('to'), now), url.searchParams.get('generation'));
  if (parts[3]) return [200, happened(document)];
  document.series.burn = burn(document.slo, document.series);
  return [200, document];
}

function file(path, response) {
  const wanted = join(dist, normalize(path));
  const found = wanted.startsWith(dist) && extname(path) !== '' && existsSync(wanted);
  if (!found && path.startsWith('/assets/')) return json(response, 404, {});
  const name = found ? wanted : join(dist, 'index.html');
  response.setHeader('Content-Type', types[extname(name)] ?? 'application/octet-stream');
  response.end(readFileSync(name));
}

async function session(request, response, scenario) {
  const signedIn = scenario === 'locked' && /leadline=letmein/.test(request.headers.cookie ?? '');
  if (request.method === 'GET') return json(response, 200, { schema_version: 1, signed_in: signedIn });
  if (request.method === 'DELETE') {
    response.setHeader('Set-Cookie', 'leadline=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0');
    response.statusCode = 204;
    return response.end();
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  if (JSON.parse(text).token !== 'letmein') return json(response, 401, { error: { message: 'wrong token' } });
  response.setHeader('Set-Cookie', 'leadline=letmein; HttpOnly; SameSite=Strict; Path=/');
  response.statusCode = 204;
  response.end();
}

/** Silences begin and end, receivers are tested, by the rules of the server. */
async function changed(url, request, response, held) {
  const [, , , what, name] = url.pathname.split('/');
  if (what === 'receivers') {
    const refused = name === 'team-checkout' ? { error: 'post: the connection was refused', hint: 'Is it running?' } : { error: '', hint: '' };
    return json(response, 200, { schema_version: 1, receiver: name, delivered: refused.error === '', ...refused });
  }
  if (request.method === 'DELETE') {
    const silence = held.silences.find((s) => s.id === name);
    if (!silence) return json(response, 404, { error: { message: `there is no silence "${name}"`, hint: '' } });
    Object.assign(silence, { state: 'ended', ends_at: new Date(now * 1000).toISOString(), alerts: 0 });
    return json(response, 200, { schema_version: 1, silence });
  }
  let text = '';
  for await (const chunk of request) text += chunk;
  const body = JSON.parse(text);
  if (request.headers['content-type'] !== 'application/json') return json(response, 400, { error: { message: 'content type is not application/json', hint: '' } });
  if (body.matchers.some((m) => m.endsWith('=""'))) return json(response, 400, { error: { message: 'silence: its matchers hold for everything', hint: 'add one that names something, as service="shop-api"' } });
  const starts = resolve(body.starts_at ?? 'now', now);
  const silence = { id: `new-${held.silences.length}`, state: starts > now ? 'pending' : 'active', matchers: body.matchers, author: body.author, reason: body.reason, created_at: new Date(now * 1000).toISOString(), starts_at: new Date(starts * 1000).toISOString(), ends_at: body.ends_at ?? new Date((starts + now - resolve(`now-${body.length}`, now)) * 1000).toISOString(), alerts: 1 };
  held.silences.unshift(silence);
  json(response, 201, { schema_version: 1, silence });
}

function events(response, streams) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.write(': hello\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

function json(response, status, body) {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify(body));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const scenario = scenarios.find((name) => name === process.argv[2]) ?? 'many';
  const { origin } = await serve(scenario, Number(process.argv[3] ?? 8485));
  console.log(`${scenario}: ${origin}/  (others: ${scenarios.join(', ')})`);
}
