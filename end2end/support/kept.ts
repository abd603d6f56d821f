// A browser whose profile stays on disk when it is closed, as at home.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext, type BrowserContextOptions, type LaunchOptions } from '@playwright/test';

export class KeptBrowser {
  private readonly profile = mkdtempSync(join(tmpdir(), 'sluice-profile-'));
  private context?: BrowserContext;

  constructor(private readonly options: LaunchOptions & BrowserContextOptions) {}

  async opens(): Promise<BrowserContext> {
    this.context = await chromium.launchPersistentContext(this.profile, this.options);
    return this.context;
  }

  async closes(): Promise<void> {
    await this.context?.close();
    this.context = undefined;
  }

  /** Closes it and takes the profile away. */
  async ends(): Promise<void> {
    await this.closes();
    rmSync(this.profile, { recursive: true, force: true });
  }
}
