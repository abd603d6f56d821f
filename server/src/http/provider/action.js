// 3-D Secure by the provider's script. What the bank decided, the edge asks the provider: whatever this page
// says, it says only that the asking is over.
"use strict";

const { pk, clientSecret, unreachable } = document.body.dataset;

async function ask() {
  if (typeof Stripe === "undefined") throw new Error("the provider's script is not here");
  await Stripe(pk).confirmCardPayment(clientSecret);
  if (window.parent !== window) {
    window.parent.postMessage({ type: "sluice.action_complete" }, window.location.origin);
  }
}

ask().catch(() => {
  document.getElementById("error").textContent = unreachable;
});
