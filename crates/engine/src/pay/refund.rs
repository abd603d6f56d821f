//! Money that goes back: the operator asks, the ledger owes it, the worker drives it.

use super::duties::key;
use super::gateway::{GatewayError, GiveBack, RefundState};
use super::worker::one_more_call;
use crate::ledger::{Asked, Duty, RefundRow};
use crate::{Engine, Error};
use protocol::SaleId;
use protocol::wire::{Refund, RefundRequest};

impl From<RefundRow> for Refund {
    fn from(row: RefundRow) -> Self {
        Self {
            refund: row.refund,
            amount: row.amount,
            status: row.status,
            reason: row.reason,
        }
    }
}

impl Engine {
    /// Gives money of an order back, all of it or a part. The answer is `refunding`: what became of it shows in
    /// the order. Refused while another refund of the same order is under way, and beyond the price.
    pub async fn refund(
        &self,
        sale: &SaleId,
        order: &str,
        request: &RefundRequest,
    ) -> Result<Refund, Error> {
        let now = self.world.now();
        let asked = Asked {
            order: order.to_owned(),
            minor: request.minor,
            restock: request.restock,
        };
        let row = self.ledger.intend_refund(sale, asked, now).await?;
        let restock = if request.restock { ", restocked" } else { "" };
        let detail = format!("{order}: {}{restock}", row.amount);
        self.ledger
            .keep_act(sale, "refund", detail, None, now)
            .await?;
        self.0.waiters.wake_worker();
        Ok(row.into())
    }
}

/// Drives the refund of a payment that is under way. After a try with no reliable answer it asks first how much
/// went back: there is one refund at a time, so more than before is this one.
pub(super) async fn perform(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let Some(row) = engine.ledger.refund_under_way(&duty.payment).await? else {
        return Ok(());
    };
    let intent = row
        .intent
        .clone()
        .ok_or(Error::Corrupt("payments.intent"))?;
    if duty.attempts > 1 {
        if went_back(engine, &intent, &row).await? {
            return settle(engine, row, Ok(String::new())).await;
        }
        one_more_call(engine).await?;
    }
    let back = GiveBack {
        intent: intent.clone(),
        minor: row.amount.minor,
        refund: row.refund.clone(),
    };
    match engine
        .gateway
        .refund(&key(engine, duty, row.refund.clone()), &back)
        .await
    {
        Ok(RefundState::Refunded(name)) => settle(engine, row, Ok(name)).await,
        Ok(RefundState::Refused(why)) => settle(engine, row, Err(why)).await,
        Err(error @ (GatewayError::Refused(_) | GatewayError::Spent(_))) => {
            one_more_call(engine).await?;
            match (went_back(engine, &intent, &row).await?, error) {
                (true, _) => settle(engine, row, Ok(String::new())).await,
                (false, GatewayError::Refused(why)) => settle(engine, row, Err(why)).await,
                (false, error) => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

async fn went_back(engine: &Engine, intent: &str, row: &RefundRow) -> Result<bool, Error> {
    let refunded = engine.gateway.get(intent).await?.refunded;
    Ok(refunded >= row.before + row.amount.minor)
}

async fn settle(
    engine: &Engine,
    row: RefundRow,
    ended: Result<String, String>,
) -> Result<(), Error> {
    if let Err(why) = &ended {
        tracing::warn!(refund = row.refund, why, "the provider refuses a refund");
    }
    let now = engine.world.now();
    // A unit that comes back is owed in the ledger: the tick of any edge brings it.
    engine.ledger.settle_refund(row.refund, ended, now).await
}
