//! How a hold ends: captured, or given back.

use std::sync::Arc;

use super::{Desk, Draft};
use crate::{
    api::{form::Form, refusal::Refusal},
    bank::Kind,
    cards::{Decline, Nature},
    model::Status,
    outcome::{Outcome, Verdict},
    webhooks::Topic,
};

const CANCELABLE: [Status; 4] = [
    Status::RequiresPaymentMethod,
    Status::RequiresConfirmation,
    Status::RequiresAction,
    Status::RequiresCapture,
];
const REASONS: [&str; 4] = [
    "duplicate",
    "fraudulent",
    "requested_by_customer",
    "abandoned",
];

/// `POST /v1/payment_intents/{id}/capture`
///
/// A card that refuses capture keeps its hold until the shop cancels: giving it back is the shop's
/// duty, and the oracle shows whether it did.
pub(crate) fn capture(desk: &Desk<'_>, id: &str, form: &Form) -> Verdict {
    let intent = desk.intent(id)?;
    let (Status::RequiresCapture, Some(charge)) = (intent.status, &intent.charge) else {
        let refusal = Refusal::unexpected_state(&intent, "captured", &[Status::RequiresCapture]);
        return Ok(Outcome::refused(refusal));
    };
    let amount = form.minor("amount_to_capture")?.unwrap_or(intent.amount);
    if amount > intent.amount {
        let refusal = Refusal::invalid(format!(
            "The amount_to_capture must be at most the capturable {}.",
            intent.amount
        ));
        return Err(refusal.code("amount_too_large").param("amount_to_capture"));
    }
    if charge.card.nature == Nature::RefusesCapture {
        let refusal = Refusal::declined(Decline::Generic, &intent, &charge.id);
        return Ok(Outcome::refused(refusal));
    }
    let mut draft = Draft::of(Arc::unwrap_or_clone(intent));
    draft.intent.status = Status::Succeeded;
    if let Some(charge) = &mut draft.intent.charge {
        charge.captured = amount;
    }
    draft
        .change
        .tell_bank(desk.now, &draft.intent, Kind::Capture, amount);
    let remainder = draft.intent.amount - amount;
    if remainder > 0 {
        draft
            .change
            .tell_bank(desk.now, &draft.intent, Kind::Remainder, remainder);
    }
    draft.announce(Topic::IntentSucceeded);
    Ok(draft.done(None, form.lists("expand", "latest_charge")))
}

/// `POST /v1/payment_intents/{id}/cancel`
pub(crate) fn cancel(desk: &Desk<'_>, id: &str, form: &Form) -> Verdict {
    let intent = desk.intent(id)?;
    if !CANCELABLE.contains(&intent.status) {
        let refusal = Refusal::unexpected_state(&intent, "canceled", &CANCELABLE);
        return Ok(Outcome::refused(refusal));
    }
    let reason = form.get("cancellation_reason");
    if let Some(unknown) = reason.filter(|reason| !REASONS.contains(reason)) {
        let refusal = Refusal::invalid(format!("Invalid cancellation_reason: {unknown}"));
        return Err(refusal.param("cancellation_reason"));
    }
    let draft = Draft::of(Arc::unwrap_or_clone(intent));
    Ok(give_back(desk, draft, reason).done(None, form.lists("expand", "latest_charge")))
}

/// The hold has lasted as long as the bank allows: it gives the money back without being asked.
pub(crate) fn expire(desk: &Desk<'_>, id: &str) -> Verdict {
    let draft = Draft::of(Arc::unwrap_or_clone(desk.intent(id)?));
    Ok(give_back(desk, draft, Some("automatic")).done(None, false))
}

fn give_back(desk: &Desk<'_>, mut draft: Draft, reason: Option<&str>) -> Draft {
    if draft.intent.status == Status::RequiresCapture {
        let amount = draft.intent.amount;
        draft
            .change
            .tell_bank(desk.now, &draft.intent, Kind::Void, amount);
        if let Some(charge) = &mut draft.intent.charge {
            charge.voided = true;
        }
    }
    draft.intent.status = Status::Canceled;
    draft.intent.challenge_url = None;
    draft.intent.canceled_at = Some(desk.now);
    draft.intent.cancellation_reason = reason.map(str::to_owned);
    draft.announce(Topic::IntentCanceled);
    draft
}
