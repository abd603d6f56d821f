// What a shopper sees and does on the sale page.
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import type { Sale } from './edge';

export const CARDS = {
  good: '4242424242424242',
  declined: '4000000000000002',
  poor: '4000000000009995',
  secure: '4000002760003184',
  /** The bank holds the price and refuses to give it. */
  refusesCapture: '4000000000005126',
};

export type Step =
  | 'announced'
  | 'invited'
  | 'joining'
  | 'left'
  | 'lobby'
  | 'line'
  | 'called'
  | 'ordered'
  | 'waitlist'
  | 'sold_out'
  | 'over';

export class Shopper {
  constructor(
    readonly page: Page,
    readonly sale: Sale,
  ) {}

  get step(): Locator {
    return this.page.locator('section.step');
  }

  get card(): Locator {
    return this.page.locator('section.card');
  }

  get cardFrame(): FrameLocator {
    return this.page.frameLocator('#card-frame');
  }

  get bankFrame(): FrameLocator {
    return this.page.frameLocator('#bank-frame');
  }

  get buyButton(): Locator {
    return this.page.getByRole('button', { name: /^Buy now for / });
  }

  async arrives(): Promise<this> {
    await this.page.goto(this.sale.page);
    return this;
  }

  /** Arrives on a line so slow that the page is asleep, for want of its bundle, until what this answers is called. */
  async arrivesAsleep(): Promise<() => void> {
    let wakes = () => {};
    const awake = new Promise<void>((done) => {
      wakes = done;
    });
    await this.page.route('**/*.wasm', async (route) => {
      await awake;
      await route.continue();
    });
    await this.page.goto(this.sale.page, { waitUntil: 'domcontentloaded' });
    return wakes;
  }

  /** What was last said to those who listen instead of look. */
  get said(): Locator {
    return this.page.locator('.journey > [role=status].visually-hidden');
  }

  async isAt(step: Step): Promise<void> {
    await expect(this.step).toHaveAttribute('data-step', step);
  }

  async hasCard(card: string): Promise<void> {
    await expect(this.card).toHaveAttribute('data-card', card);
  }

  async joins(): Promise<void> {
    await this.page.getByRole('button', { name: 'Join', exact: true }).click();
    await expect(this.step).toHaveAttribute('data-step', /lobby|line|called/);
  }

  /** Presses Join and waits for what is asked of who is above the clear band; answers it, by what a test build tells. */
  async joinsByCaptcha(kind: 'image' | 'sound' = 'image', join = 'Join'): Promise<void> {
    const asked = this.asked();
    await this.page.getByRole('button', { name: join, exact: true }).click();
    let answer = await asked;
    await expect(this.captcha).toBeVisible();
    if (kind === 'sound') {
      const asked = this.asked();
      await this.captcha.locator('[data-captcha=to-sound]:visible').click();
      answer = await asked;
    }
    await this.answers(answer);
    await expect(this.step).toHaveAttribute('data-step', /lobby|line|called/);
  }

  get captcha(): Locator {
    return this.page.locator('form.captcha');
  }

  /** The right answer to the CAPTCHA that is asked next. */
  async asked(): Promise<string> {
    const reply = await this.page.waitForResponse((response) => response.url().endsWith('/captcha') && response.ok());
    return (await reply.json()).answer;
  }

  async answers(digits: string): Promise<void> {
    await this.captcha.locator('input').fill(digits);
    await this.captcha.locator('button[type=submit]').click();
  }

  /** Types the card, as told, into the provider's form; the hold is asked for by itself. */
  async givesCard(number: string, email = 'ada@example.org'): Promise<void> {
    await this.page.getByLabel('Email for your order').fill(email);
    const form = this.cardFrame;
    await form.getByLabel('Card number').fill(number);
    await form.getByLabel('Expiry').fill('12 / 40');
    await form.getByLabel('CVC').fill('123');
    await form.getByRole('button', { name: 'Save card' }).click();
  }

  async holdsPrice(number = CARDS.good, email?: string): Promise<void> {
    await this.givesCard(number, email);
    await this.hasCard('held');
  }

  /** Presses Buy at once, without waiting for the page to come to rest: what a race needs. */
  async presses(): Promise<void> {
    await this.buyButton.evaluate((button: HTMLElement) => button.click());
  }

  /** One click; ends on the receipt. */
  async buys(): Promise<void> {
    await this.buyButton.click();
    await this.page.waitForURL(/\/orders\//);
    await expect(this.page.getByRole('heading', { level: 1 })).toBeVisible();
  }
}
