// Solves the proof of work beside the page, so that the page never stutters.
//
// A module worker of our own origin (a strict CSP blocks Blob workers). It is told where the hashed
// glue and module are, instantiates the same bundle a second time and calls its `solve_round`.
// Says: a number (rounds done), then an array (all nonces); anything else means that it failed.
// The page ends it with terminate().

const CHUNK = 65536;

self.onmessage = async ({ data: { glue, module, seed, rounds, difficulty } }) => {
  try {
    const ours = (path) => {
      const url = new URL(path, self.location.origin);
      if (url.origin !== self.location.origin) throw new Error(`not ours: ${url.origin}`);
      return url.href;
    };
    const bundle = await import(ours(glue));
    await bundle.default({ module_or_path: ours(module) });
    const nonces = [];
    for (let round = 0; round < rounds; round++) {
      let nonce;
      for (let from = 0; nonce === undefined; from += CHUNK) {
        nonce = bundle.solve_round(seed, round, difficulty, from, CHUNK);
      }
      nonces.push(nonce);
      self.postMessage(round + 1);
    }
    self.postMessage(nonces);
  } catch (error) {
    self.postMessage({ failed: String(error) });
  }
};
