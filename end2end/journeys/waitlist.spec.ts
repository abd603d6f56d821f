// Sold out is not the end while a payment may still fail: who is in line keeps place and hold until then.
//
// The bank falls silent before the last unit is bought, so its payment stays open until the test has seen what
// the others are told.
import { isAccessible } from '../support/axe';
import { Edge } from '../support/edge';
import { Provider } from '../support/provider';
import { Rival } from '../support/rival';
import { CARDS } from '../support/shopper';
import { expect, test as base } from '../support/test';

const test = base.extend<{}, { provider: Provider }>({
  provider: [
    async ({}, use) => {
      const provider = await Provider.start();
      await use(provider);
      await provider.stop();
    },
    { scope: 'worker' },
  ],
  edge: [
    async ({ provider }, use) => {
      const edge = await Edge.start(provider.settings);
      await use(edge);
      await edge.stop();
    },
    { scope: 'worker' },
  ],
});

test.afterEach(({ provider }) => provider.goesOn());

test('a unit that comes back goes to who waits for it', async ({ edge, provider, shopper, page }) => {
  test.slow();
  // One a second, all of them late: the line is in the order in which they come.
  const sale = await edge.announce({ units: 1, rate: 1 });
  await sale.open();
  const rival = await Rival.join(sale);
  await rival.authorize('rival', CARDS.refusesCapture);
  const pass = await rival.pass();
  await sale.act('pause');
  for (let others = 0; others < 4; others += 1) await Rival.join(sale);
  const ada = await shopper(sale);
  await ada.joins();
  await ada.isAt('line');
  await ada.holdsPrice();
  const title = await page.title();

  provider.fallsSilent();
  await sale.act('resume');
  await rival.order(pass);
  await ada.isAt('waitlist');
  await expect(page.getByRole('heading', { name: 'Sold out, and you are on the waitlist' })).toBeVisible();
  await expect(page).toHaveTitle(/^Sold out, and you are on the waitlist · /);
  await expect(ada.said).toHaveText(/^Sold out, and you are on the waitlist\. (\d people|1 person) ahead of you$/);
  await expect(ada.step.locator('.fact', { hasText: 'Your place' })).toContainText(/[2-6]/);
  await ada.hasCard('held');
  await expect(ada.card).toContainText('It stays held while a unit may still come back');
  await expect(ada.buyButton).toBeHidden();
  await isAccessible(page);
  await page.reload();
  await ada.isAt('waitlist');
  await ada.hasCard('held');

  provider.goesOn();
  await expect(page.getByRole('heading', { name: 'A unit came back, and it is your turn' })).toBeVisible();
  await expect(page).toHaveTitle(`A unit came back, and it is your turn · ${title}`);
  await expect(ada.said).toHaveText('A unit came back, and it is your turn');
  await expect(ada.buyButton).toBeEnabled();
  await isAccessible(page);
  await ada.buys();
  await expect(page.locator('.receipt')).toContainText('Paid. Thank you!');
  expect(await sale.bank()).toMatchObject({ captured: 1, open_holds: 0, captured_and_voided: 0 });
});

test('when every payment has gone through, the waitlist ends and the hold is released', async ({
  edge,
  provider,
  shopper,
}) => {
  const sale = await edge.announce({ units: 1 });
  const rival = await Rival.join(sale);
  await rival.authorize();
  await sale.open();
  const pass = await rival.pass();
  const ada = await shopper(sale);
  await ada.joins();
  await ada.holdsPrice();

  provider.fallsSilent();
  await rival.order(pass);
  await ada.isAt('waitlist');
  await ada.hasCard('held');
  expect((await sale.status()).decided).toBeUndefined();

  provider.goesOn();
  await ada.isAt('sold_out');
  await expect(ada.step).toContainText('Every payment has gone through');
  await ada.hasCard('released');
  expect((await sale.status()).decided).toBe(true);
  expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1, voided: 1 });
});
