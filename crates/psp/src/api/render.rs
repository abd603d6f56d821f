//! Stripe's JSON of what the provider remembers. The API, the webhooks and the errors all use this.

use serde_json::{Value, json};

use crate::{
    cards::Card,
    model::{Charge, Customer, Intent, PaymentMethod, Refund},
};

/// A payment intent; `expand` shows the latest charge as an object instead of its id.
pub(crate) fn intent(intent: &Intent, expand: bool) -> Value {
    let latest_charge = match &intent.charge {
        Some(latest) if expand => charge(intent, latest),
        Some(latest) => Value::from(latest.id.as_str()),
        None => Value::Null,
    };
    let next_action = intent.challenge_url.as_ref().map(|url| {
        json!({
            "type": "redirect_to_url",
            "redirect_to_url": {"url": url, "return_url": intent.return_url},
        })
    });
    json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": intent.capturable(),
        "amount_received": intent.received(),
        "canceled_at": intent.canceled_at,
        "cancellation_reason": intent.cancellation_reason,
        "capture_method": if intent.manual { "manual" } else { "automatic" },
        "client_secret": intent.client_secret,
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.description,
        "last_payment_error": intent.last_error.as_ref().map(|error| error.body()),
        "latest_charge": latest_charge,
        "livemode": false,
        "metadata": intent.metadata,
        "next_action": next_action,
        "payment_method": intent.method,
        "payment_method_types": ["card"],
        "status": intent.status.name(),
    })
}

/// The latest charge of an intent.
pub(crate) fn charge(intent: &Intent, charge: &Charge) -> Value {
    let mut card_details = card(&charge.card);
    card_details["capture_before"] = charge.capture_before.into();
    json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": charge.captured,
        "amount_refunded": charge.refunded,
        "captured": charge.captured > 0,
        "created": charge.created,
        "currency": intent.currency,
        "livemode": false,
        "metadata": intent.metadata,
        "paid": charge.approved,
        "payment_intent": intent.id,
        "payment_method": charge.method,
        "payment_method_details": {"type": "card", "card": card_details},
        "refunded": charge.voided || (charge.captured > 0 && charge.refunded == charge.captured),
        "status": if charge.approved { "succeeded" } else { "failed" },
    })
}

/// A saved card.
pub(crate) fn method(method: &PaymentMethod) -> Value {
    json!({
        "id": method.id,
        "object": "payment_method",
        "billing_details": {"address": null, "email": null, "name": null, "phone": null},
        "card": card(&method.card),
        "created": method.created,
        "customer": method.customer,
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

/// Somebody whose card is kept; of who was deleted only the name is left.
pub(crate) fn customer(customer: &Customer) -> Value {
    if customer.deleted {
        return json!({"id": customer.id, "object": "customer", "deleted": true});
    }
    json!({
        "id": customer.id,
        "object": "customer",
        "created": customer.created,
        "livemode": false,
        "metadata": customer.metadata,
    })
}

/// A refund.
pub(crate) fn refund(refund: &Refund) -> Value {
    json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "status": "succeeded",
    })
}

/// A page of a list.
pub(crate) fn list(url: &str, data: &[Value], has_more: bool) -> Value {
    json!({"object": "list", "url": url, "has_more": has_more, "data": data})
}

fn card(card: &Card) -> Value {
    json!({
        "brand": card.brand.name(),
        "country": "US",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": card.fingerprint,
        "funding": "credit",
        "last4": card.last4,
    })
}
