//! Repairs what may be repaired, says what it did, and leaves alone what it cannot prove.
//!
//! Everything goes the way it always goes: a duty is written to the ledger and driven by the payment worker
//! under the payment's own key, a lease ends as any lease ends, a sale that Redis remembers wrongly is laid
//! anew under the next epoch. So it may run beside live edges, and a second run finds nothing to do.
//!
//! Money that was taken without an order, and a hold of which the ledger has never heard, are for a person.

use super::provider::{Ours, list, page};
use super::{Verdict, stock};
use crate::pay::{Listed, Whereabouts};
use crate::redis::{Expired, Holdings, Units};
use crate::{Engine, Error};
use protocol::SaleId;
use serde::Serialize;

/// One thing that was repaired, or would be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// What was wrong.
    pub found: String,
    /// What was done about it; with `--dry-run`, what would be.
    pub repair: &'static str,
    /// Was it done? Not in a dry run, and not what is for a person.
    pub done: bool,
}

struct Repairs<'a> {
    engine: &'a Engine,
    sale: &'a SaleId,
    dry: bool,
    list: Vec<Repair>,
}

impl Repairs<'_> {
    /// May it be done? Then it is in the audit log first.
    async fn may(&mut self, found: String, repair: &'static str) -> Result<bool, Error> {
        let done = !self.dry;
        if done {
            let now = self.engine.world.now();
            let detail = format!("{found}: {repair}");
            self.engine
                .ledger
                .keep_act(self.sale, "reconcile", detail, None, now)
                .await?;
            tracing::info!(sale = %self.sale, found, repair, "reconcile");
        }
        self.list.push(Repair {
            found,
            repair,
            done,
        });
        Ok(done)
    }

    fn for_a_person(&mut self, found: String) {
        self.list.push(Repair {
            found,
            repair: "nothing: a person has to decide",
            done: false,
        });
    }
}

impl Engine {
    /// Repairs one sale; with `dry`, says what it would do.
    pub async fn reconcile(&self, sale: &SaleId, dry: bool) -> Result<Vec<Repair>, Error> {
        let mut repairs = Repairs {
            engine: self,
            sale,
            dry,
            list: Vec::new(),
        };
        duties(&mut repairs).await?;
        units(&mut repairs).await?;
        holds(&mut repairs).await?;
        Ok(repairs.list)
    }
}

/// A payment that is on its way somewhere, and nobody drives it.
async fn duties(repairs: &mut Repairs<'_>) -> Result<(), Error> {
    let engine = repairs.engine;
    for (payment, status) in engine.ledger.idle_payments(repairs.sale).await? {
        let found = format!("payment {payment} is {status} and nothing is owed for it");
        if repairs.may(found, "its duty is owed again").await? {
            let now = engine.world.now();
            engine.ledger.owe_again(payment, now).await?;
        }
    }
    Ok(())
}

async fn units(repairs: &mut Repairs<'_>) -> Result<(), Error> {
    let (engine, sale) = (repairs.engine, repairs.sale);
    let Some(redis) = engine.store.inspect(sale).await? else {
        let found = "redis knows nothing of the sale".to_owned();
        return lay_anew(repairs, found).await;
    };
    let changed = leases(repairs, &redis).await? | failed(repairs, &redis).await?;
    if changed && repairs.dry {
        // What these leave behind can only be seen once they are done.
        return Ok(());
    }
    let report = engine.audit(sale).await?;
    let broken = report
        .invariants
        .iter()
        .filter(|row| matches!(row.number, 3 | 7) && row.verdict == Verdict::Broken);
    let offenders: Vec<String> = broken.flat_map(|row| row.offenders.clone()).collect();
    let miscounted = report.invariants.iter().filter(|row| row.number == 4);
    let miscounted = miscounted
        .flat_map(|row| row.offenders.iter())
        .find(|it| it.starts_with("redis counts"));
    match offenders.first().or(miscounted) {
        Some(first) => lay_anew(repairs, first.clone()).await,
        None => Ok(()),
    }
}

async fn lay_anew(repairs: &mut Repairs<'_>, found: String) -> Result<(), Error> {
    let repair = "redis is laid anew from the ledger, under the next epoch";
    if repairs.may(found, repair).await? {
        let (engine, sale) = (repairs.engine, repairs.sale);
        let unfit = engine.ledger.epoch(sale).await?;
        crate::stock::rebuild(engine, sale, unfit).await?;
    }
    Ok(())
}

/// Reservations that no edge has ended: claimed ones are confirmed, the others give their unit back.
async fn leases(repairs: &mut Repairs<'_>, redis: &Holdings) -> Result<bool, Error> {
    let (engine, sale) = (repairs.engine, repairs.sale);
    let mut found_any = false;
    for held in stock::overdue(redis) {
        found_any = true;
        let found = format!(
            "the lease of order {} on unit {} is over",
            held.order, held.unit
        );
        let repair = "confirmed if the ledger has the claim, given back if not";
        if repairs.may(found, repair).await? {
            let expired = Expired {
                number: held.number,
                order: held.order.clone(),
            };
            crate::stock::give_up(engine, sale, redis.number("epoch"), &expired).await?;
        }
    }
    Ok(found_any)
}

/// Units of orders whose payment failed, which did not come back.
async fn failed(repairs: &mut Repairs<'_>, redis: &Holdings) -> Result<bool, Error> {
    let (engine, sale) = (repairs.engine, repairs.sale);
    let orders = engine.ledger.order_statuses(sale).await?;
    let mut found_any = false;
    for held in &redis.claimed {
        if orders.get(&held.order).map(String::as_str) != Some("failed") {
            continue;
        }
        found_any = true;
        let found = format!(
            "unit {} of failed order {} was not returned",
            held.unit, held.order
        );
        if repairs.may(found, "given back").await? {
            let epoch = redis.number("epoch");
            engine
                .store
                .release(sale, epoch, held.number, &held.order, Units::Claimed)
                .await?;
        }
    }
    Ok(found_any)
}

/// Money at the bank that belongs to no payment, or to one that is over.
async fn holds(repairs: &mut Repairs<'_>) -> Result<(), Error> {
    let (engine, sale) = (repairs.engine, repairs.sale);
    match list(engine.paced().as_ref(), &engine.ledger, sale).await {
        Ok(listed) => compare(repairs, &listed).await,
        Err(why) => {
            repairs.for_a_person(format!("holds were not looked at: {why}"));
            Ok(())
        }
    }
}

/// The holds part alone, for every sale and what the provider opened since this moment (Unix ms). Answers what was
/// repaired; what is for a person is left to the audit.
pub(crate) async fn sweep(engine: &Engine, since: u64) -> Result<Vec<Repair>, Error> {
    let mut repaired = Vec::new();
    let listed = list_since(engine, since / 1000).await?;
    for row in engine.ledger.sales().await? {
        let of_sale = |it: &&Listed| it.sale.as_deref() == Some(row.sale.as_str());
        let listed: Vec<Listed> = listed.iter().filter(of_sale).cloned().collect();
        if listed.is_empty() {
            continue;
        }
        let mut repairs = Repairs {
            engine,
            sale: &row.sale,
            dry: false,
            list: Vec::new(),
        };
        compare(&mut repairs, &listed).await?;
        repaired.extend(repairs.list.into_iter().filter(|repair| repair.done));
    }
    Ok(repaired)
}

/// Everything that the provider opened since, paced like every other call.
async fn list_since(engine: &Engine, since_s: u64) -> Result<Vec<Listed>, Error> {
    let (mut all, mut after, provider) = (Vec::new(), None::<String>, engine.paced());
    loop {
        let (page, more) = page(provider.as_ref(), since_s, after.as_deref()).await?;
        after = page.last().map(|it| it.intent.clone());
        all.extend(page);
        if !more || after.is_none() {
            return Ok(all);
        }
    }
}

async fn compare(repairs: &mut Repairs<'_>, listed: &[Listed]) -> Result<(), Error> {
    let (engine, sale) = (repairs.engine, repairs.sale);
    // The ledger after the provider: what was on its way has arrived.
    let payments = engine.ledger.payment_entries(sale).await?;
    let ours = Ours::of(&payments);
    for it in listed {
        match (it.money, ours.holder(it)) {
            (Whereabouts::Held, Some(holder)) if holder.status == "voided" => {
                let found = format!(
                    "payment {} is voided and {} still holds its money",
                    holder.payment, it.intent
                );
                if repairs.may(found, "its void is owed again").await? {
                    let now = engine.world.now();
                    engine
                        .ledger
                        .void_again(holder.payment.clone(), now)
                        .await?;
                }
            }
            (Whereabouts::Held, None) if !ours.owns(it) => orphan(repairs, &ours, it).await?,
            (Whereabouts::Taken, None) if !ours.owns(it) => {
                repairs.for_a_person(format!("{} took money that nobody owes", it.intent));
            }
            (Whereabouts::Taken, Some(holder))
                if !matches!(holder.status.as_str(), "captured" | "capturing") =>
            {
                repairs.for_a_person(format!(
                    "{} took the money of payment {}, which is {}",
                    it.intent, holder.payment, holder.status
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// A second hold for a payment of ours: the same price, under our own name for it, and the payment has
/// another intent. Anything less is no proof that the hold is ours to release.
async fn orphan(repairs: &mut Repairs<'_>, ours: &Ours<'_>, it: &Listed) -> Result<(), Error> {
    let same = |minor: i64, currency: &str| {
        minor == it.amount.minor && currency == it.amount.currency.as_str()
    };
    let asked = ours
        .asked_for(it)
        .filter(|payment| same(payment.minor, &payment.currency));
    let Some(payment) = asked else {
        repairs.for_a_person(format!(
            "{} holds money, and the ledger has no payment it could be for",
            it.intent
        ));
        return Ok(());
    };
    let found = format!(
        "{} holds money a second time for payment {}",
        it.intent, payment.payment
    );
    if repairs.may(found, "its release is owed").await? {
        let (engine, now) = (repairs.engine, repairs.engine.world.now());
        let (twin, intent) = (payment.payment.clone(), it.intent.clone());
        engine.ledger.adopt_orphan(twin, intent, now).await?;
    }
    Ok(())
}
