// The provider's card element. Tells the page around it only the provider's name for the card.
"use strict";

const { pk, lang, saving, unreachable } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const form = byId("card");
const save = byId("save");

function tell(message) {
  if (window.parent !== window) window.parent.postMessage(message, window.location.origin);
}

function tellHeight() {
  tell({ type: "sluice.element_height", height: Math.ceil(document.body.getBoundingClientRect().height) });
}

new ResizeObserver(tellHeight).observe(document.body);
tellHeight();

if (typeof Stripe === "undefined") {
  byId("error").textContent = unreachable;
  save.disabled = true;
} else {
  wake(Stripe(pk, { locale: lang }));
}

function wake(stripe) {
  const card = stripe.elements().create("card", { hidePostalCode: true });
  card.mount(byId("element"));

  // Some implementations of the script know tokens only, and the card inside them.
  async function saved() {
    const made = await stripe.createPaymentMethod({ type: "card", card });
    if (made) return { error: made.error, id: made.paymentMethod?.id, card: made.paymentMethod?.card };
    const { token, error } = await stripe.createToken(card);
    return { error, id: token?.card.id, card: token?.card };
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    save.disabled = true;
    byId("error").textContent = "";
    byId("status").textContent = saving;
    try {
      const answer = await saved();
      if (answer.id) {
        const { brand, last4 } = answer.card;
        form.hidden = true;
        byId("saved").hidden = false;
        byId("saved-card").focus();
        tell({ type: "sluice.payment_method", payment_method: answer.id, brand: brand?.toLowerCase(), last4 });
      } else {
        byId("error").textContent = answer.error?.message || unreachable;
      }
    } catch {
      byId("error").textContent = unreachable;
    } finally {
      save.disabled = false;
      byId("status").textContent = "";
    }
  });

  byId("another").addEventListener("click", () => {
    byId("saved").hidden = true;
    form.hidden = false;
  });
}
