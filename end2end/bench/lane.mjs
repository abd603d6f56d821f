// One contestant in a worker of its own, named behind the # of its address. Hears how many hashes to do, says when.
// Everybody hashes 44 bytes a time, one SHA-256 block, and looks whether it is the one that is sought.

const SEED = [0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210, 0x0f1e2d3c, 0x4b5a6978, 0x8796a5b4, 0xc3d2e1f0];
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
const digest = async (bytes) => new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

// As app/public/worker.js asks.
const CHUNK = 1 << 14;

/** Ours: a round so hard that all nonces are tried. */
const module = async (name) => {
  const bytes = await (await fetch(`/${name}.wasm`)).arrayBuffer();
  const { find } = (await WebAssembly.instantiate(bytes)).instance.exports;
  let round = 0;
  return (hashes) => {
    round += 1;
    for (let from = 0; from < hashes; from += CHUNK) {
      const found = find(...SEED, round, 32, 0, from, Math.min(CHUNK, hashes - from));
      if (found >= 0) throw new Error(`found by chance: ${from + found}`);
    }
  };
};

/** A library that hashes one message: the loop around it is ours, as short as it can be. */
const loop = (hash) => {
  const message = new Uint8Array(44);
  const view = new DataView(message.buffer);
  return (hashes) => {
    for (let nonce = 0; nonce < hashes; nonce++) {
      view.setUint32(36, nonce, true);
      const out = hash(message);
      if (out[0] === 0 && out[1] === 0 && out[2] === 0 && out[3] === 0) throw new Error(`found by chance: ${nonce}`);
    }
  };
};

const CONTESTANTS = {
  simd: () => module('simd'),
  scalar: () => module('scalar'),
  reference: () => module('reference'),
  plain: async () => {
    (0, eval)(await (await fetch('/plain.js')).text());
    let round = 0;
    return (hashes) => self.sluice_plain(SEED, round++, 32, 0, 0, hashes);
  },
  // Its worker as a site gets it, with a prefix that the last of so many counters has: salt(16) ‖ nonce(24) ‖ counter(4).
  altcha: async () => {
    const salt = new Uint8Array(16).fill(7);
    const nonce = new Uint8Array(24);
    const worker = new Worker('/node_modules/altcha/dist/workers/sha.js');
    return async (hashes) => {
      crypto.getRandomValues(nonce);
      const counter = new Uint8Array(4);
      new DataView(counter.buffer).setUint32(0, hashes - 1, false);
      const keyPrefix = hex((await digest(new Uint8Array([...salt, ...nonce, ...counter]))).slice(0, 8));
      const parameters = { algorithm: 'SHA-256', nonce: hex(nonce), salt: hex(salt), keyPrefix, cost: 1 };
      const solved = new Promise((done, fail) => {
        worker.onmessage = ({ data }) => (data?.counter === hashes - 1 ? done() : fail(new Error(JSON.stringify(data))));
      });
      worker.postMessage({ type: 'work', challenge: { parameters }, counterStart: 0, counterStep: 1, timeout: 60_000 });
      await solved;
    };
  },
  // Its module: salt(38 letters) ‖ nonce in decimal, six digits for most of them.
  cap: async () => {
    const { default: init, solve_pow } = await import('/node_modules/@cap.js/wasm/browser/cap_wasm.js');
    await init();
    let turn = 0;
    return async (hashes) => {
      const salt = String(turn++).padStart(38, 'c');
      const target = hex((await digest(new TextEncoder().encode(salt + (hashes - 1)))).slice(0, 8));
      const found = solve_pow(salt, target);
      if (found !== BigInt(hashes - 1)) throw new Error(`found ${found}`);
    };
  },
  'hash-wasm': async () => {
    const { createSHA256 } = await import('/node_modules/hash-wasm/dist/index.esm.min.js');
    const sha256 = await createSHA256();
    return loop((message) => sha256.init().update(message).digest('binary'));
  },
  noble: async () => {
    const { sha256 } = await import('/node_modules/@noble/hashes/sha2.js');
    return loop(sha256);
  },
  webcrypto: async () => {
    const message = new Uint8Array(44);
    const view = new DataView(message.buffer);
    return async (hashes) => {
      for (let nonce = 0; nonce < hashes; nonce++) {
        view.setUint32(36, nonce, true);
        await crypto.subtle.digest('SHA-256', message);
      }
    };
  },
};

const ready = CONTESTANTS[location.hash.slice(1)]();
self.onmessage = async ({ data }) => {
  try {
    const run = await ready;
    await run(data);
    self.postMessage({});
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};
