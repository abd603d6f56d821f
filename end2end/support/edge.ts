// `sluice serve` for one worker, and what its operator does.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from './until';

const ROOT = resolve(__dirname, '../..');
export const SLUICE = process.env.SLUICE ?? join(ROOT, 'target/debug/sluice');

/** What a driven browser and a rival without one cannot help showing counts for nothing, unless a journey is about it. */
const DRIVEN = Object.fromEntries(
  ['webdriver', 'headless', 'driver_globals', 'no_window', 'not_a_browser', 'headers_disagree'].map((reason) => [
    `SLUICE_GATE__WEIGHTS__${reason.toUpperCase()}`,
    '0',
  ]),
);

/** Its keys are those of the simulator inside an edge. */
export const KEYS = { secret: 'sk_test_sluice', publishable: 'pk_test_sluice' };

export type Phase = 'scheduled' | 'lobby' | 'open' | 'paused' | 'sold_out' | 'closed';

export interface Snapshot {
  phase: Phase;
  tail: number;
  frontier: number;
  stock: { total: number; free: number; reserved: number; claimed: number };
  /** Sold out, and no unit comes back. */
  decided?: boolean;
}

/** What the bank knows of one sale. */
export interface Bank {
  intents: number;
  open_holds: number;
  captured: number;
  captured_minor: number;
  voided: number;
  declined: number;
  captured_and_voided: number;
  double_captures: number;
}

interface Ready {
  url: string;
  psp_url: string;
  operator_password: string;
}

let announced = 0;

export class Edge {
  private constructor(
    private readonly child: ChildProcess,
    private readonly directory: string,
    private readonly ready: Ready,
    private readonly token: string,
  ) {}

  get url() {
    return this.ready.url;
  }

  get pspUrl() {
    return this.ready.psp_url;
  }

  get operatorPassword() {
    return this.ready.operator_password;
  }

  /** Starts one with these settings beside the usual ones. */
  static async start(settings: Record<string, string> = {}): Promise<Edge> {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-e2e-'));
    const readyFile = join(directory, 'ready.json');
    const log = openSync(join(directory, 'log'), 'a');
    const child = spawn(
      SLUICE,
      ['serve', '--listen', '127.0.0.1:0', '--data', join(directory, 'data'), '--ready-file', readyFile],
      {
        cwd: ROOT,
        stdio: ['ignore', log, log],
        env: {
          ...process.env,
          NO_COLOR: '1',
          SLUICE_GATE__DIFFICULTY: '8',
          SLUICE_ROOM__FOLD_IN_MS: '300',
          // Shoppers are counted and weighed, though all of them are on this machine.
          SLUICE_GATE__NETWORK__OWN: '[]',
          ...DRIVEN,
          // A CAPTCHA tells its answer: how a journey solves one.
          FAILPOINTS: 'captcha.told=return',
          ...settings,
        },
      },
    );
    closeSync(log);
    await until('the edge is up', () => {
      if (child.exitCode !== null) throw new Error(`the edge ended: ${readFileSync(join(directory, 'log'), 'utf8')}`);
      return existsSync(readyFile);
    });
    const ready: Ready = JSON.parse(readFileSync(readyFile, 'utf8'));
    const { token } = await post(`${ready.url}/api/v1/operator/login`, { password: ready.operator_password });
    return new Edge(child, directory, ready, token);
  }

  /** What it said so far, for the report of a failed test. */
  log(): string {
    return readFileSync(join(this.directory, 'log'), 'utf8');
  }

  async stop(): Promise<void> {
    const ended = new Promise((done) => this.child.once('exit', done));
    this.child.kill('SIGTERM');
    await ended;
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Announces a sale; its lobby opens at once unless said otherwise. */
  async announce(terms: {
    units: number;
    rate?: number;
    lobbyInMs?: number;
    title?: string;
    price?: { minor: number; currency: string };
    policy?: 'on_entry' | 'by_rank';
  }): Promise<Sale> {
    announced += 1;
    const id = `sale-${process.pid}-${announced}`;
    const now = Date.now();
    await this.operate('', {
      sale: id,
      title: terms.title ?? 'Tidal One, first run',
      description: 'Wireless headphones in sea glass green.',
      units: terms.units,
      price: terms.price ?? { minor: 12900, currency: 'EUR' },
      opens_at: now + 3_600_000,
      ...(terms.rate === undefined ? {} : { rate: terms.rate }),
      ...(terms.policy === undefined ? {} : { policy: terms.policy }),
      ...(terms.lobbyInMs === undefined ? {} : { lobby_at: now + terms.lobbyInMs }),
    });
    const sale = new Sale(this, id);
    if (terms.lobbyInMs === undefined) await sale.reaches('lobby');
    return sale;
  }

  async operate(path: string, body: unknown): Promise<void> {
    await post(`${this.url}/api/v1/operator/sales${path}`, body, this.token);
  }
}

/** One sale, steered by its operator. */
export class Sale {
  constructor(
    readonly edge: Edge,
    readonly id: string,
  ) {}

  get api() {
    return `${this.edge.url}/api/v1/sales/${this.id}`;
  }

  get page() {
    return `${this.edge.url}/sales/${this.id}`;
  }

  async act(act: 'open' | 'pause' | 'resume' | 'end' | 'rate', body: unknown = {}): Promise<void> {
    await this.edge.operate(`/${this.id}/${act}`, body);
  }

  /** Opens now: the draw is made after the fold-in. */
  async open(): Promise<void> {
    await this.act('open');
    await this.reaches('open');
  }

  async status(): Promise<Snapshot> {
    return (await fetch(`${this.api}/status`)).json();
  }

  async reaches(phase: Phase): Promise<void> {
    await until(`the sale is ${phase}`, async () => (await this.status()).phase === phase);
  }

  async bank(): Promise<Bank> {
    const answer = await fetch(`${this.edge.pspUrl}/oracle/summary?sale=${this.id}`, {
      headers: { authorization: `Bearer ${KEYS.secret}` },
    });
    if (!answer.ok) throw new Error(`the bank answers ${answer.status}: ${await answer.text()}`);
    return answer.json();
  }
}

export async function post(url: string, body: unknown, token?: string): Promise<any> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} answers ${answer.status}: ${text}`);
  return JSON.parse(text);
}
