//! A card is kept by the provider until its owner's turn is near: its bank says at once whether it is good, and no
//! money is held. It costs a call as a hold does, so it is done with what the others leave of the pace; when the turn
//! comes first, the hold is asked for without it.

use super::gateway::{GatewayError, Keep, Kept};
use super::worker::{one_more_call, row_of};
use crate::ledger::{Duty, Learned, PaymentRow, PaymentStatus};
use crate::{Engine, Error};

/// Keeps the card, unless its turn has come or nobody wants it any more.
pub(super) async fn perform(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    if row.waits && row.status == PaymentStatus::Processing && row.customer.is_none() {
        keep(engine, &row).await?;
    }
    Ok(())
}

/// For whom the card of a hold is kept, where it is. Somebody may have begun to keep it and not have heard the answer:
/// the same call under the same key tells.
pub(super) async fn of_hold(engine: &Engine, row: &PaymentRow) -> Result<Option<Kept>, Error> {
    if let Some(customer) = row.customer.clone() {
        return Ok(Some(Kept::For(customer)));
    }
    if !engine.ledger.is_keeping_begun(&row.payment).await? {
        return Ok(None);
    }
    one_more_call(engine).await?;
    keep(engine, row).await.map(Some)
}

async fn keep(engine: &Engine, row: &PaymentRow) -> Result<Kept, Error> {
    let key = format!("{}:keep", row.payment);
    let card = Keep {
        payment_method: row.payment_method.clone(),
        sale: row.sale.to_string(),
        payment: row.payment.clone(),
    };
    let kept = match engine.gateway.keep(&key, &card).await {
        // Nobody will ever know for whom it was kept, if it was: the shopper gives the card once more.
        Err(GatewayError::Spent(_)) => Kept::Declined("processing_error".to_owned()),
        Err(GatewayError::Refused(reason)) => {
            tracing::warn!(reason, payment = row.payment, "the provider keeps no card");
            Kept::Declined("invalid_payment_method".to_owned())
        }
        answer => answer?,
    };
    let now = engine.world.now();
    match &kept {
        Kept::For(customer) => {
            let customer = customer.clone();
            engine
                .ledger
                .keep_customer(row.payment.clone(), customer, now)
                .await?;
        }
        Kept::Declined(code) => {
            let learned = Learned {
                decline_code: Some(code.clone()),
                ..Learned::default()
            };
            let from = &[PaymentStatus::Processing];
            let to = PaymentStatus::Declined;
            engine
                .ledger
                .move_payment(row.payment.clone(), from, to, learned, now)
                .await?;
        }
    }
    engine.0.waiters.moved(&row.payment);
    Ok(kept)
}

/// Forgets a card whose payment is over.
pub(super) async fn forget(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    if let Some(customer) = &row.customer {
        engine.gateway.forget(customer).await?;
        engine.ledger.drop_customer(row.payment).await?;
    }
    Ok(())
}
