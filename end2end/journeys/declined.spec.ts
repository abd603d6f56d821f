import { expect, test } from '../support/test';
import { CARDS } from '../support/shopper';

test('a declined card is told at once, and another one wins', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();

  await ada.givesCard(CARDS.poor);
  await ada.hasCard('declined');
  await expect(ada.card).toContainText('There is not enough money on this card');
  await expect(ada.card).toContainText('Your place is kept. Please try another card.');
  await ada.isAt('lobby');

  await ada.holdsPrice(CARDS.good);
  await sale.open();
  await ada.buys();
  await expect(ada.page.locator('.receipt')).toContainText('Visa •••• 4242');
  expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1, declined: 1 });
});

test('a wrong email is shown beside the field, and nothing is held', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.givesCard(CARDS.good, 'not an address');
  await expect(ada.card).toContainText('Please enter an email address');
  expect(await sale.bank()).toMatchObject({ intents: 0 });

  await ada.page.getByLabel('Email for your order').fill('ada@example.org');
  await ada.page.getByRole('button', { name: 'Hold €129.00' }).click();
  await ada.hasCard('held');
});

test('who is called without a card is asked for one, and can still buy', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await sale.open();
  await ada.isAt('called');
  await expect(ada.step).toContainText('A card is needed before you can buy.');
  await expect(ada.buyButton).toBeDisabled();
  await ada.holdsPrice();
  await ada.buys();
});
