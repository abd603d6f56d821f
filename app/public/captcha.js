// Asks the shopper for a CAPTCHA, inside the element #captcha; loaded when one is needed and not before. The form and
// its words stand in the page, in the template #captcha-panel.
//
// `ask(route, proof, onStop)` is a promise of the seal that the join brings along, of null when the shopper stops, and of
// undefined when the tries are used up and another challenge is needed. `proof` is the solved challenge.

// Who is told that it is busy asks again after this, then after twice as long, and so on; no two pages at one moment.
const AGAIN_MS = 1000;
const AGAIN_AT_MOST_MS = 8000;

const SERVICES = {
  turnstile: ['https://challenges.cloudflare.com/turnstile/v0/api.js?render=explicit', 'turnstile'],
  hcaptcha: ['https://js.hcaptcha.com/1/api.js?render=explicit', 'hcaptcha'],
  recaptcha: ['https://www.google.com/recaptcha/api.js?render=explicit', 'grecaptcha'],
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** The widget of an outside service in `place`: a promise of its token; rejects when it does not come. */
const widget = ({ name, site_key, action }, place) =>
  new Promise((resolve, reject) => {
    const [src, api] = SERVICES[name];
    const render = () => {
      const show = () => globalThis[api].render(place, { sitekey: site_key, action, callback: resolve, 'error-callback': reject });
      // reCAPTCHA has its functions a moment after its script.
      (globalThis[api].ready ?? ((act) => act()))(show);
    };
    if (globalThis[api]) return render();
    const script = document.createElement('script');
    Object.assign(script, { src, async: true, onload: render, onerror: reject });
    document.head.append(script);
  });

export const ask = (route, { challenge, nonces, device }, onStop) =>
  new Promise((resolve) => {
    const place = document.getElementById('captcha');
    const template = document.getElementById('captcha-panel');
    place.replaceChildren(template.content.cloneNode(true));
    const part = (name) => place.querySelector(`[data-captcha=${name}]`);
    const form = place.querySelector('form');
    const answer = form.elements.answer;
    let token;
    let ended = false;

    const end = (outcome) => {
      ended = true;
      place.replaceChildren();
      resolve(outcome);
    };
    onStop(() => end(null));

    /** Asks until the edge is not only busy: what it answers, or the kind of its refusal. */
    const call = async (path, body) => {
      for (let again = AGAIN_MS; !ended; again = Math.min(2 * again, AGAIN_AT_MOST_MS)) {
        const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
        const reply = await fetch(route + path, init).catch(() => undefined);
        const said = await reply?.json().catch(() => undefined);
        if (reply?.ok) return said;
        const kind = said?.type?.split('/').pop();
        if (said && !['busy', 'unavailable', 'rate_limited', 'timeout'].includes(kind)) return { refused: kind };
        await pause((said?.retry_after_ms ?? again) * (0.75 + Math.random() / 2));
      }
      return { refused: 'stopped' };
    };

    const show = (kind) => {
      for (const element of place.querySelectorAll('[data-kind]')) {
        element.hidden = !element.dataset.kind.split(' ').includes(kind);
      }
    };

    const look = async (kind) => {
      const asked = await call('', { challenge, nonces, device, ...(kind && { kind }) });
      if (ended) return;
      if (asked.refused) return end(undefined);
      token = asked.captcha;
      part('reference').textContent = asked.reference;
      show(kind ?? 'service');
      form.hidden = false;
      if (asked.service) {
        const solved = await widget(asked.service, part('service')).catch(() => undefined);
        if (solved) await send(solved);
        else if (!ended) await look('image');
        return;
      }
      part(kind).src = asked.media;
      answer.value = '';
      answer.focus();
    };

    const send = async (text) => {
      const said = await call('/answers', { captcha: token, answer: text });
      if (ended) return;
      if (said.seal) return end(said.seal);
      if (!['captcha_wrong', 'captcha_silent'].includes(said.refused)) return end(undefined);
      await look(form.dataset.shown);
      part('wrong').hidden = said.refused !== 'captcha_wrong';
    };

    form.addEventListener('submit', (event) => {
      event.preventDefault();
      part('wrong').hidden = true;
      send(answer.value);
    });
    for (const kind of ['image', 'sound']) {
      for (const button of place.querySelectorAll(`[data-captcha=to-${kind}]`)) {
        button.addEventListener('click', () => {
          form.dataset.shown = kind;
          look(kind);
        });
      }
    }
    form.dataset.shown = 'image';
    look(template.dataset.service ? undefined : 'image');
  });
