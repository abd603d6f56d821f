//! Saving a card: checks what was typed, forgets the number, keeps what a payment method may keep.

use std::sync::Arc;

use super::{Desk, customers};
use crate::{
    api::{form::Form, refusal::Refusal},
    cards::{self, Card, Number},
    clock, ids,
    model::PaymentMethod,
    outcome::{Change, Outcome, Reply, Verdict},
};

/// `POST /v1/payment_methods`
pub(crate) fn save(desk: &Desk<'_>, form: &Form) -> Verdict {
    only_cards(form.need("type")?)?;
    let method = read_card(desk, form, "card")?;
    Ok(Outcome {
        reply: Reply::Method(method.id.clone()),
        change: Change {
            method: Some(method),
            ..Change::default()
        },
        events: Vec::new(),
    })
}

/// A call's payment method, and whether it has to be saved first.
pub(crate) enum Offered {
    Known(Arc<PaymentMethod>),
    New(PaymentMethod),
}

impl Offered {
    /// What to pay with, and what to save.
    pub(crate) fn split(self) -> (Arc<PaymentMethod>, Option<PaymentMethod>) {
        match self {
            Self::Known(method) => (method, None),
            Self::New(method) => (Arc::new(method.clone()), Some(method)),
        }
    }
}

/// The payment method a call names, brings along in `payment_method_data`, or leaves out; for this customer, if the
/// call is for one.
pub(crate) fn offered(
    desk: &Desk<'_>,
    form: &Form,
    customer: Option<&str>,
) -> Result<Option<Offered>, Refusal> {
    if let Some(id) = customer {
        customers::known(desk, id, "customer")?;
    }
    if let Some(id) = form.get("payment_method") {
        if let Some(method) = desk.memory.method(id) {
            check_owner(method, customer)?;
            return Ok(Some(Offered::Known(Arc::clone(method))));
        }
        let number = cards::well_known(id)
            .and_then(Number::parse)
            .ok_or_else(|| Refusal::not_found("PaymentMethod", id, "payment_method"))?;
        let (year, _) = clock::year_and_month(desk.now);
        return Ok(Some(Offered::New(issue(desk, &number, 12, year + 1))));
    }
    match form.get("payment_method_data[type]") {
        Some(kind) => {
            only_cards(kind)?;
            let method = read_card(desk, form, "payment_method_data[card]")?;
            Ok(Some(Offered::New(method)))
        }
        None => Ok(None),
    }
}

/// A card that is kept for a customer is used for nobody else, and one that was detached for nobody.
fn check_owner(method: &PaymentMethod, customer: Option<&str>) -> Result<(), Refusal> {
    let id = &method.id;
    if method.detached {
        return Err(Refusal::invalid(format!(
            "The provided PaymentMethod {id} was detached from a Customer. It may not be used again."
        )));
    }
    match method.customer.as_deref() {
        Some(owner) if customer != Some(owner) => Err(Refusal::invalid(format!(
            "The payment method supplied ({id}) belongs to a Customer. Please include the Customer in the \
             `customer` parameter on the PaymentIntent."
        ))),
        _ => Ok(()),
    }
}

fn only_cards(kind: &str) -> Result<(), Refusal> {
    if kind == "card" {
        return Ok(());
    }
    let refusal = Refusal::invalid(format!("Invalid payment method type: {kind}")).param("type");
    Err(refusal)
}

/// Reads `{prefix}[number]` and so on.
fn read_card(desk: &Desk<'_>, form: &Form, prefix: &str) -> Result<PaymentMethod, Refusal> {
    let field = |name: &str| form.get(&format!("{prefix}[{name}]")).unwrap_or_default();
    if let Some(number) = cards::of_token(field("token")).and_then(Number::parse) {
        let (year, _) = clock::year_and_month(desk.now);
        return Ok(issue(desk, &number, 12, year + 1));
    }
    let number = Number::parse(field("number")).ok_or_else(|| {
        Refusal::card(
            "incorrect_number",
            "number",
            "Your card number is incorrect.",
        )
    })?;
    let (month, year) = read_expiry(desk.now, field("exp_month"), field("exp_year"))?;
    let cvc = field("cvc");
    let sound = cvc.len() == number.brand().cvc_length() && cvc.bytes().all(|b| b.is_ascii_digit());
    if sound || cvc.is_empty() {
        Ok(issue(desk, &number, month, year))
    } else {
        Err(Refusal::card(
            "invalid_cvc",
            "cvc",
            "Your card's security code is invalid.",
        ))
    }
}

/// A month that has not ended yet; the year with two digits or four.
fn read_expiry(now: u64, month: &str, year: &str) -> Result<(u64, u64), Refusal> {
    let (this_year, this_month) = clock::year_and_month(now);
    let invalid_month = || {
        Refusal::card(
            "invalid_expiry_month",
            "exp_month",
            "Your card's expiration month is invalid.",
        )
    };
    let month = month
        .parse()
        .ok()
        .filter(|month| (1..=12).contains(month))
        .ok_or_else(invalid_month)?;
    let year = year
        .parse()
        .ok()
        .map(|year: u64| if year < 100 { 2000 + year } else { year })
        .filter(|year| (this_year..=this_year + 50).contains(year))
        .ok_or_else(|| {
            Refusal::card(
                "invalid_expiry_year",
                "exp_year",
                "Your card's expiration year is invalid.",
            )
        })?;
    if (year, month) < (this_year, this_month) {
        return Err(invalid_month());
    }
    Ok((month, year))
}

fn issue(desk: &Desk<'_>, number: &Number, exp_month: u64, exp_year: u64) -> PaymentMethod {
    PaymentMethod {
        id: ids::fresh("pm"),
        created: desk.now,
        customer: None,
        detached: false,
        card: Card {
            brand: number.brand(),
            last4: number.last4(),
            fingerprint: number.fingerprint(desk.fingerprint_key),
            exp_month,
            exp_year,
            nature: number.nature(),
        },
    }
}
