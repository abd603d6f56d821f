// A ticket belongs to the browser that joined: it comes back with it, and is of no use elsewhere.
import { expect, test } from '../support/test';
import { KeptBrowser } from '../support/kept';
import { Shopper } from '../support/shopper';

test('a browser that was closed and opened again keeps its place and buys', async ({
  edge,
  contextOptions,
  launchOptions,
}) => {
  const sale = await edge.announce({ units: 3 });
  const browser = new KeptBrowser({ ...contextOptions, ...launchOptions });
  try {
    const before = await new Shopper(await (await browser.opens()).newPage(), sale).arrives();
    await before.joins();
    await expect(before.step).toContainText('No. 1');
    await browser.closes();

    const after = await new Shopper(await (await browser.opens()).newPage(), sale).arrives();
    await after.isAt('lobby');
    await expect(after.step).toContainText('No. 1');
    await after.holdsPrice();
    await sale.open();
    await after.isAt('called');
    await after.buys();
    await expect.poll(async () => (await sale.status()).tail).toBe(1);
  } finally {
    await browser.ends();
  }
});

test('who clears the cookies gets the same place again by the key', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 3 });
  const ada = await shopper(sale);
  await ada.joins();
  await ada.page.context().clearCookies();
  await ada.arrives();
  await ada.isAt('invited');
  await ada.joins();
  await expect(ada.step).toContainText('No. 1');
  await expect.poll(async () => (await sale.status()).tail).toBe(1);
});

test('who left may join again, with a new number', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 3 });
  const ada = await shopper(sale);
  await ada.joins();
  await expect(ada.step).toContainText('No. 1');
  await ada.page.locator('#leave').click();
  await ada.page.locator('#leave-yes').click();
  await ada.isAt('left');
  await ada.page.getByRole('button', { name: 'Join again' }).click();
  await ada.isAt('lobby');
  await expect(ada.step).toContainText('No. 2');
});

test('the back button leads back to the place', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 3 });
  const ada = await shopper(sale);
  await ada.joins();
  await expect(ada.step).toContainText('No. 1');
  await ada.page.goto(edge.url);
  await ada.page.goBack();
  await ada.isAt('lobby');
  await expect(ada.step).toContainText('No. 1');
  await expect.poll(async () => (await sale.status()).tail).toBe(1);
});

test.describe('a copied cookie', () => {
  test.use({ refusals: [/status of 401 .*\/passes/] });

  test('gets nothing, and the page says why', async ({ edge, shopper, stranger }) => {
    const sale = await edge.announce({ units: 3 });
    const ada = await shopper(sale);
    await ada.joins();
    await ada.holdsPrice();

    const thief = await stranger(sale);
    await thief.page.context().addCookies(await ada.page.context().cookies());
    await thief.arrives();
    await thief.isAt('lobby');
    await sale.open();
    await thief.isAt('called');
    await expect(thief.page.getByRole('alert')).toContainText('This place belongs to the browser that joined');
    await expect(thief.buyButton).toBeDisabled();

    await ada.isAt('called');
    await ada.buys();
  });
});
