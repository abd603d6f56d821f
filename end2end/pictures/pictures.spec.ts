import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { Rival } from '../support/rival';
import type { Shopper } from '../support/shopper';

test.use({ deviceScaleFactor: 1.5 });

async function take(page: Page, name: string, from = 0) {
  // The pictures show the page, not whatever has the pointer or the focus.
  await page.mouse.move(0, 0);
  await page.evaluate((top) => {
    (document.activeElement as HTMLElement | null)?.blur();
    window.scrollTo({ top, behavior: 'instant' });
  }, from);
  const file = `../../docs/images/${name}-${test.info().project.name}.png`;
  await page.screenshot({ path: resolve(__dirname, file), animations: 'disabled' });
}

/** Types a card without sending it. */
async function types(ada: Shopper) {
  await ada.page.getByLabel('Email for your order').fill('ada@example.org');
  await ada.cardFrame.getByLabel('Card number').fill('4242424242424242');
  await ada.cardFrame.getByLabel('Expiry').fill('12 / 40');
}

test('the journey, step by step', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 1000, rate: 1 });
  await Promise.all(Array.from({ length: 40 }, () => Rival.join(sale)));
  const ada = await shopper(sale);
  await ada.isAt('invited');
  await take(page, 'invited');
  await ada.joins();
  await take(page, 'lobby');
  await types(ada);
  await take(page, 'card', 380);
  await ada.holdsPrice();
  await sale.open();
  await expect(ada.step).toHaveAttribute('data-step', /line|called/);
  await take(page, 'line');
  await sale.act('rate', { rate: 500 });
  await expect(ada.buyButton).toBeEnabled();
  await take(page, 'called');
  await ada.buys();
  await expect(page.getByText('Paid. Thank you!')).toBeVisible();
  await take(page, 'receipt');
});

test('sold out, and the hold is released', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 1 });
  const rival = await Rival.join(sale);
  await rival.authorize();
  await sale.open();
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();
  await rival.buy();
  await ada.hasCard('released');
  await take(page, 'sold-out', 380);
});

test('the operator', async ({ edge, page }) => {
  await page.goto(`${edge.url}/operator`);
  await page.getByLabel('Password').fill(edge.operatorPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  await take(page, 'operator');
});
