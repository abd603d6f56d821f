// `localstripe`, a second implementation of Stripe's API: not ours, so it does not share our mistakes.
// `make localstripe` installs it and says where it is.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port';
import { until } from './until';

const SECRET = 'sk_test_sluice';

export class Localstripe {
  private constructor(
    private readonly child: ChildProcess,
    private readonly home: string,
    readonly url: string,
  ) {}

  static readonly program = process.env.LOCALSTRIPE;

  static async start(): Promise<Localstripe> {
    if (!Localstripe.program) throw new Error('LOCALSTRIPE is not set');
    const home = mkdtempSync(join(tmpdir(), 'localstripe-'));
    const port = await freePort();
    const child = spawn(Localstripe.program, ['--from-scratch', '--port', String(port)], { cwd: home, stdio: 'ignore' });
    const started = new Localstripe(child, home, `http://127.0.0.1:${port}`);
    await until('localstripe is up', () =>
      fetch(started.url).then(
        () => true,
        () => false,
      ),
    );
    return started;
  }

  /** The settings of an edge that uses it as it would use Stripe. */
  get settings() {
    return {
      PSP_URL: this.url,
      SLUICE_PAYMENT__SECRET_KEY: SECRET,
      SLUICE_PAYMENT__PUBLISHABLE_KEY: 'pk_test_sluice',
      SLUICE_PAYMENT__WEBHOOK_SECRET: 'whsec_sluice',
      SLUICE_PAYMENT__SCRIPT_URL: `${this.url}/js.stripe.com/v3/`,
      SLUICE_PAYMENT__FRAME_ORIGINS: '',
    };
  }

  /** Where the payments of a sale stand. Its list knows no page, and no more than a few are here. */
  async statuses(sale: string): Promise<string[]> {
    const answer = await fetch(`${this.url}/v1/payment_intents`, { headers: { authorization: `Bearer ${SECRET}` } });
    const { data }: { data: { status: string; metadata: { sale?: string } }[] } = await answer.json();
    return data.filter((intent) => intent.metadata.sale === sale).map((intent) => intent.status);
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGKILL');
    await ended;
    rmSync(this.home, { recursive: true, force: true });
  }
}
