// The browser's key: ECDSA on P-256, made once for this origin, kept in IndexedDB. Its private half never
// leaves the browser, not even for this script, so a copied ticket is of no use elsewhere.
//
// `sluice_key.point()` is the public half as "x.y", `sluice_key.proof(method, path, at)` a DPoP proof
// (RFC 9449) dated `at`, Unix milliseconds by the sale's clock. Both reject where there is no WebCrypto
// (plain http) or no IndexedDB (some private modes): then the shopper joins without a key.

const PATIENCE_MS = 5000;
const DATABASE = 'sluice';
const KEYS = 'keys';
const NAME = 'own';

const encoder = new TextEncoder();
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');

/** One transaction over the keys. */
const store = (mode, act) =>
  new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(KEYS);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction(KEYS, mode);
      const request = act(transaction.objectStore(KEYS));
      transaction.oncomplete = () => {
        database.close();
        resolve(request.result);
      };
      transaction.onabort = () => {
        database.close();
        reject(transaction.error);
      };
    };
  });

const kept = () => store('readonly', (keys) => keys.get(NAME));

/** The key, and its public half as a JWK. */
async function find() {
  let pair = await kept();
  if (!pair) {
    const fresh = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    // Twenty tabs may get here at once: the first key stays, and all of them use it.
    await store('readwrite', (keys) => keys.add(fresh, NAME)).catch(() => {});
    pair = await kept();
  }
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey);
  return { secret: pair.privateKey, jwk: { kty, crv, x, y } };
}

// Looked up for every use: another tab, or the person in the settings, may have cleared it meanwhile.
async function point() {
  const { jwk } = await find();
  return `${jwk.x}.${jwk.y}`;
}

async function proof(method, path, at) {
  const { secret, jwk } = await find();
  const part = (value) => base64url(encoder.encode(JSON.stringify(value)));
  const claims = {
    htm: method,
    htu: new URL(path, location.origin).href,
    iat: Math.floor(at / 1000),
    jti: base64url(crypto.getRandomValues(new Uint8Array(16))),
  };
  const text = `${part({ typ: 'dpop+jwt', alg: 'ES256', jwk })}.${part(claims)}`;
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, secret, encoder.encode(text));
  return `${text}.${base64url(signature)}`;
}

/** A storage that never answers must not keep anybody from joining. */
const soon = (act) => (...args) =>
  Promise.race([act(...args), new Promise((_, reject) => setTimeout(reject, PATIENCE_MS))]);

globalThis.sluice_key = { point: soon(point), proof: soon(proof) };
