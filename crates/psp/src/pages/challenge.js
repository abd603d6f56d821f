// The end of 3-D Secure: tells the page around us, or goes back to the shop when there is none.
"use strict";

const { intent, outcome, origin, returnUrl } = document.body.dataset;

if (window.parent !== window && origin) {
  window.parent.postMessage({ type: "sluice.action_complete", intent, outcome }, origin);
} else if (returnUrl) {
  window.location.replace(returnUrl);
}
if (!returnUrl) document.getElementById("back").hidden = true;
