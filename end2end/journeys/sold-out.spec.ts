import { expect, test } from '../support/test';
import { CARDS } from '../support/shopper';
import { Rival } from '../support/rival';

test('who waited in vain is told, and the hold is released', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const rival = await Rival.join(sale);
  await rival.authorize();
  await sale.open();

  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();
  await rival.buy();

  await ada.isAt('sold_out');
  await expect(ada.step).toContainText('All 1 have found a buyer.');
  await expect(ada.buyButton).toBeHidden();
  await ada.hasCard('released');
  await expect(ada.card).toContainText('Your hold of €129.00 was released at');
  expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1, voided: 1, captured_and_voided: 0 });
});

test('where a card was only kept nobody speaks of a hold', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1, policy: 'by_rank' });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.givesCard(CARDS.good);
  await ada.hasCard('kept');
  await sale.act('end');
  await ada.isAt('over');
  await ada.hasCard('unheld');
  await expect(ada.card).toContainText('No money was held or taken.');
  expect(await sale.bank()).toMatchObject({ intents: 0 });
});

test.describe('a race', () => {
  test.use({ refusals: [/409 .*\/orders\)$/] });

  test('two press Buy for the last one: one gets it, the other gets the truth', async ({ edge, shopper, stranger }) => {
    const sale = await edge.announce({ units: 1 });
    const [ada, bob] = [await shopper(sale), await stranger(sale)];
    for (const [who, email, card] of [
      [ada, 'ada@example.org', '4242424242424242'],
      [bob, 'bob@example.org', '5555555555554444'],
    ] as const) {
      await who.joins();
      await who.holdsPrice(card, email);
    }
    await sale.open();
    for (const who of [ada, bob]) await expect(who.buyButton).toBeEnabled();
    await Promise.all([ada, bob].map((who) => who.presses()));

    const won = (who: typeof ada) => who.page.getByText('Paid. Thank you!');
    const lost = (who: typeof ada) => who.page.locator('section.step[data-step=sold_out]');
    for (const who of [ada, bob]) await expect(won(who).or(lost(who))).toBeVisible();
    const winners = [await won(ada).isVisible(), await won(bob).isVisible()];
    expect(winners.filter(Boolean)).toHaveLength(1);
    await (winners[0] ? bob : ada).hasCard('released');
    expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1, voided: 1 });
  });
});

test('who comes too late reads that it is sold out', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const rival = await Rival.join(sale);
  await rival.authorize();
  await sale.open();
  await rival.buy();
  await sale.reaches('sold_out');

  const ada = await shopper(sale);
  await ada.isAt('sold_out');
  await expect(ada.page.getByRole('button', { name: 'Join', exact: true })).toBeHidden();
});

test('leaving the line gives the hold back', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();
  await ada.page.getByRole('button', { name: 'Leave the line' }).click();
  await expect(ada.page.getByRole('button', { name: 'Stay in line' })).toBeFocused();
  await ada.page.getByRole('button', { name: 'Give up my place' }).click();
  await ada.isAt('left');
  await ada.hasCard('released');
  expect(await sale.bank()).toMatchObject({ open_holds: 0, voided: 1 });
});
