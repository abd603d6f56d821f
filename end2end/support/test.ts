// The fixtures of every journey: a running edge, a sale to take part in, and a console that stays clean.
import { test as base, expect, type BrowserContext } from '@playwright/test';
import { Edge, type Sale } from './edge';
import { Shopper } from './shopper';

interface Fixtures {
  /** Opens the sale's page in the test's own browser window. */
  shopper: (sale: Sale) => Promise<Shopper>;
  /** Opens it in another browser, with no cookies in common. */
  stranger: (sale: Sale) => Promise<Shopper>;
  /** Everything that any page of the test complained about. */
  complaints: string[];
  /** Refusals that belong to the story: Chromium reports each as an error by itself. */
  refusals: RegExp[];
}

export const test = base.extend<Fixtures, { edge: Edge }>({
  edge: [
    async ({}, use) => {
      const edge = await Edge.start();
      await use(edge);
      await edge.stop();
    },
    { scope: 'worker' },
  ],

  refusals: [[], { option: true }],

  complaints: [
    async ({ context, edge, refusals }, use, info) => {
      const heard: string[] = [];
      listen(context, heard);
      await use(heard);
      const complaints = heard.filter((complaint) => !refusals.some((refusal) => refusal.test(complaint)));
      if (info.status !== info.expectedStatus) {
        await info.attach('edge.log', { body: edge.log(), contentType: 'text/plain' });
      }
      expect(complaints, 'the console stays clean').toEqual([]);
    },
    { auto: true },
  ],

  shopper: async ({ page }, use) => {
    await use((sale) => new Shopper(page, sale).arrives());
  },

  stranger: async ({ browser, contextOptions, complaints }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (sale) => {
      const context = await browser.newContext(contextOptions);
      opened.push(context);
      listen(context, complaints);
      return new Shopper(await context.newPage(), sale).arrives();
    });
    for (const context of opened) await context.close();
  },
});

function listen(context: BrowserContext, complaints: string[]) {
  context.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) {
      complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  context.on('weberror', (error) => complaints.push(`uncaught: ${error.error().stack ?? error.error().message}`));
}

export { expect };
