import { setTimeout as pause } from 'node:timers/promises';

/** Asks again until the answer is yes; after 30 seconds says what it waited for. */
export async function until(what: string, ask: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error(`waited 30 s in vain until ${what}`);
    await pause(25);
  }
}
