import type { Page } from '@playwright/test';
import { isAccessible } from '../support/axe';
import { expect, test } from '../support/test';
import { Rival } from '../support/rival';

for (const colorScheme of ['light', 'dark'] as const) {
  test(`every step passes axe, ${colorScheme}`, async ({ edge, shopper, page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const sale = await edge.announce({ units: 2 });
    await page.goto(edge.url);
    await isAccessible(page);
    const ada = await shopper(sale);
    await isAccessible(page);
    await ada.joins();
    await expect(ada.cardFrame.getByLabel('Card number')).toBeVisible();
    await isAccessible(page);
    await ada.holdsPrice();
    await isAccessible(page);
    await sale.open();
    await expect(ada.buyButton).toBeEnabled();
    await isAccessible(page);
    await ada.buys();
    await isAccessible(page);
    const rival = await Rival.join(sale);
    await rival.authorize();
    await rival.buy();
    await page.context().clearCookies();
    await ada.arrives();
    await ada.isAt('sold_out');
    await isAccessible(page);
  });
}

test('the whole way by keyboard', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const { page, ...rest } = await shopper(sale);
  void rest;
  const tabTo = async (what: string, focused: () => Promise<boolean>) => {
    for (let presses = 0; presses < 30; presses += 1) {
      if (await focused()) return;
      await page.keyboard.press('Tab');
    }
    throw new Error(`30 presses of Tab do not reach ${what}`);
  };
  const onId = (id: string) => () => page.evaluate((wanted) => document.activeElement?.id === wanted, id);

  await tabTo('Join', onId('join'));
  await page.keyboard.press('Enter');
  await expect(page.locator('section.step')).toHaveAttribute('data-step', 'lobby');
  await expect(page.locator('#step-title'), 'the focus follows to the new step').toBeFocused();

  await tabTo('the email', onId('email'));
  await page.keyboard.type('ada@example.org');
  await page.keyboard.press('Tab');
  await page.keyboard.type('4242424242424242');
  await page.keyboard.press('Tab');
  await page.keyboard.type('1240');
  await page.keyboard.press('Tab');
  await page.keyboard.type('123');
  await page.keyboard.press('Enter');
  await expect(page.locator('section.card')).toHaveAttribute('data-card', 'held');

  await sale.open();
  await expect(page.locator('#buy')).toBeEnabled();
  await page.locator('#step-title').focus();
  await tabTo('Buy', onId('buy'));
  await page.keyboard.press('Enter');
  await page.waitForURL(/\/orders\//);
});

test('nothing overflows a narrow phone at 200% text', async ({ edge, shopper, page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
});

/** What stands in a <noscript>; texts there are not found by `getByText`. */
const said = (page: Page, hasText: string) => page.locator('noscript p').filter({ hasText });

test.describe('without JavaScript', () => {
  // Nobody takes what is loaded ahead.
  test.use({ javaScriptEnabled: false, refusals: [/was preloaded using link preload but not used/] });

  test('the sale, its state and what is missing can be read', async ({ edge, page }) => {
    const sale = await edge.announce({ units: 7 });
    await page.goto(sale.page);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Tidal One, first run');
    await expect(page.getByText('7 of 7 left')).toBeVisible();
    await expect(said(page, 'Joining needs JavaScript')).toBeVisible();
    await expect(said(page, 'Tickets so far: 0. Called so far: 0. Let in: at most 500 people a second.')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'Join the lobby' })).toBeVisible();
    // Nothing that would not answer is offered, and nothing reloads by itself under a reader's hands.
    await expect(page.getByRole('button')).toHaveCount(0);
    await expect(page.locator('meta[http-equiv=refresh]')).toHaveCount(0);
  });

  test('how the sale goes on is there after a reload', async ({ edge, page }) => {
    const sale = await edge.announce({ units: 1 });
    await page.goto(sale.page);
    const rival = await Rival.join(sale);
    await rival.authorize();
    await sale.open();
    await expect(async () => {
      await page.reload();
      await expect(said(page, 'Tickets so far: 1. Called so far: 1.')).toBeVisible({ timeout: 500 });
    }).toPass();
    await rival.buy();
    await expect(async () => {
      await page.reload();
      await expect(page.getByRole('heading', { name: 'Sold out' })).toBeVisible({ timeout: 500 });
    }).toPass();
    await expect(page.getByText('0 of 1 left')).toBeVisible();
  });
});

test('in German for who reads German', async ({ edge, browser, contextOptions, complaints }) => {
  void complaints;
  const sale = await edge.announce({ units: 1 });
  const context = await browser.newContext({ ...contextOptions, locale: 'de-DE' });
  const page = await context.newPage();
  await page.goto(sale.page);
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await expect(page.getByText('129,00 €').first()).toBeVisible();
  await context.close();
});
