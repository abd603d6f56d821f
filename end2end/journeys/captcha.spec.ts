// Who is above the clear band answers a question more, by eye or by ear, and has the same place as everybody.
import { isAccessible } from '../support/axe';
import { Edge } from '../support/edge';
import { Shopper } from '../support/shopper';
import { expect, test } from '../support/test';

const GREY = { SLUICE_GATE__WEIGHTS__WEBDRIVER: '40' };

test.describe('a driven browser', () => {
  let edge: Edge;
  test.beforeAll(async () => {
    edge = await Edge.start(GREY);
  });
  test.afterAll(async () => {
    await edge.stop();
  });

  for (const kind of ['image', 'sound'] as const) {
    test(`joins with the ${kind}`, async ({ page }) => {
      const sale = await edge.announce({ units: 2 });
      const ada = await new Shopper(page, sale).arrives();
      await ada.joinsByCaptcha(kind);
      await expect.poll(async () => (await sale.status()).tail).toBe(1);
    });
  }

  test('sees and hears what is asked, in a form that passes axe', async ({ page }) => {
    const sale = await edge.announce({ units: 2 });
    const ada = await new Shopper(page, sale).arrives();
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(ada.captcha).toBeVisible();
    await expect(page.getByLabel('Five digits'), 'the keyboard is where the answer goes').toBeFocused();
    const picture = ada.captcha.getByRole('img');
    await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(240);
    await isAccessible(page);
    await page.getByRole('button', { name: 'Listen instead' }).click();
    const sound = ada.captcha.locator('audio');
    await expect(sound).toBeVisible();
    await expect.poll(() => sound.evaluate((audio: HTMLAudioElement) => audio.duration)).toBeGreaterThan(3);
    await expect(picture).toBeHidden();
    await isAccessible(page);
    await expect(page.getByText(/^[0-9a-f]{16}$/), 'a reference for the appeal').toBeVisible();
    const first = await sound.getAttribute('src');
    await page.getByRole('button', { name: 'Another sound' }).click();
    await expect.poll(() => sound.getAttribute('src')).not.toBe(first);
    await page.getByRole('button', { name: 'A picture instead' }).click();
    await expect(picture).toBeVisible();
    await expect(sound).toBeHidden();
  });

  test('stops instead of answering, and may join later', async ({ page }) => {
    const sale = await edge.announce({ units: 2 });
    const ada = await new Shopper(page, sale).arrives();
    await page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(ada.captcha).toBeVisible();
    await expect(page.getByText('Your device is solving'), 'nothing is solved any more').toBeHidden();
    await expect(page.getByRole('progressbar')).toBeHidden();
    await page.getByRole('button', { name: 'Stop' }).click();
    await expect(ada.captcha).toBeHidden();
    expect((await sale.status()).tail).toBe(0);
    await ada.joinsByCaptcha('image');
  });

  test.describe('that errs', () => {
    test.use({ refusals: [/status of (422|409)/] });

    test('is asked something else, and after three times begins with another challenge', async ({ page }) => {
      const sale = await edge.announce({ units: 2 });
      const ada = await new Shopper(page, sale).arrives();
      let challenges = 0;
      let right = '';
      page.on('request', (request) => {
        challenges += Number(request.url().endsWith('/challenge'));
      });
      await page.getByRole('button', { name: 'Join', exact: true }).click();
      for (const alert of [true, true, false]) {
        await expect(ada.captcha).toBeVisible();
        const next = ada.asked();
        await ada.answers('11111');
        right = await next;
        if (alert) await expect(page.getByRole('alert').filter({ hasText: 'That was not it' })).toBeVisible();
      }
      await ada.answers(right);
      await ada.isAt('lobby');
      expect(challenges).toBe(2);
    });
  });
});
