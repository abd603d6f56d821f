//! Giving taken money back, whole or in parts.

use std::sync::Arc;

use super::{Desk, Draft};
use crate::{
    api::{form::Form, refusal::Refusal},
    bank::Kind,
    ids,
    model::{Refund, Status},
    outcome::{Outcome, Reply, Verdict},
    webhooks::Topic,
};

/// `POST /v1/refunds`
pub(crate) fn refund(desk: &Desk<'_>, form: &Form) -> Verdict {
    let intent = desk.intent(form.need("payment_intent")?)?;
    let (Status::Succeeded, Some(charge)) = (intent.status, &intent.charge) else {
        let refusal = Refusal::unexpected_state(&intent, "refunded", &[Status::Succeeded]);
        return Ok(Outcome::refused(refusal));
    };
    let left = charge.captured - charge.refunded;
    if left == 0 {
        let refusal = Refusal::invalid(format!("Charge {} has already been refunded.", charge.id));
        let refusal = refusal.code("charge_already_refunded").about(&intent);
        return Ok(Outcome::refused(refusal));
    }
    let amount = form.minor("amount")?.unwrap_or(left);
    if amount > left {
        let refusal = Refusal::invalid(format!(
            "Refund amount ({amount}) is greater than unrefunded amount on charge ({left})"
        ));
        return Err(refusal.param("amount"));
    }
    let refund = Refund {
        id: ids::fresh("re"),
        created: desk.now,
        amount,
        currency: intent.currency.clone(),
        charge: charge.id.clone(),
        intent: intent.id.clone(),
        reason: form.get("reason").map(str::to_owned),
        metadata: form.map("metadata"),
    };
    let mut draft = Draft::of(Arc::unwrap_or_clone(intent));
    if let Some(charge) = &mut draft.intent.charge {
        charge.refunded += amount;
    }
    draft
        .change
        .tell_bank(desk.now, &draft.intent, Kind::Refund, amount);
    draft.announce(Topic::ChargeRefunded);
    let reply = Reply::Refund(refund.id.clone());
    draft.change.refund = Some(refund);
    Ok(Outcome {
        reply,
        ..draft.done(None, false)
    })
}
