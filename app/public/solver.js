// Solves a challenge on several Web Workers, and remembers what is solved until the challenge expires: a reload
// goes on where it was. worker.js does the work.
//
// `sluice_solver.solve(sale, device, left, challenge, tell)` is a promise of the nonces, of null after `stop()`, and
// rejects when this browser cannot. `challenge` is the edge's answer as text, good for `left` milliseconds; `tell`
// hears how many rounds are done. `kept(sale, device)` is a challenge that was begun and is still good, and
// `forget(sale)` is for one that was used, or is no good. `captcha` is in captcha.js, which few need.

// Shorter than this, a kept challenge would not last for the join.
const TOO_LATE_MS = 5000;
// More would only heat the phone.
const MOST_WORKERS = 4;

const name = (sale) => `sluice-proof-${sale}`;

/** What this tab keeps for a sale; nothing where a browser keeps nothing. */
const read = (sale) => {
  try {
    return JSON.parse(sessionStorage.getItem(name(sale)));
  } catch {
    return null;
  }
};
const write = (sale, proof) => {
  try {
    sessionStorage.setItem(name(sale), JSON.stringify(proof));
  } catch {
    // Then a reload begins anew.
  }
};

let stopped = () => {};

const solver = {
  kept(sale, device) {
    const proof = read(sale);
    const good = proof?.device === device && proof.until - Date.now() > TOO_LATE_MS;
    return good ? proof.challenge : undefined;
  },

  forget(sale) {
    try {
      sessionStorage.removeItem(name(sale));
    } catch {
      // There is nothing.
    }
  },

  stop() {
    stopped();
  },

  async captcha(route, proof) {
    const { ask } = await import('/captcha.js');
    return ask(route, JSON.parse(proof), (stop) => {
      stopped = stop;
    });
  },

  solve(sale, device, left, challenge, tell) {
    const { seed, rounds, difficulty } = JSON.parse(challenge);
    let proof = read(sale);
    if (proof?.challenge !== challenge) proof = { device, challenge, until: Date.now() + left, nonces: {} };
    write(sale, proof);
    const { nonces } = proof;
    const open = [];
    for (let round = 0; round < rounds; round++) if (!(round in nonces)) open.push(round);

    const workers = new Set();
    const idle = [];
    const done = new Promise((resolve, reject) => {
      const progress = () => {
        tell(Object.keys(nonces).length);
        if (Object.keys(nonces).length === rounds) resolve(Array.from({ length: rounds }, (_, round) => nonces[round]));
      };
      stopped = () => resolve(null);
      const start = () => {
        const worker = new Worker('/worker.js');
        let round;
        const next = () => {
          round = open.shift();
          if (round === undefined) idle.push(next);
          else worker.postMessage({ seed, round, difficulty });
        };
        // The others go on with its round.
        const fail = (error) => {
          worker.terminate();
          workers.delete(worker);
          open.push(round);
          idle.pop()?.();
          if (workers.size === 0) reject(error);
        };
        worker.onerror = fail;
        worker.onmessage = ({ data: { nonce, failed } }) => {
          if (failed) return fail(failed);
          nonces[round] = nonce;
          write(sale, proof);
          progress();
          next();
        };
        workers.add(worker);
        next();
      };
      const cores = navigator.hardwareConcurrency || 2;
      const many = Math.min(Math.max(cores - 1, 1), MOST_WORKERS, open.length);
      for (let i = 0; i < many; i++) start();
      progress();
    });
    return done.finally(() => {
      for (const worker of workers) worker.terminate();
    });
  },
};

globalThis.sluice_solver = solver;
