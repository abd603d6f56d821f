// The page as it is set up for the real Stripe: its script, its card element, its bank dialog; here by
// localstripe, whose differences are in docs/LOCALSTRIPE.md.
import { Edge } from '../support/edge';
import { Localstripe } from '../support/localstripe';
import type { Shopper } from '../support/shopper';
import { expect, test as base } from '../support/test';

const test = base.extend<{}, { localstripe: Localstripe }>({
  localstripe: [
    async ({}, use) => {
      const localstripe = await Localstripe.start();
      await use(localstripe);
      await localstripe.stop();
    },
    { scope: 'worker' },
  ],
  edge: [
    async ({ localstripe }, use) => {
      const edge = await Edge.start(localstripe.settings);
      await use(edge);
      await edge.stop();
    },
    { scope: 'worker' },
  ],
});

test.skip(!Localstripe.program, 'localstripe is not installed: make localstripe');

/** Types into the provider's element, which has a field for each part of a card. */
async function givesCard(shopper: Shopper, number: string) {
  await shopper.page.getByLabel('Email for your order').fill('ada@example.org');
  const form = shopper.cardFrame;
  for (const [field, value] of [
    ['number', number],
    ['exp_month', '12'],
    ['exp_year', '40'],
    ['cvc', '123'],
  ] as const) {
    await form.getByPlaceholder(field).fill(value);
  }
  await form.getByRole('button', { name: 'Save card' }).click();
}

test('a card is given in the provider’s element, held, and taken', async ({ edge, localstripe, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await givesCard(ada, '4242424242424242');
  await ada.hasCard('held');
  expect(await localstripe.statuses(sale.id)).toEqual(['requires_capture']);

  await sale.open();
  await ada.buys();
  await expect(ada.page.locator('.receipt')).toContainText('Paid. Thank you!');
  expect(await localstripe.statuses(sale.id)).toEqual(['succeeded']);
});

test('who leaves gets the hold back', async ({ edge, localstripe, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  await ada.joins();
  await givesCard(ada, '4242424242424242');
  await ada.hasCard('held');
  await sale.act('end');
  await ada.hasCard('released');
  expect(await localstripe.statuses(sale.id)).toEqual(['canceled']);
});

for (const { answer, card, status } of [
  { answer: 'Complete authentication', card: 'held', status: 'requires_capture' },
  { answer: 'Fail authentication', card: 'declined', status: 'requires_payment_method' },
]) {
  test(`3-D Secure by the provider’s script: ${answer}`, async ({ edge, localstripe, shopper }) => {
    const sale = await edge.announce({ units: 1 });
    const ada = await shopper(sale);
    await ada.joins();
    await givesCard(ada, '4000002760003184');
    await ada.bankFrame.getByRole('button', { name: answer }).click();
    await ada.hasCard(card);
    await expect(ada.page.getByRole('dialog')).toBeHidden();
    expect(await localstripe.statuses(sale.id)).toEqual([status]);
  });
}

test('the shop’s page allows itself only, the provider’s pages just the provider', async ({
  edge,
  localstripe,
  shopper,
}) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  const policyOf = async (path: string) => {
    const answer = await fetch(`${edge.url}${path}`);
    return answer.headers.get('content-security-policy') ?? '';
  };
  const shop = await policyOf(`/sales/${sale.id}`);
  expect(shop).toContain("frame-src 'self';");
  expect(shop).not.toContain(localstripe.url);
  const card = await policyOf('/pay/card');
  expect(card).toContain(`script-src 'self' ${localstripe.url};`);
  expect(card).toContain(`connect-src ${localstripe.url};`);
  expect(card).toContain("frame-ancestors 'self'");
  await ada.isAt('invited');
});
