import { expect, test } from '../support/test';
import { Shopper } from '../support/shopper';
import { Sale } from '../support/edge';

test('the operator announces, opens, pauses, resumes and ends a sale', async ({ edge, page, stranger }) => {
  await page.goto(`${edge.url}/operator`);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('status')).toBeVisible();
  await page.getByLabel('Password').fill(edge.operatorPassword);
  await page.getByRole('button', { name: 'Log in' }).click();

  const id = `console-${process.pid}-${Date.now()}`;
  await page.locator('#sale').fill(id);
  await page.locator('#title').fill('Announced by hand');
  await page.locator('#units').fill('2');
  await page.locator('#opens_in_s').fill('3600');
  await page.getByRole('button', { name: 'Announce' }).click();

  const row = page.locator('.operator-sale', { hasText: 'Announced by hand' }).filter({ hasText: id });
  const sale = new Sale(edge, id);
  await sale.reaches('lobby');
  const ada: Shopper = await stranger(sale);
  await ada.joins();

  const presses = async (name: string, phase: 'open' | 'paused' | 'closed') => {
    await page.goto(`${edge.url}/operator`);
    await row.getByRole('button', { name }).click();
    await sale.reaches(phase);
  };
  await presses('Open now', 'open');
  await ada.isAt('called');
  await presses('Pause', 'paused');
  await expect(ada.page.getByRole('heading', { name: 'The sale is paused' })).toBeVisible();
  await presses('Resume', 'open');
  await expect(ada.page.getByRole('heading', { name: 'The sale is paused' })).toBeHidden();
  await page.goto(`${edge.url}/operator`);
  await row.locator('summary').click();
  await row.locator('details button').click();
  await sale.reaches('closed');
  await ada.isAt('over');
});
