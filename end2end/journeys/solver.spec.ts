// The puzzle: solved beside the page on several workers, in whichever way the browser has, stoppable, and not begun
// anew by a reload.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { BrowserContext, Page } from '@playwright/test';
import { Edge, type Sale } from '../support/edge';
import { Shopper } from '../support/shopper';
import { expect, test as base } from '../support/test';
import { until } from '../support/until';

interface Vector {
  seed: string;
  round: number;
  difficulty: number;
  nonce: number;
}

const VECTORS: Vector[] = JSON.parse(readFileSync(resolve(__dirname, '../../crates/solver/vectors.json'), 'utf8'));

/** A puzzle is 16 × 2^difficulty hashes: some work, enough to come in between, and more than anybody waits for. */
const SOME_WORK = '16';
const MUCH_WORK = '19';
const ENDLESS = '28';

function withDifficulty(difficulty: string) {
  return base.extend<{}, { edge: Edge }>({
    edge: [
      async ({}, use) => {
        const edge = await Edge.start({ SLUICE_GATE__DIFFICULTY: difficulty });
        await use(edge);
        await edge.stop();
      },
      { scope: 'worker' },
    ],
  });
}

const usual = withDifficulty(SOME_WORK);
const hard = withDifficulty(MUCH_WORK);
const endless = withDifficulty(ENDLESS);

/** What every worker of the context was answered with so far, by the file's name without its hash. */
function loads(context: BrowserContext): Set<string> {
  const loaded = new Set<string>();
  context.on('response', (response) => {
    const name = new URL(response.url()).pathname.split('/').pop() ?? '';
    if (response.ok()) loaded.add(name.replace(/\.[\w-]{22}\./, '.'));
  });
  return loaded;
}

/** The answers of the worker of this page, as `solver.js` would get them. */
function answers(page: Page, rounds: Vector[]): Promise<number[]> {
  return page.evaluate(async (rounds) => {
    const worker = new Worker('/worker.js');
    const nonces = [];
    for (const { seed, round, difficulty } of rounds) {
      const answer: any = await new Promise((done, fail) => {
        worker.onmessage = ({ data }) => done(data);
        worker.onerror = fail;
        worker.postMessage({ seed, round, difficulty });
      });
      nonces.push(answer.nonce ?? answer.failed);
    }
    worker.terminate();
    return nonces;
  }, rounds);
}

const KERNELS = [
  { kernel: 'SIMD', without: /^$/, uses: 'solver-simd.wasm', not: ['solver.wasm', 'plain.js'] },
  { kernel: 'scalar', without: /solver-simd/, uses: 'solver.wasm', not: ['solver-simd.wasm', 'plain.js'] },
  { kernel: 'plain JavaScript', without: /\/solver[^/]*\.wasm/, uses: 'plain.js', not: ['solver-simd.wasm', 'solver.wasm'] },
];

for (const { kernel, without, uses, not } of KERNELS) {
  base.describe(kernel, () => {
    base.use({ refusals: [/Failed to load resource: .*solver[^/]*\.wasm/] });

    base(`${kernel} finds what the reference finds`, async ({ edge, page, context }) => {
      await context.route(without, (route) => route.abort());
      const loaded = loads(context);
      await page.goto(edge.url);
      const nonces = await answers(page, VECTORS);
      expect(nonces).toEqual(VECTORS.map((vector) => vector.nonce));
      expect(loaded).toContain(uses);
      for (const other of not) expect(loaded).not.toContain(other);
    });
  });
}

for (const [cores, workers] of [
  [1, 1],
  [2, 1],
  [4, 3],
  [16, 4],
] as const) {
  endless(`${cores} cores solve with ${workers} workers, and all of them end when it is stopped`, async ({ edge, shopper, page, context }) => {
    await context.addInitScript(
      (cores) => Object.defineProperty(navigator, 'hardwareConcurrency', { get: () => cores }),
      cores,
    );
    const sale = await edge.announce({ units: 1 });
    const ada = await shopper(sale);
    await press(ada);
    await until('the workers run', () => page.workers().length === workers);
    await page.getByRole('button', { name: 'Stop' }).click();
    await ada.isAt('invited');
    await until('the workers ended', () => page.workers().length === 0);
    await page.reload();
    await ada.isAt('invited');
    expect((await sale.status()).tail).toBe(0);
    // It was not forgotten how to join.
    await press(ada);
    await expect(page.getByRole('progressbar')).toBeVisible();
  });
}

hard('a reload goes on with what was solved, and the place follows', async ({ edge, shopper, page }) => {
  hard.slow();
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  let challenges = 0;
  page.on('request', (request) => {
    if (request.url().endsWith('/challenge')) challenges += 1;
  });
  await press(ada);
  await until('some of it is solved', async () => (await kept(page, sale)) >= 3);
  await page.reload();
  const before = await kept(page, sale);
  await expect(ada.step).toHaveAttribute('data-step', /joining|lobby/);
  await expect(ada.step).toHaveAttribute('data-step', 'lobby', { timeout: 90_000 });
  expect(before).toBeGreaterThanOrEqual(3);
  expect(challenges, 'the puzzle of before the reload was enough').toBe(1);
  expect(await kept(page, sale), 'a used puzzle is not kept').toBe(0);
});

usual('the page never stutters while the puzzle is solved', async ({ edge, shopper, page, browser }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await until('the page is awake', () => page.evaluate(() => 'sluice_solver' in globalThis));
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] });
  await press(ada);
  await ada.isAt('lobby');
  const tasks = mainThreadTasks(await browser.stopTracing());
  expect(tasks.length, 'tasks were seen').toBeGreaterThan(10);
  expect(tasks.filter((ms) => ms > 50)).toEqual([]);
});

/**
 * How long each task of a page's main thread took, in ms. Of the processor's time, not of the clock's, by which
 * `longtask` goes: on a busy machine a page waits for its turn, whatever it does.
 */
function mainThreadTasks(trace: Buffer): number[] {
  interface Event {
    name: string;
    pid: number;
    tid: number;
    tdur?: number;
    args?: { name?: string };
  }
  const { traceEvents }: { traceEvents: Event[] } = JSON.parse(trace.toString());
  const thread = ({ pid, tid }: Event) => `${pid}:${tid}`;
  const main = new Set(
    traceEvents
      .filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
      .map(thread),
  );
  return traceEvents
    .filter((event) => event.name.endsWith('RunTask') && main.has(thread(event)) && event.tdur !== undefined)
    .map((event) => (event.tdur ?? 0) / 1000);
}

async function press(who: Shopper) {
  await who.page.getByRole('button', { name: 'Join', exact: true }).click();
}

/** Rounds that the tab remembers. */
function kept(page: Page, sale: Sale): Promise<number> {
  return page.evaluate((sale) => {
    const proof = JSON.parse(sessionStorage.getItem(`sluice-proof-${sale}`) ?? 'null');
    return proof ? Object.keys(proof.nonces).length : 0;
  }, sale.id);
}
