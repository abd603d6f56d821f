// A currency has none, two or three decimals (ISO 4217): the price, the hold, the bank's question, the receipt
// and the money itself must agree on it.
import { expect, test } from '../support/test';
import { CARDS } from '../support/shopper';

for (const { currency, minor, shown, atBank } of [
  { currency: 'EUR', minor: 129_050, shown: '€1,290.50', atBank: '1290.50 EUR' },
  { currency: 'JPY', minor: 12_900, shown: '¥12,900', atBank: '12900 JPY' },
  { currency: 'KWD', minor: 12_340, shown: 'KWD\u00a012.340', atBank: '12.340 KWD' },
]) {
  test(`a receipt in ${currency}`, async ({ edge, shopper }) => {
    const sale = await edge.announce({ units: 1, price: { minor, currency } });
    const ada = await shopper(sale);
    await ada.joins();
    await ada.givesCard(CARDS.secure);
    await expect(ada.bankFrame.getByText(atBank)).toBeVisible();
    await ada.bankFrame.getByRole('button', { name: 'Approve' }).click();
    await ada.hasCard('held');
    await expect(ada.card).toContainText(`${shown} is held on`);

    await sale.open();
    await expect(ada.buyButton).toHaveText(`Buy now for ${shown}`);
    await ada.buys();
    const receipt = ada.page.locator('.receipt');
    await expect(receipt).toContainText('Paid. Thank you!');
    await expect(receipt.locator('.fact', { hasText: 'Amount' })).toContainText(shown);
    expect(await sale.bank()).toMatchObject({ captured: 1, captured_minor: minor, open_holds: 0 });
  });
}

test('a receipt in German', async ({ edge, browser, complaints }) => {
  const sale = await edge.announce({ units: 1, price: { minor: 129_050, currency: 'EUR' } });
  const context = await browser.newContext({ locale: 'de-DE' });
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(sale.page);
    await expect(page.locator('main')).toContainText('1.290,50\u00a0€');
  } finally {
    await context.close();
  }
});
