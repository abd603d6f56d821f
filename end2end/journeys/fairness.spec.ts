import { expect, test } from '../support/test';
import { Rival } from '../support/rival';

test('a shopper recomputes the draw in their own browser', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  await Promise.all(Array.from({ length: 9 }, () => Rival.join(sale)));
  const ada = await shopper(sale);
  const { page } = ada;

  await page.goto(`${sale.page}/draw`);
  await expect(page.locator('.check')).toContainText('The places are not drawn yet.');
  await ada.arrives();
  await ada.joins();
  await sale.open();
  await expect(ada.step).toHaveAttribute('data-step', /line|called/);

  await page.goto(`${sale.page}/draw`);
  const check = page.locator('.check');
  await expect(check).toContainText('it is in order: 10 tickets');
  await expect(check).toContainText('Ticket No. 10 was drawn to place');
  await expect(check).toContainText('Your own join is part of the transcript.');
});

test('a changed value is found', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1 });
  await Rival.join(sale);
  await sale.open();
  const { page } = await shopper(sale);
  await page.route('**/status', async (route) => {
    const answer = await route.fetch();
    const snapshot = await answer.json();
    const last = snapshot.draw.secret.at(-1);
    snapshot.draw.secret = snapshot.draw.secret.slice(0, -1) + (last === '0' ? '1' : '0');
    await route.fulfill({ response: answer, json: snapshot });
  });
  await page.goto(`${sale.page}/draw`);
  await expect(page.locator('.check')).toContainText('The published values do not fit together.');
});
