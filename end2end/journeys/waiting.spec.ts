// What a shopper reads and hears while waiting, and how often the page asks when the stream is silent.
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import type { Sale } from '../support/edge';
import { Rival } from '../support/rival';
import type { Shopper } from '../support/shopper';
import { until } from '../support/until';

/** The value and the reason of one fact. */
async function fact(ada: Shopper, name: string): Promise<string> {
  return ada.step.locator('.fact', { hasText: name }).locator('dd').innerText();
}

/** In line behind others, while the sale is paused. */
async function standsInLine(sale: Sale, shopper: (sale: Sale) => Promise<Shopper>, others = 20): Promise<Shopper> {
  await sale.open();
  await sale.act('pause');
  await Promise.all(Array.from({ length: others }, () => Rival.join(sale)));
  const ada = await shopper(sale);
  await ada.joins();
  await ada.isAt('line');
  return ada;
}

test('a wait is a range with its reason, and a longer one says why', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 50, rate: 4 });
  const ada = await standsInLine(sale, shopper);
  expect(await fact(ada, 'Your wait')).toMatch(/^\d+–\d+ s once it goes on\s+At 4 people a second\.$/);
  expect(await fact(ada, 'Your place')).toBe('21');
  expect(await fact(ada, 'Your chance')).toMatch(/^Good\s+More left than people ahead of you\.$/);
  await expect(ada.step.getByRole('progressbar', { name: 'Your way to the front' })).toBeVisible();
  await expect(ada.step).toContainText('Your place is kept if you reload or close this page.');
  await expect(ada.card).toContainText('€129.00 is held, not taken. If you do not get one, the hold is released.');

  await sale.act('rate', { rate: 1 });
  await expect(ada.step.locator('.fact', { hasText: 'Your wait' })).toContainText(
    'Longer than before: now at 1 person a second.',
  );
  await sale.act('rate', { rate: 500 });
  await sale.act('resume');
  await ada.isAt('called');
  await expect(page).toHaveTitle(/^It is your turn · /);
});

test('a pause and its end are said at once, a place only every half minute', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 50, rate: 1 });
  const ada = await standsInLine(sale, shopper);
  await page.evaluate(() => {
    const region = document.querySelector('.journey > [role=status].visually-hidden')!;
    const said: string[] = [];
    Object.assign(globalThis, { said });
    new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
  const said = () => page.evaluate(() => (globalThis as unknown as { said: string[] }).said);

  await sale.act('resume');
  await expect(ada.said).toHaveText('The sale goes on.');
  // The line moves three places: seen, and not said.
  const ahead = ada.step.locator('.ahead strong');
  const before = Number(await ahead.textContent());
  await expect.poll(async () => Number(await ahead.textContent())).toBeLessThanOrEqual(before - 3);
  await sale.act('pause');
  await expect(ada.said).toHaveText(/^The sale is paused\. All places are kept/);
  await sale.act('rate', { rate: 500 });
  await sale.act('resume');
  await ada.isAt('called');
  await expect(ada.said).toHaveText('It is your turn');
  const sentences = (await said()).filter((words, at, all) => words !== '' && words !== all[at - 1]);
  expect(sentences.slice(0, 2).map((words) => words.split('.')[0])).toEqual(['The sale goes on', 'The sale is paused']);
  expect(sentences.at(-1)).toBe('It is your turn');
  expect(sentences.filter((words) => words.includes('ahead'))).toEqual([]);
});

test.describe('without a stream', () => {
  test.use({ refusals: [/status of 404 .*\/events|EventSource/] });

  /** The times at which the page asks, in milliseconds. */
  function asking(page: Page): number[] {
    const times: number[] = [];
    page.on('request', (request) => {
      if (new URL(request.url()).pathname.endsWith('/status')) times.push(Date.now());
    });
    return times;
  }

  const gaps = (times: number[]) => times.slice(1).map((time, at) => time - (times[at] ?? 0));

  test('who is far asks rarely, who is near asks often', async ({ edge, shopper, page }) => {
    test.slow();
    await page.route('**/events', (route) => route.fulfill({ status: 404 }));
    const sale = await edge.announce({ units: 50, rate: 1 });
    await standsInLine(sale, shopper, 40);
    const far = asking(page);
    await sale.act('resume');
    // Five seconds, a fifth more or less; without the distance it would be one.
    await until('the page waits long from afar', () => gaps(far).some((gap) => gap > 3500));

    const next = await edge.announce({ units: 50, rate: 1 });
    const bob = await standsInLine(next, shopper, 4);
    const near = asking(page);
    await next.act('resume');
    await until('the page asks often when it is near', () => gaps(near).some((gap) => gap < 2500));
    await bob.isAt('called');
  });
});
