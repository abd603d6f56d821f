import { expect, test } from '../support/test';
import { Rival } from '../support/rival';
import { until } from '../support/until';

test('a shopper joins, waits, is called and buys with one click', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 3 });
  const ada = await shopper(sale);
  await ada.isAt('invited');

  const worker = ada.page.waitForEvent('worker');
  await ada.joins();
  expect(new URL((await worker).url()).pathname, 'the puzzle is solved off the main thread, from a file').toMatch(
    /worker.*\.js$/,
  );
  await ada.isAt('lobby');
  await expect(ada.step).toContainText('No. 1');

  await ada.holdsPrice();
  await expect(ada.card).toContainText('€129.00 is held on Visa •••• 4242');
  expect(await sale.bank()).toMatchObject({ open_holds: 1, captured: 0 });

  await sale.open();
  await ada.isAt('called');
  await ada.buys();
  await expect(ada.page.locator('.receipt')).toContainText('Paid. Thank you!');
  await expect(ada.page.locator('.receipt')).toContainText('ada@example.org');
  expect(await sale.bank()).toMatchObject({ open_holds: 0, captured: 1, double_captures: 0 });
});

test('the place in line counts down to the front', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 50, rate: 4 });
  await Promise.all(Array.from({ length: 12 }, () => Rival.join(sale)));
  await sale.open();
  // A held line waits for the slowest machine.
  await sale.act('pause');

  const ada = await shopper(sale);
  await ada.joins();
  await ada.isAt('line');
  const ahead = ada.step.locator('.ahead strong');
  const seen = [Number.parseInt((await ahead.textContent()) ?? '', 10)];
  expect(seen[0]).toBeGreaterThan(0);
  await sale.act('resume');
  await until('the shopper is called', async () => {
    const words = await ahead.textContent({ timeout: 500 }).catch(() => null);
    const number = Number.parseInt(words ?? '', 10);
    if (!Number.isNaN(number)) seen.push(number);
    return (await ada.step.getAttribute('data-step')) === 'called';
  });
  expect(seen, 'a place never gets worse').toEqual([...seen].sort((a, b) => b - a));
});

test('the page notices by itself that the lobby opens', async ({ edge, shopper }) => {
  const sale = await edge.announce({ units: 1, lobbyInMs: 8000 });
  const ada = await shopper(sale);
  await ada.isAt('announced');
  await expect(ada.page.getByText('Opens in')).toBeVisible();
  await ada.isAt('invited');
  await ada.joins();
});
