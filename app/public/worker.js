// Solves rounds of the proof of work beside the page, so that the page never stutters; as many of these run as
// solver.js starts. Hears { seed, round, difficulty }, says { round, nonce } or { failed }, one after the other.
//
// A classic worker of our own origin: a strict CSP blocks Blob workers, and old phones know no module workers.

// Where the modules are. `xtask site` writes their addresses in; under `cargo leptos watch` there are none.
const MODULES = {};

// Nonces of one call. A browser begins with code that was compiled in haste, and changes to the better one between two
// calls only.
const CHUNK = 1 << 14;

// (module (func (result v128) i32.const 0 i8x16.splat i8x16.popcnt)): does this browser know SIMD?
const SIMD = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11,
]);

async function load(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  const { instance } = await WebAssembly.instantiate(await answer.arrayBuffer());
  const { find } = instance.exports;
  return (seed, ...rest) => find(...seed, ...rest);
}

/** The fastest way that this browser has. */
async function fastest() {
  if (self.WebAssembly) {
    for (const url of [WebAssembly.validate(SIMD) && MODULES.simd, MODULES.scalar]) {
      try {
        if (url) return await load(url);
      } catch {
        // An edge of another release may not have it, a policy may forbid it: the next one will do.
      }
    }
  }
  importScripts('/plain.js');
  return self.sluice_plain;
}

const finding = fastest();

self.onmessage = async ({ data: { seed, round, difficulty } }) => {
  try {
    const find = await finding;
    const words = seed.match(/.{8}/g).map((word) => parseInt(word, 16));
    for (let from = 0; ; from += CHUNK) {
      const at = find(words, round, difficulty, Math.floor(from / 2 ** 32), from >>> 0, CHUNK);
      if (at >= 0) {
        self.postMessage({ round, nonce: from + at });
        return;
      }
    }
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};
