//! The payment worker: drives what the outbox owes, captures first, never faster than the provider allows.
//!
//! Each duty is leased together with the right to call for it ([`crate::ledger`]), driven ([`super::duties`])
//! and finished in the ledger. An answer that cannot be trusted finishes nothing: the duty comes back later,
//! asks first where the payment stands, and then repeats the same call under the same key.

use super::gateway::GatewayError;
use super::{duties, sweep};
use crate::ledger::{Duty, PaymentRow};
use crate::{Engine, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Between two looks while something is due that may not be called for yet.
const PACED: Duration = Duration::from_millis(10);
const FIRST_RETRY_MS: u64 = 200;
const LAST_RETRY_MS: u64 = 10_000;
/// After "too many calls" nobody calls for so long, and up to twice that.
const CALM_MS: u64 = 500;

/// Runs for as long as the edge does.
pub(crate) async fn work(engine: Engine) {
    let stop = engine.0.stop.clone();
    let payment = &engine.settings.payment;
    let slots = Arc::new(Semaphore::new(payment.concurrency));
    // So that another edge's duties are taken over.
    let look_every = Duration::from_millis(payment.look_ms);
    let working = async {
        loop {
            match take(&engine, &slots).await {
                Ok(true) => tokio::time::sleep(PACED).await,
                Ok(false) => {
                    drop(tokio::time::timeout(look_every, engine.0.waiters.owed.notified()).await);
                }
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    tokio::time::sleep(look_every).await;
                }
            }
        }
    };
    let sweeping = sweep::keep_sweeping(&engine);
    stop.run_until_cancelled(futures::future::join(working, sweeping))
        .await;
}

/// Starts as many duties as pace, slots and breaker allow; `true` when there may be more.
async fn take(engine: &Engine, slots: &Arc<Semaphore>) -> Result<bool, Error> {
    let (now, payment) = (engine.world.now(), &engine.settings.payment);
    if !engine.ledger.duty_is_due(payment.lease_ms, now).await? {
        return Ok(false);
    }
    let most = slots.available_permits().min(engine.0.breaker.allows(now));
    if most == 0 {
        return Ok(true);
    }
    let duties = engine
        .ledger
        .lease_duties(most, payment.lease_ms, payment.calls_per_s, now)
        .await?;
    engine.0.breaker.begun(duties.len());
    for duty in duties {
        let Ok(slot) = slots.clone().acquire_owned().await else {
            return Ok(false);
        };
        let edge = engine.clone();
        engine.spawn(async move {
            drive(&edge, &duty).await;
            drop(slot);
        });
    }
    Ok(true)
}

async fn drive(engine: &Engine, duty: &Duty) {
    let payment = &engine.settings.payment;
    let lease_ends = engine.world.now() + payment.lease_ms;
    let calling = duties::perform(engine, duty);
    let result = engine.0.health.payment.time(calling).await;
    let [jitter] = engine.world.random::<1>();
    judge(engine, &result, engine.world.now(), jitter).await;
    if let Err(error) = &result {
        tracing::warn!(%error, payment = duty.payment, kind = ?duty.kind, attempts = duty.attempts, "a payment call is tried again");
        metrics::counter!("sluice_payment_retries_total").increment(1);
    }
    // A ledger that is lost for a moment: nobody else may drive this before the lease ends, so it is kept in mind.
    while let Err(error) = keep(engine, duty, &result, jitter).await {
        tracing::error!(%error, payment = duty.payment, "the outcome of a payment call was not kept");
        if engine.world.now() >= lease_ends {
            // The same call is made again under the same key.
            return;
        }
        tokio::time::sleep(Duration::from_millis(payment.look_ms)).await;
    }
}

/// Keeps in the ledger what came of a duty: it is done, or comes back later.
async fn keep(
    engine: &Engine,
    duty: &Duty,
    result: &Result<(), Error>,
    jitter: u8,
) -> Result<(), Error> {
    let now = engine.world.now();
    let Err(error) = result else {
        return engine.ledger.finish_duty(duty, now).await;
    };
    let wait = (FIRST_RETRY_MS << duty.attempts.min(6)).min(LAST_RETRY_MS);
    let wait = wait / 2 + wait * u64::from(jitter) / 512;
    let spent = matches!(error, Error::Gateway(GatewayError::Spent(_)));
    engine
        .ledger
        .postpone_duty(duty, now + wait, error.to_string(), spent)
        .await
}

/// What an outcome says of the provider.
async fn judge(engine: &Engine, result: &Result<(), Error>, now: u64, jitter: u8) {
    match result {
        Err(Error::Gateway(GatewayError::Unknown(_))) => engine.0.breaker.failed(now, jitter),
        Err(Error::Gateway(GatewayError::RateLimited)) => {
            engine.0.breaker.answered();
            let until = now + CALM_MS + CALM_MS * u64::from(jitter) / 256;
            if let Err(error) = engine.ledger.hold_calls(until).await {
                tracing::warn!(%error, "the pace of the calls was not kept");
            }
        }
        // The ledger's doing; the provider was perhaps never asked.
        Err(error) if !matches!(error, Error::Gateway(_)) => engine.0.breaker.begun(0),
        _ => engine.0.breaker.answered(),
    }
}

/// Waits for the right to one more call than the duty was leased with.
pub(super) async fn one_more_call(engine: &Engine) -> Result<(), Error> {
    let per_s = engine.settings.payment.calls_per_s;
    while !engine.ledger.take_call(per_s, engine.world.now()).await? {
        tokio::time::sleep(PACED).await;
    }
    Ok(())
}

pub(super) async fn row_of(engine: &Engine, duty: &Duty) -> Result<PaymentRow, Error> {
    let row = engine.ledger.payment(&duty.payment).await?;
    row.ok_or(Error::Corrupt("outbox.payment"))
}
