// Copyright The Leadline Authors
// SPDX-License-Identifier: Apache-2.0

// Builds src into dist (what the server embeds), or with --tests the unit tests into .test.
import * as esbuild from 'esbuild';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

const common = {
  absWorkingDir: here,
  bundle: true,
  target: 'es2022',
  format: 'esm',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
};

const app = {
  ...common,
  entryPoints: { app: 'src/main.tsx', early: 'src/early.ts', events: 'src/events.worker.ts' },
  entryNames: 'assets/[name]-[hash]',
  outdir: 'dist',
  minify: true,
  metafile: true,
  define: { 'process.env.NODE_ENV': '"production"' },
  legalComments: 'linked',
  plugins: [{ name: 'page', setup: (build) => build.onEnd(writePage) }],
};

// The page names the hashed assets, so it is written after them.
function writePage(result) {
  if (!result.metafile) return;
  const outputs = Object.keys(result.metafile.outputs).map((path) => path.replace(/^dist/, ''));
  const asset = (name, ext) => outputs.find((path) => path.startsWith(`/assets/${name}-`) && path.endsWith(ext));
  const page = readFileSync(join(here, 'src/index.html'), 'utf8')
    .replace('{{early}}', asset('early', '.js'))
    .replace('{{events}}', asset('events', '.js'))
    .replace('{{script}}', asset('app', '.js'))
    .replace('{{style}}', asset('app', '.css'));
  writeFileSync(join(dist, 'index.html'), page);
  writeFileSync(join(dist, 'favicon.svg'), readFileSync(join(here, 'src/favicon.svg')));
}

// The placeholder is the one committed file of dist and must outlive every build.
function clean() {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) {
    if (name !== '.placeholder') rmSync(join(dist, name), { recursive: true });
  }
}

if (process.argv.includes('--tests')) {
  rmSync(join(here, '.test'), { recursive: true, force: true });
  const tests = readdirSync(join(here, 'test')).filter((name) => name.endsWith('.test.ts'));
  await esbuild.build({
    ...common,
    entryPoints: tests.map((name) => `test/${name}`),
    outdir: '.test',
    outExtension: { '.js': '.mjs' },
    platform: 'node',
  });
} else if (process.argv.includes('--watch')) {
  clean();
  const context = await esbuild.context(app);
  await context.watch();
} else {
  clean();
  await esbuild.build(app);
}
