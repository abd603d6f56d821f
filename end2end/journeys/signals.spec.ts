// What is asked about the device, and what nobody meets.
import { isAccessible } from '../support/axe';
import { Edge } from '../support/edge';
import { Shopper } from '../support/shopper';
import { expect, test } from '../support/test';

/** Everything counts as it does by default. */
const AS_SHIPPED = {
  SLUICE_GATE__WEIGHTS__WEBDRIVER: '60',
  SLUICE_GATE__WEIGHTS__HEADLESS: '40',
};

/** Hashes that a challenge asks for, on average. */
const work = ({ rounds, difficulty }: { rounds: number; difficulty: number }) => rounds * 2 ** difficulty;
const USUAL = work({ rounds: 16, difficulty: 8 });

for (const [locale, words] of [
  ['en-GB', { why: 'What is asked about my device, and why?', refuse: 'Join without it', allow: 'Send it after all', join: 'Join' }],
  ['de-DE', { why: 'Was wird über mein Gerät gefragt, und warum?', refuse: 'Ohne diese Angaben anstellen', allow: 'Doch senden', join: 'Anstellen' }],
] as const) {
  test(`who refuses to tell of the device joins all the same, ${locale}`, async ({ browser, edge, contextOptions }) => {
    const sale = await edge.announce({ units: 2 });
    const context = await browser.newContext({ ...contextOptions, locale });
    const page = await context.newPage();
    const asked: any[] = [];
    page.on('request', (request) => {
      if (request.url().endsWith('/challenge')) asked.push(request.postDataJSON());
    });
    const ada = await new Shopper(page, sale).arrives();
    await page.getByText(words.why).click();
    await page.getByRole('button', { name: words.refuse }).click();
    await isAccessible(page);
    await page.reload();
    await page.getByText(words.why).click();
    await expect(page.getByRole('button', { name: words.allow }), 'the choice outlives a reload').toBeVisible();
    await ada.joinsByCaptcha('image', words.join);
    expect(asked).toEqual([{ device: '' }]);
    await context.close();
  });
}

test('a driven browser is noticed by name, pays more, joins, and the operator clears it', async ({ page }) => {
  const edge = await Edge.start(AS_SHIPPED);
  try {
    const sale = await edge.announce({ units: 2 });
    const answer = page.waitForResponse((response) => response.url().endsWith('/challenge'));
    const ada = await new Shopper(page, sale).arrives();
    await ada.joinsByCaptcha();
    expect(work(await (await answer).json())).toBeGreaterThan(USUAL);
    const { device, marks } = (await answer).request().postDataJSON();
    expect(device).toMatch(/^[0-9a-f]{64}$/);
    expect(marks).toContain('webdriver');

    await page.goto(`${edge.url}/operator`);
    await page.getByLabel('Password').fill(edge.operatorPassword);
    await page.getByRole('button', { name: 'Log in' }).click();
    const shown = page.getByText('Who was asked for more');
    await expect(async () => {
      await page.goto(`${edge.url}/operator`);
      await shown.click({ timeout: 1000 });
    }).toPass();
    await expect(page.locator('.decisions tbody tr')).toContainText('webdriver');
    await isAccessible(page);
    await page.getByRole('button', { name: /^Clear / }).click();
    await shown.click();
    await expect(page.locator('.decisions tbody tr')).toContainText('Cleared');
  } finally {
    await edge.stop();
  }
});

// `herd adversary` sends the requests of such a browser by the thousand, as its attacker `stealth`.
test('a driven browser that hides it is not noticed, and pays what people pay', async ({ browser, contextOptions }) => {
  const edge = await Edge.start(AS_SHIPPED);
  const context = await browser.newContext(contextOptions);
  try {
    await context.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'webdriver', { get: () => false });
    });
    const page = await context.newPage();
    const answer = page.waitForResponse((response) => response.url().endsWith('/challenge'));
    await (await new Shopper(page, await edge.announce({ units: 1 })).arrives()).joins();
    const given = await (await answer).json();
    expect([given.captcha ?? false, work(given)]).toEqual([false, USUAL]);
    const sent = (await answer).request().postDataJSON();
    expect(sent).toEqual({ device: expect.stringMatching(/^[0-9a-f]{64}$/) });
  } finally {
    await context.close();
    await edge.stop();
  }
});

test('no key reaches the field and the link that nobody meets, and nothing reads them out', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 1 });
  await shopper(sale);
  const bait = page.locator('#website, a[href="/join-now"]');
  await expect(bait).toHaveCount(2);
  for (const one of await bait.all()) await expect(one).toBeHidden();
  await isAccessible(page);
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const met = await bait.evaluateAll((all) => all.some((one) => one === document.activeElement));
    expect(met, `after ${presses + 1} presses`).toBe(false);
  }
  const read = JSON.stringify(await page.locator('body').ariaSnapshot());
  expect(read).not.toContain('join-now');
});

test('a program that fills whatever it finds pays more', async ({ edge, shopper, page }) => {
  const sale = await edge.announce({ units: 1 });
  const ada = await shopper(sale);
  const answer = page.waitForResponse((response) => response.url().endsWith('/challenge'));
  await page.locator('#website').evaluate((field: HTMLInputElement) => {
    field.value = 'https://bot.example';
  });
  await ada.joinsByCaptcha();
  expect(work(await (await answer).json())).toBeGreaterThan(USUAL);
});
