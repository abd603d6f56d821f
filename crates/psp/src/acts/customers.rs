//! Customers: a card that the shop keeps at the provider for later, and forgets again.

use std::sync::Arc;

use super::{Desk, methods};
use crate::{
    api::{form::Form, refusal::Refusal},
    cards::Nature,
    ids,
    model::{Customer, PaymentMethod},
    outcome::{Change, Outcome, Reply, Verdict},
};

/// `POST /v1/customers`. A `payment_method` is attached: the bank says whether the card is good, and holds nothing.
pub(crate) fn create(desk: &Desk<'_>, form: &Form) -> Verdict {
    let id = ids::fresh("cus");
    let offered = methods::offered(desk, form, None)?;
    let method = offered.map(|offered| Arc::unwrap_or_clone(offered.split().0));
    if let Some(PaymentMethod { card, .. }) = &method
        && let Nature::Declines(decline) = card.nature
    {
        return Ok(Outcome::refused(Refusal::bad_card(decline)));
    }
    let customer = Customer {
        id: id.clone(),
        created: desk.now,
        metadata: form.map("metadata"),
        method: method.as_ref().map(|method| method.id.clone()),
        deleted: false,
    };
    let attached = method.map(|method| PaymentMethod {
        customer: Some(id.clone()),
        ..method
    });
    Ok(written(customer, attached))
}

/// `DELETE /v1/customers/{id}`. The card is detached, and can never be used again.
pub(crate) fn delete(desk: &Desk<'_>, id: &str) -> Verdict {
    let customer = known(desk, id, "id")?;
    let method = customer.method.as_deref();
    let method = method.and_then(|method| desk.memory.method(method));
    let detached = method.map(|method| PaymentMethod {
        customer: None,
        detached: true,
        ..(**method).clone()
    });
    let customer = Customer {
        deleted: true,
        ..(*customer).clone()
    };
    Ok(written(customer, detached))
}

/// A customer that has not been deleted.
pub(super) fn known(
    desk: &Desk<'_>,
    id: &str,
    param: &'static str,
) -> Result<Arc<Customer>, Refusal> {
    let known = desk.memory.customer(id).filter(|it| !it.deleted);
    known
        .cloned()
        .ok_or_else(|| Refusal::not_found("customer", id, param))
}

fn written(customer: Customer, method: Option<PaymentMethod>) -> Outcome {
    Outcome {
        reply: Reply::Customer(customer.id.clone()),
        change: Change {
            customer: Some(customer),
            method,
            ..Change::default()
        },
        events: Vec::new(),
    }
}
