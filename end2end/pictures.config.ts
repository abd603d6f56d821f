// `make pictures`: the screenshots of docs/images, taken from the real thing.
import { defineConfig } from '@playwright/test';
import base from './playwright.config';

export default defineConfig({ ...base, testDir: 'pictures', workers: 1, fullyParallel: false, timeout: 120_000 });
