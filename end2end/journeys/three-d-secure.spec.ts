import { expect, test } from '../support/test';
import { CARDS } from '../support/shopper';

test('the bank asks while the shopper waits; approved, buying is one click', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.givesCard(CARDS.secure);
  await expect(ada.page.getByRole('dialog', { name: 'Your bank' })).toBeVisible();
  await ada.bankFrame.getByRole('button', { name: 'Approve' }).click();
  await ada.hasCard('held');
  await expect(ada.page.getByRole('dialog')).toBeHidden();

  await sale.open();
  await ada.buys();
  expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1 });
});

test('refused at the bank: another card may be tried', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.givesCard(CARDS.secure);
  await ada.bankFrame.getByRole('button', { name: 'Refuse' }).click();
  await ada.hasCard('declined');
  await expect(ada.card).toContainText('The hold was not confirmed with your bank.');
  await ada.holdsPrice(CARDS.good);
  expect(await sale.bank()).toMatchObject({ open_holds: 1 });
});

test('the bank can be closed and asked again, also after a reload', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.givesCard(CARDS.secure);
  await ada.page.getByRole('button', { name: 'Close' }).click();
  await expect(ada.page.getByRole('dialog')).toBeHidden();
  await ada.hasCard('action');

  await ada.page.reload();
  await ada.hasCard('action');
  await ada.page.getByRole('button', { name: 'Confirm with my bank' }).click();
  await ada.bankFrame.getByRole('button', { name: 'Approve' }).click();
  await ada.hasCard('held');
});
