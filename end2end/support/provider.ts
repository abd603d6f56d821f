// `sluice psp` as a process of its own, so that the bank can fall silent and go on.
import { spawn, type ChildProcess } from 'node:child_process';
import { KEYS, SLUICE } from './edge';
import { freePort } from './port';
import { until } from './until';

export class Provider {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  static async start(): Promise<Provider> {
    const address = `127.0.0.1:${await freePort()}`;
    const child = spawn(SLUICE, ['psp', '--listen', address], { stdio: 'ignore' });
    const provider = new Provider(child, `http://${address}`);
    await until('the provider is up', () =>
      fetch(provider.url).then(
        () => true,
        () => false,
      ),
    );
    return provider;
  }

  /** The settings of an edge that uses it. */
  get settings() {
    return {
      PSP_URL: this.url,
      SLUICE_PAYMENT__SECRET_KEY: KEYS.secret,
      SLUICE_PAYMENT__PUBLISHABLE_KEY: KEYS.publishable,
      SLUICE_PAYMENT__WEBHOOK_SECRET: 'whsec_sluice',
    };
  }

  /** Answers nothing until it goes on. */
  fallsSilent(): void {
    this.child.kill('SIGSTOP');
  }

  goesOn(): void {
    this.child.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    this.goesOn();
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await ended;
  }
}
