import { expect, test } from '../support/test';
import { Rival } from '../support/rival';
import type { Shopper, Step } from '../support/shopper';

/** Reloads, and sees the same step in what the server rendered and after the page woke up. */
async function reloads(who: Shopper, step: Step) {
  const html = await (await who.page.request.get(who.sale.page)).text();
  expect(html, 'the server renders the step').toContain(`data-step="${step}"`);
  await who.page.reload();
  await who.isAt(step);
}

test('a reload at any step returns to the same step', async ({ edge, shopper }) => {
  const later = await edge.announce({ units: 30, lobbyInMs: 1_800_000 });
  await reloads(await shopper(later), 'announced');

  const sale = await edge.announce({ units: 30, rate: 1 });
  const ada = await shopper(sale);
  await ada.isAt('invited');
  await reloads(ada, 'invited');

  // Twenty in the lobby, one a second: some way to the front.
  await Promise.all(Array.from({ length: 20 }, () => Rival.join(sale)));
  await ada.joins();
  await ada.isAt('lobby');
  const ticket = await ada.step.getByText('No. ').textContent();
  await reloads(ada, 'lobby');
  await expect(ada.step).toContainText(ticket ?? 'a ticket');

  await ada.holdsPrice();
  await ada.page.reload();
  await ada.hasCard('held');

  await sale.open();
  await expect(ada.step).toHaveAttribute('data-step', /line|called/);
  await sale.act('rate', { rate: 500 });
  await ada.isAt('called');
  await reloads(ada, 'called');

  await ada.buys();
  await ada.page.goto(sale.page);
  await ada.isAt('ordered');
  await reloads(ada, 'ordered');
  await ada.page.getByRole('link', { name: 'See your receipt' }).click();
  await expect(ada.page.locator('.receipt')).toContainText('Paid. Thank you!');
  await ada.page.reload();
  await expect(ada.page.locator('.receipt')).toContainText('Paid. Thank you!');
});

test('a reload in line keeps the place', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 50, rate: 1 });
  await Promise.all(Array.from({ length: 30 }, () => Rival.join(sale)));
  await sale.open();
  await sale.act('pause');
  const ada = await shopper(sale);
  await ada.joins();
  await ada.isAt('line');
  const place = () => ada.step.locator('.fact', { hasText: 'Your place' }).locator('dd span').textContent();
  const before = await place();
  await reloads(ada, 'line');
  expect(await place()).toBe(before);
  await sale.act('rate', { rate: 500 });
  await sale.act('resume');
  await ada.isAt('called');
});

test('a pause keeps places, says so, and survives a reload', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 2 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();
  await sale.open();
  await ada.isAt('called');
  await expect(ada.buyButton).toBeEnabled();
  await sale.act('pause', { message: 'Back in two minutes.' });
  await expect(ada.page.getByText('Back in two minutes.')).toBeVisible();
  await expect(ada.buyButton).toBeDisabled();
  await reloads(ada, 'called');
  await expect(ada.page.getByText('Back in two minutes.')).toBeVisible();
  await sale.act('resume');
  await ada.buys();
});
