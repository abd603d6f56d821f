//! Asking the bank for a hold: on confirm, and again when 3-D Secure was passed.

use std::sync::Arc;

use super::{Desk, Draft, create, methods};
use crate::{
    api::{form::Form, refusal::Refusal},
    bank::{Kind, Purse},
    cards::{Decline, Nature},
    ids,
    model::{Charge, PaymentMethod, Status},
    outcome::{Outcome, Verdict},
    webhooks::Topic,
};

const CONFIRMABLE: [Status; 3] = [
    Status::RequiresPaymentMethod,
    Status::RequiresConfirmation,
    Status::RequiresAction,
];

/// `POST /v1/payment_intents/{id}/confirm`
pub(crate) fn confirm(desk: &Desk<'_>, id: &str, form: &Form) -> Verdict {
    let intent = desk.intent(id)?;
    if !CONFIRMABLE.contains(&intent.status) {
        let refusal = Refusal::unexpected_state(&intent, "confirmed", &CONFIRMABLE);
        return Ok(Outcome::refused(refusal));
    }
    let return_url = create::return_url(form)?;
    let (method, saved) = match methods::offered(desk, form, intent.customer.as_deref())? {
        Some(offered) => offered.split(),
        None => {
            let known = intent
                .method
                .as_deref()
                .and_then(|id| desk.memory.method(id));
            let Some(method) = known else {
                let refusal = Refusal::invalid(
                    "You cannot confirm this PaymentIntent because it's missing a payment method.",
                );
                let refusal = refusal
                    .code("payment_intent_unexpected_state")
                    .about(&intent);
                return Ok(Outcome::refused(refusal));
            };
            (Arc::clone(method), None)
        }
    };
    let mut draft = Draft::with_method(Arc::unwrap_or_clone(intent), saved);
    if return_url.is_some() {
        draft.intent.return_url = return_url;
    }
    let refused = attempt(desk, &mut draft, &method);
    Ok(draft.done(refused, form.lists("expand", "latest_charge")))
}

/// Tries to pay the draft's intent with a card; the refusal says why it did not work.
pub(super) fn attempt(
    desk: &Desk<'_>,
    draft: &mut Draft,
    method: &PaymentMethod,
) -> Option<Refusal> {
    draft.intent.method = Some(method.id.clone());
    draft.intent.last_error = None;
    draft.intent.challenge_url = None;
    match method.card.nature {
        Nature::Authenticates => {
            draft.intent.status = Status::RequiresAction;
            draft.intent.challenge_url = Some(format!(
                "{}/3ds/{}?client_secret={}",
                desk.base_url, draft.intent.id, draft.intent.client_secret
            ));
            draft.announce(Topic::IntentRequiresAction);
            None
        }
        Nature::Declines(decline) => Some(decline_hold(desk, draft, method, decline)),
        // Without a hold of its own there is nothing such a card could approve.
        Nature::RefusesCapture if !draft.intent.manual => {
            Some(decline_hold(desk, draft, method, Decline::Generic))
        }
        Nature::Approves | Nature::RefusesCapture => approve_hold(desk, draft, method),
    }
}

/// The bank holds the money if the card has it, and takes it at once unless the shop captures by
/// itself.
pub(super) fn approve_hold(
    desk: &Desk<'_>,
    draft: &mut Draft,
    method: &PaymentMethod,
) -> Option<Refusal> {
    let amount = draft.intent.amount;
    draft.intent.challenge_url = None;
    let purse = Purse {
        card: method.card.fingerprint.clone(),
        currency: draft.intent.currency.clone(),
    };
    let balance = desk.memory.bank.balance(&purse, desk.card_limit);
    if balance.available().is_some_and(|left| left < amount) {
        return Some(decline_hold(
            desk,
            draft,
            method,
            Decline::InsufficientFunds,
        ));
    }
    let mut charge = charge(desk, method, true);
    if draft.intent.manual {
        charge.capture_before = Some(desk.now + desk.hold_s);
    } else {
        charge.captured = amount;
    }
    draft.intent.charge = Some(charge);
    draft
        .change
        .tell_bank(desk.now, &draft.intent, Kind::Hold, amount);
    if draft.intent.manual {
        draft.intent.status = Status::RequiresCapture;
        draft.announce(Topic::IntentAmountCapturableUpdated);
    } else {
        draft.intent.status = Status::Succeeded;
        draft
            .change
            .tell_bank(desk.now, &draft.intent, Kind::Capture, amount);
        draft.announce(Topic::IntentSucceeded);
    }
    None
}

fn decline_hold(
    desk: &Desk<'_>,
    draft: &mut Draft,
    method: &PaymentMethod,
    decline: Decline,
) -> Refusal {
    let charge = charge(desk, method, false);
    let refusal = Refusal::declined(decline, &draft.intent, &charge.id);
    draft.intent.status = Status::RequiresPaymentMethod;
    draft.intent.method = None;
    draft.intent.charge = Some(charge);
    draft.intent.last_error = Some(refusal.clone());
    draft
        .change
        .tell_bank(desk.now, &draft.intent, Kind::Declined, 0);
    draft.announce(Topic::IntentPaymentFailed);
    refusal
}

fn charge(desk: &Desk<'_>, method: &PaymentMethod, approved: bool) -> Charge {
    Charge {
        id: ids::fresh("ch"),
        created: desk.now,
        method: method.id.clone(),
        card: method.card.clone(),
        approved,
        captured: 0,
        refunded: 0,
        capture_before: None,
        voided: false,
    }
}
