import { expect, test } from '../support/test';
import { CARDS } from '../support/shopper';

test('the bank refuses after the click: the shopper is told, and the unit goes to the next', async ({
  edge,
  shopper,
  stranger,
}) => {
  const sale = await edge.announce({ units: 1, rate: 1 });
  await sale.open();
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice(CARDS.refusesCapture);
  await expect(ada.buyButton).toBeEnabled();
  // Bob waits behind her: the line stands still until he holds the price.
  await sale.act('pause');
  const bob = await stranger(sale);
  await bob.joins();
  await bob.holdsPrice('5555555555554444', 'bob@example.org');
  await sale.act('resume');

  await ada.buys();
  await expect(ada.page.locator('.receipt')).toContainText('The payment did not go through');

  await expect(bob.buyButton).toBeEnabled();
  await bob.buys();
  await expect(bob.page.locator('.receipt')).toContainText('Paid. Thank you!');
  await expect.poll(() => sale.bank()).toMatchObject({
    open_holds: 0,
    captured: 1,
    voided: 1,
    captured_and_voided: 0,
    double_captures: 0,
  });

  // Her own page of the sale says the same.
  await ada.page.goto(sale.page);
  await expect(ada.page.getByRole('heading', { name: 'The payment did not go through' })).toBeVisible();
  await expect(ada.step).toContainText('Nothing was taken.');
});

test('the bank refuses after the click: while units last another card buys, and the page says for how long', async ({
  edge,
  shopper,
}) => {
  const sale = await edge.announce({ units: 2 });
  await sale.open();
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice(CARDS.refusesCapture);
  await expect(ada.buyButton).toBeEnabled();
  await ada.buys();
  const receipt = ada.page.locator('.receipt');
  await expect(receipt).toContainText('The payment did not go through');

  await receipt.getByRole('link', { name: 'Try another card' }).click();
  await expect(ada.page.getByRole('heading', { name: 'The payment did not go through' })).toBeVisible();
  await ada.isAt('called');
  await expect(ada.step).toContainText(/Nothing was taken\. You have 00:\d\d to try another card/);
  await ada.holdsPrice('5555555555554444');
  await ada.buys();
  await expect(receipt).toContainText('Paid. Thank you!');
  await expect(receipt.getByRole('link', { name: 'Try another card' })).toBeHidden();
  await expect.poll(() => sale.bank()).toMatchObject({
    open_holds: 0,
    captured: 1,
    voided: 1,
    captured_and_voided: 0,
    double_captures: 0,
  });
});
