// A shopper without a browser: somebody to stand behind, or to lose against.
import { createHash } from 'node:crypto';
import { until } from './until';
import { KEYS, post, type Sale } from './edge';

const DEVICE = '01'.repeat(32);

export class Rival {
  private constructor(
    private readonly sale: Sale,
    private readonly ticket: string,
  ) {}

  static async join(sale: Sale): Promise<Rival> {
    const puzzle = await post(`${sale.api}/challenge`, { device: DEVICE });
    const nonces = solve(Buffer.from(puzzle.seed, 'hex'), puzzle.rounds, puzzle.difficulty);
    const { ticket } = await post(`${sale.api}/tickets`, { challenge: puzzle.challenge, nonces, device: DEVICE });
    return new Rival(sale, ticket);
  }

  async authorize(name = 'rival', number = '5555555555554444'): Promise<void> {
    const card = new URLSearchParams({
      type: 'card',
      'card[number]': number,
      'card[exp_month]': '12',
      'card[exp_year]': '2040',
      'card[cvc]': '123',
    });
    const saved = await fetch(`${this.sale.edge.pspUrl}/v1/payment_methods`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEYS.publishable}` },
      body: card,
    });
    const { id } = await saved.json();
    const hold = await post(
      `${this.sale.api}/authorizations`,
      { payment_method: id, email: `${name}@example.org` },
      this.ticket,
    );
    if (hold.status !== 'authorized') throw new Error(`the rival's hold is ${hold.status}`);
  }

  /** Waits to be called and buys. */
  async buy(): Promise<void> {
    await this.order(await this.pass());
  }

  /** Waits to be called and gets the pass. */
  async pass(): Promise<string> {
    let pass = '';
    await until('the rival is called', async () => {
      const answer = await fetch(`${this.sale.api}/passes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.ticket}` },
      });
      if (answer.ok) pass = (await answer.json()).pass;
      return answer.ok;
    });
    return pass;
  }

  async order(pass: string): Promise<void> {
    await post(`${this.sale.api}/orders`, {}, pass);
  }
}

/** The proof of work: SHA-256(seed ‖ round u32 LE ‖ nonce u64 LE) with `difficulty` leading zero bits, each round. */
function solve(seed: Buffer, rounds: number, difficulty: number): number[] {
  return Array.from({ length: rounds }, (_, round) => {
    const message = Buffer.alloc(seed.length + 12);
    seed.copy(message);
    message.writeUInt32LE(round, seed.length);
    for (let nonce = 0; ; nonce += 1) {
      message.writeBigUInt64LE(BigInt(nonce), seed.length + 4);
      const first = createHash('sha256').update(message).digest().readUInt32BE(0);
      if (Math.clz32(first) >= difficulty) return nonce;
    }
  });
}
