//! Opening an intent, with or without confirming it at once.

use super::{Desk, Draft, confirm, methods};
use crate::{
    api::{form::Form, refusal::Refusal},
    bank::Kind,
    ids,
    model::{Intent, Status},
    outcome::Verdict,
    webhooks::Topic,
};

/// `POST /v1/payment_intents`
pub(crate) fn create(desk: &Desk<'_>, form: &Form) -> Verdict {
    let amount = form
        .minor("amount")?
        .ok_or_else(|| Refusal::missing("amount"))?;
    let currency = currency(form.need("currency")?)?;
    let manual = match form.get("capture_method") {
        None | Some("automatic" | "automatic_async") => false,
        Some("manual") => true,
        Some(other) => {
            let refusal = Refusal::invalid(format!("Invalid capture_method: {other}"));
            return Err(refusal.param("capture_method"));
        }
    };
    let return_url = return_url(form)?;
    let customer = form.get("customer");
    let (method, saved) = match methods::offered(desk, form, customer)? {
        Some(offered) => {
            let (method, saved) = offered.split();
            (Some(method), saved)
        }
        None => (None, None),
    };
    if form.flag("confirm") && method.is_none() {
        return Err(Refusal::missing("payment_method"));
    }

    let id = ids::fresh("pi");
    let mut draft = Draft::with_method(
        Intent {
            client_secret: ids::client_secret(&id),
            id,
            created: desk.now,
            amount,
            currency,
            manual,
            status: match method {
                Some(_) => Status::RequiresConfirmation,
                None => Status::RequiresPaymentMethod,
            },
            customer: customer.map(str::to_owned),
            metadata: form.map("metadata"),
            description: form.get("description").map(str::to_owned),
            return_url,
            method: method.as_ref().map(|method| method.id.clone()),
            challenge_url: None,
            charge: None,
            last_error: None,
            canceled_at: None,
            cancellation_reason: None,
        },
        saved,
    );
    draft
        .change
        .tell_bank(desk.now, &draft.intent, Kind::Opened, 0);
    draft.announce(Topic::IntentCreated);
    let refused = match method {
        Some(method) if form.flag("confirm") => confirm::attempt(desk, &mut draft, &method),
        _ => None,
    };
    Ok(draft.done(refused, form.lists("expand", "latest_charge")))
}

/// A `return_url`, which a page later turns into a link: only http and https.
pub(super) fn return_url(form: &Form) -> Result<Option<String>, Refusal> {
    match form.get("return_url") {
        None => Ok(None),
        Some(url) if url.starts_with("https://") || url.starts_with("http://") => {
            Ok(Some(url.to_owned()))
        }
        Some(_) => Err(Refusal::invalid("Not a valid URL")
            .code("url_invalid")
            .param("return_url")),
    }
}

fn currency(text: &str) -> Result<String, Refusal> {
    if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
        return Ok(text.to_ascii_lowercase());
    }
    let refusal = Refusal::invalid(format!("Invalid currency: {text}")).param("currency");
    Err(refusal)
}
