import { expect, test } from '../support/test';
import { Shopper } from '../support/shopper';

test('two tabs share one place, one hold and one order', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 5 });
  const first = await shopper(sale);
  const second = await new Shopper(await first.page.context().newPage(), sale).arrives();

  await first.joins();
  await second.isAt('lobby');
  await expect(second.step).toContainText('No. 1');
  await expect.poll(async () => (await sale.status()).tail).toBe(1);

  await first.holdsPrice();
  await second.hasCard('held');

  await sale.open();
  for (const tab of [first, second]) await expect(tab.buyButton).toBeEnabled();
  await Promise.all([first, second].map((tab) => tab.presses()));
  // One tab may hear of the order from the other before its own press counts: then it says so, and stays.
  const receipt = (tab: Shopper) => tab.page.locator('.receipt');
  const link = (tab: Shopper) => tab.page.getByRole('link', { name: 'See your receipt' });
  for (const tab of [first, second]) await expect(receipt(tab).or(link(tab))).toBeVisible();
  const orders: string[] = [];
  for (const tab of [first, second]) {
    await tab.arrives();
    orders.push((await link(tab).getAttribute('href')) ?? '');
    await link(tab).click();
    await expect(receipt(tab)).toContainText('Paid. Thank you!');
  }
  expect(orders[0]).toMatch(/^\/orders\//);
  expect(orders[1]).toBe(orders[0]);
  expect(await sale.bank()).toMatchObject({ captured: 1, open_holds: 0, double_captures: 0 });
});

test('buying in one tab shows in the other', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 5 });
  const first = await shopper(sale);
  await first.joins();
  const second = await new Shopper(await first.page.context().newPage(), sale).arrives();
  await second.isAt('lobby');
  await second.holdsPrice();
  await sale.open();
  await first.buys();
  await second.isAt('ordered');
});
