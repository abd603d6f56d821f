// Browsers that can, or are asked to do, less.
import { Shopper } from '../support/shopper';
import { expect, test } from '../support/test';

test('without a key the cookie alone counts, all the way to the order', async ({ edge, shopper, context }) => {
  await context.addInitScript(() => Object.defineProperty(globalThis, 'indexedDB', { value: undefined }));
  const sale = await edge.announce({ units: 3 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();
  await sale.open();
  await ada.isAt('called');
  await ada.buys();
});

test('nothing moves for who wants no motion', async ({ edge, shopper, page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const sale = await edge.announce({ units: 2 });
  const ada = await shopper(sale);
  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((animation) => animation.playState === 'running').length);
  expect(await moving()).toBe(0);
  await ada.joins();
  expect(await moving()).toBe(0);
  await ada.holdsPrice();
  await sale.open();
  await ada.isAt('called');
  await expect(ada.buyButton).toBeEnabled();
  expect(await moving()).toBe(0);
});

test('on a slow line, a press before the page is awake counts', async ({ edge, page }) => {
  const sale = await edge.announce({ units: 3 });
  const ada = new Shopper(page, sale);
  const wakes = await ada.arrivesAsleep();
  await page.getByRole('button', { name: 'Join', exact: true }).click();
  wakes();
  await ada.isAt('lobby');
});
