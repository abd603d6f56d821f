// How fast this solver is in Chromium beside those that a site would otherwise use: one thread each, the same 44-byte
// message, in one run, taking turns. Prints the best of each one's turns as JSON, in millions of hashes a second, and
// how they compare. `bench --only solver` runs it.
//
// A second is one of CPU time, of all threads of the page's process, and turns are short and many: a neighbour on the
// machine takes no time away then. Of the core that it shares it still takes its part, from turns side by side alike, so
// the ratios are those. A turn ends when nothing is left to do: whose garbage it is pays for it.
//
//   node end2end/bench/solver.mjs ROUNDS
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setTimeout } from 'node:timers/promises';
import { extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)));
const ROUNDS = Number(process.argv[2] ?? 80);
// One turn takes about so long, whoever's it is.
const TURN_MS = 20;
// It ends when the page has been still for so long.
const QUIET_MS = 5;
// The two whose ratio is told side by side.
const OURS = ['simd', 'reference', 'scalar', 'plain'];
const PEERS = ['altcha', 'cap', 'hash-wasm', 'noble', 'webcrypto'];

const KINDS = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

/** The module of the site with this stem. */
const module = (stem) => {
  const pkg = join(ROOT, 'target/site/pkg');
  const name = readdirSync(pkg).find((file) => file.startsWith(`${stem}.`) && file.endsWith('.wasm'));
  if (!name) throw new Error(`no ${stem} in ${pkg}: build the site first`);
  return join(pkg, name);
};
const FILES = {
  '/simd.wasm': module('solver-simd'),
  '/scalar.wasm': module('solver'),
  '/reference.wasm': join(ROOT, 'target/xtask/solver-reference/solver-reference.wasm'),
  '/plain.js': join(ROOT, 'app/public/plain.js'),
  '/lane.mjs': join(ROOT, 'end2end/bench/lane.mjs'),
};

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://localhost').pathname);
  const file = FILES[path] ?? (path.startsWith('/node_modules/') ? join(ROOT, path) : undefined);
  if (path === '/') return response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>');
  if (!file) return response.writeHead(404).end();
  response.setHeader('content-type', KINDS[extname(file)] ?? 'application/octet-stream');
  response.end(readFileSync(file));
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync'],
});
try {
  const page = await browser.newPage();
  await page.goto(`http://localhost:${server.address().port}/`);
  console.log(JSON.stringify(summary(await race(page))));
} finally {
  await browser.close();
  server.close();
}

/** A worker for each, asked in turn; millions of hashes a second for each round. */
async function race(page) {
  const cost = await meter();
  await page.evaluate(enter, [...OURS, ...PEERS]);
  await quiet(cost);
  const turn = async (name, hashes) => {
    const before = cost();
    await page.evaluate(([name, hashes]) => globalThis.ask(name, hashes), [name, hashes]);
    await quiet(cost);
    return cost() - before;
  };
  const hashes = {};
  for (const name of [...OURS, ...PEERS]) {
    // Warm, and as many as fit into a turn.
    hashes[name] = 2000;
    for (let i = 0; i < 6; i++) {
      const fit = (hashes[name] * TURN_MS) / Math.max(await turn(name, hashes[name]), 1);
      hashes[name] = Math.min(4e7, Math.max(1000, Math.round(fit)));
    }
  }
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const speeds = {};
    for (const name of [...OURS, ...PEERS]) speeds[name] = hashes[name] / (await turn(name, hashes[name])) / 1000;
    rounds.push(speeds);
  }
  return rounds;
}

/** Waits until what is left behind, such as garbage, is cleared away. */
async function quiet(cost) {
  let before;
  do {
    before = cost();
    await setTimeout(QUIET_MS);
  } while (cost() - before > QUIET_MS / 25);
}

/** Milliseconds of CPU that the page's process has had, by the kernel's count for each of its threads. */
async function meter() {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  const pages = processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => `/proc/${id}/task`);
  const spent = (task) => {
    try {
      return Number(readFileSync(`${task}/schedstat`, 'utf8').split(' ')[0]);
    } catch {
      return 0; // A thread that has ended.
    }
  };
  return () => {
    const tasks = pages.flatMap((page) => readdirSync(page).map((task) => `${page}/${task}`));
    return tasks.map(spent).reduce((sum, ns) => sum + ns, 0) / 1e6;
  };
}

/** In the page: starts the workers. */
function enter(names) {
  const workers = new Map(names.map((name) => [name, new Worker(`/lane.mjs#${name}`, { type: 'module' })]));
  globalThis.ask = (name, hashes) =>
    new Promise((done, fail) => {
      const worker = workers.get(name);
      worker.onmessage = ({ data }) => (data.failed ? fail(new Error(`${name}: ${data.failed}`)) : done());
      worker.onerror = (error) => fail(new Error(`${name}: ${error.message}`));
      worker.postMessage(hashes);
    });
}

/** The speeds are the best turns, the ratios those of turns that lie side by side: a neighbour has his part in both. */
function summary(rounds) {
  const best = (name) => Math.max(...rounds.map((round) => round[name]));
  const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
  const beside = (of) => median(rounds.map((round) => round.simd / of(round)));
  return {
    mhs: Object.fromEntries([...OURS, ...PEERS].map((name) => [name, best(name)])),
    simd_vs_reference: beside((round) => round.reference),
    simd_vs_scalar: beside((round) => round.scalar),
    simd_vs_best_peer: beside((round) => Math.max(...PEERS.map((name) => round[name]))),
  };
}
