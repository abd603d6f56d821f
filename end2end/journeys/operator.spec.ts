import { readFileSync } from 'node:fs';
import { expect, test } from '../support/test';
import { Shopper } from '../support/shopper';
import { Sale } from '../support/edge';
import { isAccessible } from '../support/axe';

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

  const row = page.locator('.operator-sale', { hasText: id });
  await expect(row.getByRole('heading', { name: 'Announced by hand' })).toBeVisible();
  const sale = new Sale(edge, id);
  await sale.reaches('lobby');
  const ada: Shopper = await stranger(sale);
  await ada.joins();

  // Announced too early: whoever waits sees the other hour.
  await page.goto(`${edge.url}/operator`);
  await row.getByText('Change', { exact: true }).click();
  await row.getByLabel('What is sold').fill('Announced again');
  await row.getByLabel('Opens in … seconds, empty for as it is').fill('7200');
  await row.getByRole('button', { name: 'Save' }).click();
  await expect(row.getByRole('heading', { name: 'Announced again' })).toBeVisible();
  await expect(ada.page.getByRole('timer')).toHaveText(/^01:5\d:\d\d$/);

  const presses = async (name: string, phase: 'open' | 'paused' | 'closed') => {
    await page.goto(`${edge.url}/operator`);
    await row.getByRole('button', { name }).click();
    await sale.reaches(phase);
  };
  await presses('Open now', 'open');
  await ada.isAt('called');
  await page.goto(`${edge.url}/operator`);
  await row.getByLabel('Admissions per second').fill('77');
  await row.getByRole('button', { name: 'Set' }).click();
  await expect(async () => {
    await page.goto(`${edge.url}/operator`);
    await expect(row.getByText('77/s')).toBeVisible({ timeout: 1000 });
  }).toPass();
  await row.getByLabel('Message while it is paused').fill('The van is late.');
  await row.getByRole('button', { name: 'Pause' }).click();
  await sale.reaches('paused');
  await expect(ada.page.getByRole('heading', { name: 'The sale is paused' })).toBeVisible();
  await expect(ada.page.getByText('The van is late.')).toBeVisible();
  await presses('Resume', 'open');
  await expect(ada.page.getByRole('heading', { name: 'The sale is paused' })).toBeHidden();
  await page.goto(`${edge.url}/operator`);
  await row.locator('.sure summary').click();
  await row.locator('.sure button').click();
  await sale.reaches('closed');
  await ada.isAt('over');

  await page.goto(`${edge.url}/operator`);
  await row.getByText('What was done').click();
  await expect(row.locator('.acts tbody th')).toHaveText([
    'end', 'resume', 'pause', 'rate', 'open', 'reword', 'open_at', 'announce',
  ]);
  await isAccessible(page);
});

test('the operator takes the orders along as a table', async ({ edge, page, stranger }) => {
  const sale = await edge.announce({ units: 1 });
  const ada: Shopper = await stranger(sale);
  await ada.joins();
  await ada.holdsPrice();
  await sale.open();
  await ada.buys();

  await page.goto(`${edge.url}/operator`);
  await page.getByLabel('Password').fill(edge.operatorPassword);
  await page.getByRole('button', { name: 'Log in' }).click();
  const row = page.locator('.operator-sale').filter({ has: page.getByText(sale.id, { exact: true }) });
  const loading = page.waitForEvent('download');
  await row.getByRole('link', { name: 'All orders as a table (CSV)' }).click();
  const file = await loading;
  expect(file.suggestedFilename()).toBe(`${sale.id}-orders.csv`);
  const [head, order, ...rest] = readFileSync(await file.path(), 'utf8').trimEnd().split('\n');
  expect(head).toContain('email');
  expect(order).toContain('captur');
  expect(rest).toEqual([]);
});
