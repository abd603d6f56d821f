// However many tabs a shopper opens: one place, and one of them that watches.
import type { BrowserContext } from '@playwright/test';
import { expect, test } from '../support/test';
import { Rival } from '../support/rival';
import { Shopper } from '../support/shopper';
import { until } from '../support/until';

/** Counts what the tabs of a browser ask the edge for to stay up to date. */
function watching(context: BrowserContext) {
  const asked = { streams: 0, polls: 0 };
  context.on('request', (request) => {
    const path = new URL(request.url()).pathname;
    if (path.endsWith('/events')) asked.streams += 1;
    if (path.endsWith('/status')) asked.polls += 1;
  });
  return asked;
}

test('twenty tabs have one ticket and one feed', async ({ edge, context, page }) => {
  test.slow();
  const sale = await edge.announce({ units: 3 });
  const asked = watching(context);
  const tabs = [new Shopper(page, sale)];
  while (tabs.length < 20) tabs.push(new Shopper(await context.newPage(), sale));
  for (const tab of tabs) await tab.arrives();

  // Two press at the same moment, each with a proof of its own; the others hear of it.
  await Promise.all(
    tabs.slice(0, 2).map((tab) => tab.page.locator('#join').evaluate((button: HTMLElement) => button.click())),
  );
  for (const tab of tabs) {
    await tab.isAt('lobby');
    await expect(tab.step).toContainText('No. 1');
  }
  await expect.poll(async () => (await sale.status()).tail).toBe(1);

  // What only a snapshot tells reaches every tab, by the one stream.
  await sale.act('pause', { message: 'Back in two minutes.' });
  for (const tab of tabs) await expect(tab.page.getByText('Back in two minutes.')).toBeVisible();
  expect(asked).toEqual({ streams: 1, polls: 0 });
});

test('a tab that is still loading when another one joins shows its place', async ({ edge, context, page }) => {
  const sale = await edge.announce({ units: 3 });
  const early = await new Shopper(page, sale).arrives();
  const late = new Shopper(await context.newPage(), sale);
  const wakes = await late.arrivesAsleep();
  await early.joins();
  await late.isAt('invited');
  wakes();
  await late.isAt('lobby');
});

test('when the tab that watches is closed, another one watches', async ({ edge, context, page }) => {
  const sale = await edge.announce({ units: 50 });
  const asked = watching(context);
  const first = await new Shopper(page, sale).arrives();
  await first.joins();
  const others = [];
  for (let tab = 0; tab < 3; tab += 1) {
    others.push(await new Shopper(await context.newPage(), sale).arrives());
  }
  for (const tab of others) await tab.isAt('lobby');
  expect(asked.streams).toBe(1);

  await first.page.close();
  await until('another tab watches', () => asked.streams === 2);
  await Rival.join(sale);
  await sale.open();
  for (const tab of others) await tab.isAt('called');
  expect(asked).toEqual({ streams: 2, polls: 0 });
});

test('without locks every tab watches for itself', async ({ edge, context, page }) => {
  await context.addInitScript(() => Object.defineProperty(Navigator.prototype, 'locks', { value: undefined }));
  const sale = await edge.announce({ units: 3 });
  const asked = watching(context);
  const tabs = [new Shopper(page, sale), new Shopper(await context.newPage(), sale)];
  for (const tab of tabs) await tab.arrives();
  await tabs[0]?.joins();
  await sale.open();
  for (const tab of tabs) await tab.isAt('called');
  expect(asked.streams).toBe(2);
});
