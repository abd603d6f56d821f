//! After everything has come to rest: is every promise kept?

use crate::play::{SALE, UNITS};
use crate::shopper::{Crowd, Memory};
use crate::stage::Stage;
use crate::until;
use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

/// Until all payments are settled.
const QUIET_WITHIN: Duration = Duration::from_secs(60);

/// Each look is a process of its own.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Waits for quiet and asks everybody: the audit, the bank, every shopper.
pub(crate) async fn judge(stage: &Stage, crowd: &Crowd, memories: &[Memory]) -> Result<()> {
    let mut last = Value::Null;
    let quiet = until(QUIET_WITHIN, "the sale is quiet", async || {
        tokio::time::sleep(LOOK_EVERY).await;
        last = stage.audit(SALE).await.ok()?;
        (last["quiet"] == true && last["ok"] == true).then_some(())
    });
    if let Err(error) = quiet.await {
        return Err(error.context(format!("the audit says {last}")));
    }
    let mut found = Vec::new();
    let mut must = |holds: bool, otherwise: String| {
        if !holds {
            found.push(otherwise);
        }
    };
    let units = UNITS as u64;
    for (what, expected) in [
        ("units", units),
        ("orders", units),
        ("captured", units),
        ("oversold", 0),
        ("open_authorizations", 0),
    ] {
        must(
            last[what] == expected,
            format!("audit: {what} is {}, not {expected}", last[what]),
        );
    }
    must(
        last["unseen"].as_array().is_some_and(Vec::is_empty),
        format!("audit: not seen: {}", last["unseen"]),
    );
    let bank = stage.bank(SALE).await.context("the bank")?;
    for (what, expected) in [
        ("captured", units),
        ("open_holds", 0),
        ("captured_and_voided", 0),
        ("double_captures", 0),
    ] {
        must(
            bank[what] == expected,
            format!("bank: {what} is {}, not {expected}", bank[what]),
        );
    }

    let told: Vec<_> = memories.iter().filter_map(|m| m.told.as_ref()).collect();
    let orders: BTreeSet<_> = told.iter().map(|(order, _)| order).collect();
    let places: BTreeSet<_> = told.iter().map(|(_, unit)| unit).collect();
    must(
        orders.len() == told.len() && places.len() == told.len(),
        format!("told twice: {told:?}"),
    );
    let numbers: BTreeSet<_> = memories.iter().map(|m| m.number).collect();
    must(
        numbers.len() == memories.len(),
        "a number was given twice".to_owned(),
    );
    for memory in memories {
        let standing = crowd.standing(memory).await?;
        let number = memory.number;
        must(
            standing["number"] == number.0,
            format!("ticket {number} is {} now", standing["number"]),
        );
        if let Some(rank) = memory.rank {
            let now = crowd.rank(0, number).await;
            must(
                now == Some(rank),
                format!("ticket {number} had rank {rank}, now {now:?}"),
            );
        }
        if let Some((order, unit)) = &memory.told {
            let own = &standing["order"];
            must(
                own["order"] == order.as_str()
                    && own["unit"] == *unit
                    && own["status"] == "captured",
                format!("ticket {number} was told {order} of unit {unit}, has {own}"),
            );
        }
    }
    if found.is_empty() {
        Ok(())
    } else {
        bail!(found.join("; "))
    }
}
