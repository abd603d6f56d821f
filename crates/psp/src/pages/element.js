// The card element. Runs on the provider's origin; tells the parent page only what a shop may know.
"use strict";

const { pk, origin } = document.body.dataset;
const byId = (id) => document.getElementById(id);
const fields = { number: byId("number"), expiry: byId("expiry"), cvc: byId("cvc") };
const form = byId("card");
const save = byId("save");

function tell(message) {
  if (window.parent !== window) window.parent.postMessage(message, origin);
}

function tellHeight() {
  const height = Math.ceil(document.body.getBoundingClientRect().height);
  tell({ type: "sluice.element_height", height });
}

function digits(text) {
  return text.replace(/\D/g, "");
}

// Reformatting while somebody edits in the middle would throw the caret to the end.
function formatAtEnd(input, format) {
  input.addEventListener("input", (event) => {
    showError(input, "");
    const atEnd = input.selectionStart === input.value.length;
    const deleting = (event.inputType || "").startsWith("delete");
    if (atEnd && !deleting) input.value = format(input.value);
  });
}

function formatNumber(text) {
  return digits(text).slice(0, 19).replace(/(\d{4})(?=\d)/g, "$1 ");
}

function formatExpiry(text) {
  let all = digits(text);
  if (/^[2-9]/.test(all)) all = "0" + all;
  // Autofill may write MM/YYYY.
  const year = all.length === 6 ? all.slice(4) : all.slice(2, 4);
  return all.length < 2 ? all : all.slice(0, 2) + " / " + year;
}

function showError(input, text) {
  byId(input.id + "-error").textContent = text;
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function findProblems() {
  const problems = [];
  if (digits(fields.number.value).length < 12) problems.push([fields.number, "Enter the card number."]);
  if (digits(formatExpiry(fields.expiry.value)).length !== 4) {
    problems.push([fields.expiry, "Enter it as MM / YY."]);
  }
  if (digits(fields.cvc.value).length < 3) problems.push([fields.cvc, "Enter the security code."]);
  return problems;
}

function fieldOf(param) {
  if (param === "exp_month" || param === "exp_year") return fields.expiry;
  return fields[param];
}

async function saveCard() {
  const expiry = digits(formatExpiry(fields.expiry.value));
  const answer = await fetch("v1/payment_methods", {
    method: "POST",
    headers: { Authorization: "Bearer " + pk },
    body: new URLSearchParams({
      type: "card",
      "card[number]": digits(fields.number.value),
      "card[exp_month]": expiry.slice(0, 2),
      "card[exp_year]": expiry.slice(2),
      "card[cvc]": digits(fields.cvc.value),
    }),
  });
  return answer.json();
}

function showSaved(method) {
  const { brand, last4 } = method.card;
  const name = brand.charAt(0).toUpperCase() + brand.slice(1);
  for (const input of Object.values(fields)) input.value = "";
  byId("saved-card").textContent = `${name} ending in ${last4} is saved.`;
  form.hidden = byId("tests").hidden = true;
  byId("saved").hidden = false;
  byId("saved-card").focus();
  tell({ type: "sluice.payment_method", payment_method: method.id, brand, last4 });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  byId("form-error").textContent = "";
  const problems = findProblems();
  for (const input of Object.values(fields)) showError(input, "");
  for (const [input, text] of problems) showError(input, text);
  if (problems.length > 0) return problems[0][0].focus();

  save.disabled = true;
  byId("status").textContent = "Saving the card…";
  try {
    const answer = await saveCard();
    if (answer.error) {
      const input = fieldOf(answer.error.param);
      if (input) {
        showError(input, answer.error.message);
        input.focus();
      } else {
        byId("form-error").textContent = answer.error.message;
      }
    } else {
      showSaved(answer);
    }
  } catch {
    byId("form-error").textContent = "The card could not be saved. Check the connection and try again.";
  } finally {
    save.disabled = false;
    byId("status").textContent = "";
  }
});

byId("another").addEventListener("click", () => {
  byId("saved").hidden = true;
  form.hidden = byId("tests").hidden = false;
  fields.number.focus();
});

function freshNumber() {
  const start = "4242" + Array.from(crypto.getRandomValues(new Uint8Array(11)), (n) => n % 10).join("");
  const sum = Array.from(start, Number).reduce((total, digit, place) => {
    if (place % 2 === 1) return total + digit;
    return total + (digit > 4 ? digit * 2 - 9 : digit * 2);
  }, 0);
  return start + ((10 - (sum % 10)) % 10);
}

byId("tests").addEventListener("click", (event) => {
  const { number } = event.target.dataset;
  if (!number) return;
  fields.number.value = formatNumber(number === "fresh" ? freshNumber() : number);
  fields.expiry.value = "12 / " + String((new Date().getFullYear() + 2) % 100).padStart(2, "0");
  fields.cvc.value = "123";
  for (const input of Object.values(fields)) showError(input, "");
  save.focus();
});

formatAtEnd(fields.number, formatNumber);
formatAtEnd(fields.expiry, formatExpiry);
formatAtEnd(fields.cvc, digits);
new ResizeObserver(tellHeight).observe(document.body);
tellHeight();
