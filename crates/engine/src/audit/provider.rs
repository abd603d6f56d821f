//! Money (6): the ledger with itself, and the ledger with the provider's list, both ways.

use super::look::{Look, Seen};
use super::row::Row;
use crate::ledger::{Ledger, PaymentEntry};
use crate::pay::{Gateway, GatewayError, Listed, Whereabouts};
use protocol::SaleId;
use std::collections::{HashMap, HashSet};

/// Our clock and the provider's may differ by so much, s.
const CLOCKS_DIFFER_S: u64 = 300;
/// How often a page is asked for that does not come.
const TRIES_PER_PAGE: usize = 6;

/// Everything the provider lists for this sale.
pub(super) async fn list(
    gateway: &dyn Gateway,
    ledger: &Ledger,
    sale: &SaleId,
) -> Seen<Vec<Listed>> {
    let announced = ledger.announced_at(sale).await;
    let announced = announced.map_err(|error| error.to_string())?;
    let since = (announced / 1000).saturating_sub(CLOCKS_DIFFER_S);
    let mut ours = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let page = page(gateway, since, after.as_deref()).await;
        let (page, more) = page.map_err(|error| format!("the provider: {error}"))?;
        let last = page.last().map(|it| it.intent.clone());
        ours.extend(
            page.into_iter()
                .filter(|it| it.sale.as_deref() == Some(sale.as_str())),
        );
        match last {
            Some(last) if more => after = Some(last),
            _ => return Ok(ours),
        }
    }
}

/// One page, asked for again when no answer can be trusted: on a bad day one in seven fails, and a list that began anew
/// each time would not come to its end.
pub(super) async fn page(
    provider: &dyn Gateway,
    since_s: u64,
    after: Option<&str>,
) -> Result<(Vec<Listed>, bool), GatewayError> {
    for _ in 1..TRIES_PER_PAGE {
        match provider.list(since_s, after).await {
            Err(GatewayError::Unknown(_) | GatewayError::RateLimited) => {}
            answer => return answer,
        }
    }
    provider.list(since_s, after).await
}

pub(super) fn money(look: &Look) -> Row {
    let mut offenders = look.faults_of(6);
    let tally = &look.tally;
    if look.is_quiet() && tally.captured != tally.orders {
        offenders.push(format!(
            "{} of {} orders are paid and nothing is under way",
            tally.captured, tally.orders
        ));
    }
    let figures = format!(
        "{} captured, {} open, {} owed",
        tally.captured_payments, tally.open_authorizations, tally.duties
    );
    let listed = match &look.provider {
        Ok(listed) => listed,
        Err(why) => {
            let why = format!("the ledger is ({figures}); the bank is not: {why}");
            return Row::unless_broken(6, why, offenders);
        }
    };
    offenders.extend(compare(&look.payments, listed));
    let held = listed.iter().filter(|it| it.money == Whereabouts::Held);
    let figures = format!("{figures}; {} held at the provider", held.count());
    Row::judged(6, figures, offenders)
}

/// Where the provider and the ledger tell different stories of the money.
pub(super) fn compare(payments: &[PaymentEntry], listed: &[Listed]) -> Vec<String> {
    let ours = Ours::of(payments);
    let mut offenders = Vec::new();
    for it in listed {
        match ours.holder(it) {
            Some(payment) => offenders.extend(differs(payment, it)),
            None if ours.owns(it) => {}
            None => offenders.push(nobodys(it)),
        }
    }
    let known: HashSet<&str> = listed.iter().map(|it| it.intent.as_str()).collect();
    for (intent, payment) in &ours.by_intent {
        if payment.status == "captured" && !known.contains(intent) {
            offenders.push(format!(
                "payment {} is captured, and the provider does not know {intent}",
                payment.payment
            ));
        }
    }
    offenders
}

/// The ledger's payments, by either name.
pub(super) struct Ours<'a> {
    by_intent: HashMap<&'a str, &'a PaymentEntry>,
    by_payment: HashMap<&'a str, &'a PaymentEntry>,
}

impl<'a> Ours<'a> {
    pub(super) fn of(payments: &'a [PaymentEntry]) -> Self {
        let intents = payments
            .iter()
            .filter_map(|it| Some((it.intent.as_deref()?, it)));
        Self {
            by_intent: intents.collect(),
            by_payment: payments
                .iter()
                .map(|it| (it.payment.as_str(), it))
                .collect(),
        }
    }

    /// The payment that we asked for when this intent came to be.
    pub(super) fn asked_for(&self, it: &Listed) -> Option<&'a PaymentEntry> {
        self.by_payment.get(it.payment.as_deref()?).copied()
    }

    /// The payment whose hold this is.
    pub(super) fn holder(&self, it: &Listed) -> Option<&'a PaymentEntry> {
        self.by_intent.get(it.intent.as_str()).copied()
    }

    /// Is there a payment for this money, or no money? While an answer is on its way to the ledger, its
    /// payment is `processing`.
    pub(super) fn owns(&self, it: &Listed) -> bool {
        let has_money = matches!(it.money, Whereabouts::Held | Whereabouts::Taken);
        let under_way = self
            .asked_for(it)
            .is_some_and(|payment| payment.status == "processing");
        !has_money || under_way || self.holder(it).is_some()
    }
}

fn differs(payment: &PaymentEntry, it: &Listed) -> Option<String> {
    let PaymentEntry {
        payment: name,
        status,
        ..
    } = payment;
    let intent = &it.intent;
    match (it.money, status.as_str()) {
        (Whereabouts::Taken, "captured") if it.taken != payment.minor => Some(format!(
            "payment {name} is over {} and the bank took {} ({intent})",
            payment.minor, it.taken
        )),
        (Whereabouts::Taken, "captured" | "capturing") => None,
        (Whereabouts::Taken, _) => Some(format!(
            "the bank took the money of payment {name}, which is {status} ({intent})"
        )),
        (Whereabouts::Held, "captured" | "voided" | "declined") => Some(format!(
            "payment {name} is {status}, and the bank still holds the money ({intent})"
        )),
        (Whereabouts::Released | Whereabouts::WithShopper, "captured") => Some(format!(
            "payment {name} is captured, and the bank took nothing ({intent})"
        )),
        _ => None,
    }
}

fn nobodys(it: &Listed) -> String {
    let what = match it.money {
        Whereabouts::Taken => "took money",
        _ => "holds money",
    };
    let payment = it.payment.as_deref().unwrap_or("no payment");
    format!(
        "the bank {what} that nobody owns: {} for {payment}",
        it.intent
    )
}
