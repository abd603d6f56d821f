// The solver in plain JavaScript, for workers in which WebAssembly is off or did not load. The same as
// crates/solver/src/kernel.rs, one nonce after the other: what does not depend on the lower half of the nonce (w[9])
// is done once, and only the first word of the hash is made.
//
// A classic script, so that the oldest workers take it: `sluice_plain(seed, round, difficulty, high, low, count)`
// takes and gives what `find` of crates/solver/src/abi.rs does, but for the seed, which is an array of eight words.

{
  // Bits of the fractional parts of the roots of the first primes (FIPS 180-4, sections 4.2.2 and 5.3.3).
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime)) primes.push(n);
  const fraction = (root) => ((root % 1) * 2 ** 32) | 0;
  const K = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
  const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));

  const rotate = (x, n) => (x >>> n) | (x << (32 - n));
  const small0 = (x) => rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
  const small1 = (x) => rotate(x, 17) ^ rotate(x, 19) ^ (x >>> 10);
  const swap = (x) => ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);

  const W = new Int32Array(64);
  const state = new Int32Array(8);

  /** Rounds from `first` to before `end`, from the state into itself. */
  const steps = (first, end) => {
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = first; i < end; i++) {
      const big1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t = (h + big1 + (((f ^ g) & e) ^ g) + K[i] + W[i]) | 0;
      const big0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const majority = ((a ^ b) & (b ^ c)) ^ b;
      h = g;
      g = f;
      f = e;
      e = (d + t) | 0;
      d = c;
      c = b;
      b = a;
      a = (t + big0 + majority) | 0;
    }
    state[0] = a;
    state[1] = b;
    state[2] = c;
    state[3] = d;
    state[4] = e;
    state[5] = f;
    state[6] = g;
    state[7] = h;
  };

  self.sluice_plain = (seed, round, difficulty, high, low, count) => {
    const mask = difficulty ? -1 << (32 - difficulty) : 0;
    const start = new Int32Array(8);
    const prepare = () => {
      W.set(seed);
      W[8] = swap(round);
      W[10] = swap(high);
      W[11] = 1 << 31;
      W.fill(0, 12, 15);
      W[15] = 44 * 8;
      state.set(START);
      steps(0, 9);
      start.set(state);
    };
    prepare();
    for (let done = 0; done < count; done++) {
      W[9] = swap(low);
      for (let i = 16; i < 64; i++) W[i] = small1(W[i - 2]) + W[i - 7] + small0(W[i - 15]) + W[i - 16];
      state.set(start);
      steps(9, 64);
      if (((state[0] + START[0]) & mask) === 0) return done;
      low = (low + 1) >>> 0;
      if (low === 0) {
        high = (high + 1) >>> 0;
        prepare();
      }
    }
    return -1;
  };
}
