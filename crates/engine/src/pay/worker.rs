//! The payment worker: drives what the outbox owes, captures first, never faster than the provider allows.
//!
//! Each duty is leased, called with a key that follows from the payment, and finished in the ledger. An
//! answer that cannot be trusted finishes nothing: the duty comes back later, asks first where the
//! payment stands, and then repeats the same call under the same key.

use super::find;
use super::gateway::{GatewayError, Hold, Intent, IntentState};
use super::pace::Pace;
use crate::ledger::{Duty, DutyKind, Learned, PaymentRow, PaymentStatus, Settlement};
use crate::seeded::{self, Bug};
use crate::{Engine, Error, moments, stock};
use futures::future::BoxFuture;
use protocol::digest::to_hex;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How often the outbox is looked at when nobody rings, so that another edge's duties are taken over.
const LOOK_EVERY: Duration = Duration::from_millis(250);
const FIRST_RETRY_MS: u64 = 200;
const LAST_RETRY_MS: u64 = 10_000;

/// Runs for as long as the edge does.
pub(crate) async fn work(engine: Engine) {
    let stop = engine.0.stop.clone();
    let payment = &engine.settings.payment;
    let slots = Arc::new(Semaphore::new(payment.concurrency));
    let mut pace = Pace::new(payment.calls_per_s, engine.world.now());
    let working = async {
        loop {
            match take(&engine, &slots, &mut pace).await {
                Ok(true) => tokio::time::sleep(Duration::from_millis(10)).await,
                Ok(false) => {
                    drop(tokio::time::timeout(LOOK_EVERY, engine.0.waiters.owed.notified()).await);
                }
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    tokio::time::sleep(LOOK_EVERY).await;
                }
            }
        }
    };
    stop.run_until_cancelled(working).await;
}

/// Starts as many duties as pace and slots allow; `true` when there may be more.
async fn take(engine: &Engine, slots: &Arc<Semaphore>, pace: &mut Pace) -> Result<bool, Error> {
    let now = engine.world.now();
    if !engine.ledger.duty_is_due(now).await? {
        return Ok(false);
    }
    let most = pace.ready(now).min(slots.available_permits());
    if most == 0 {
        return Ok(true);
    }
    let duties = engine
        .ledger
        .lease_duties(most, engine.settings.payment.lease_ms, now)
        .await?;
    pace.spend(duties.len());
    for duty in duties {
        let Ok(slot) = slots.clone().acquire_owned().await else {
            return Ok(false);
        };
        let engine = engine.clone();
        tokio::spawn(async move {
            drive(&engine, &duty).await;
            drop(slot);
        });
    }
    Ok(true)
}

async fn drive(engine: &Engine, duty: &Duty) {
    let calling = async {
        match duty.kind {
            DutyKind::Authorize => authorize(engine, duty).await,
            DutyKind::Capture => capture(engine, duty).await,
            DutyKind::Void => void(engine, duty).await,
        }
    };
    let result = engine.0.health.payment.time(calling).await;
    let now = engine.world.now();
    let kept = match result {
        Ok(()) => engine.ledger.finish_duty(duty.id, now).await,
        Err(error) => {
            let wait = (FIRST_RETRY_MS << duty.attempts.min(6)).min(LAST_RETRY_MS);
            let [jitter] = engine.world.random::<1>();
            let wait = wait / 2 + wait * u64::from(jitter) / 512;
            tracing::warn!(%error, payment = duty.payment, kind = ?duty.kind, attempts = duty.attempts, "a payment call is tried again");
            metrics::counter!("sluice_payment_retries_total").increment(1);
            engine
                .ledger
                .postpone_duty(duty.id, now + wait, error.to_string())
                .await
        }
    };
    if let Err(error) = kept {
        // The lease runs out and the same call is made again under the same key.
        tracing::error!(%error, payment = duty.payment, "the outcome of a payment call was not kept");
    }
}

/// The idempotency key of a call: it follows from what the call is for, so that a repeated call has the same.
fn key(engine: &Engine, key: String) -> String {
    match seeded::has(Bug::RandomKeys) {
        true => format!("{key}:{}", to_hex(&engine.world.random::<8>())),
        false => key,
    }
}

/// What the provider will say to a call.
type Answer<'a> = BoxFuture<'a, Result<Intent, GatewayError>>;

/// More failures than this under one call's keys are the provider's outage, and a matter of time.
const MOST_SPENT: u32 = 8;

/// The keys of a call in order: the next one only when the provider keeps a failure under the one before.
fn keys(key: String) -> impl Iterator<Item = String> {
    (0..MOST_SPENT).map(move |spent| match spent {
        0 => key.clone(),
        spent => format!("{key}:again:{spent}"),
    })
}

async fn row_of(engine: &Engine, duty: &Duty) -> Result<PaymentRow, Error> {
    let row = engine.ledger.payment(&duty.payment).await?;
    row.ok_or(Error::Corrupt("outbox.payment"))
}

async fn authorize(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    if row.status != PaymentStatus::Processing {
        return Ok(());
    }
    let hold = Hold {
        amount: row.amount,
        payment_method: row.payment_method.clone(),
        sale: row.sale.to_string(),
        payment: row.payment.clone(),
    };
    let key = key(
        engine,
        format!("{}:{}:auth:{}", row.sale, row.number, row.attempt),
    );
    match hold_with(engine, &row, key, &hold).await {
        Ok(Intent {
            state: IntentState::Processing,
            ..
        }) => Err(GatewayError::Unknown("still processing".to_owned()).into()),
        Ok(intent) => {
            if seeded::has(Bug::CaptureUnclaimed) {
                let key = format!("{}:capture", row.payment);
                engine.gateway.capture(&key, &intent.id).await?;
            }
            engine.observe(&row.payment, intent).await
        }
        Err(GatewayError::Refused(reason)) => {
            tracing::warn!(reason, payment = row.payment, "the provider refuses a hold");
            let learned = Learned {
                decline_code: Some("invalid_payment_method".to_owned()),
                ..Learned::default()
            };
            let now = engine.world.now();
            engine
                .ledger
                .move_payment(
                    row.payment.clone(),
                    &[PaymentStatus::Processing],
                    PaymentStatus::Declined,
                    learned,
                    now,
                )
                .await?;
            engine.0.waiters.moved(&row.payment);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks for the hold. Under a spent key it may be there all the same: it is looked for before the next key.
async fn hold_with(
    engine: &Engine,
    row: &PaymentRow,
    key: String,
    hold: &Hold,
) -> Result<Intent, GatewayError> {
    for key in keys(key) {
        match engine.gateway.authorize(&key, hold).await {
            Err(GatewayError::Spent(_)) => {
                if let Some(intent) = find::of_payment(engine, row).await? {
                    return Ok(intent);
                }
            }
            answer => return answer,
        }
    }
    Err(GatewayError::Unknown("every key is spent".to_owned()))
}

async fn capture(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    let intent = row
        .intent
        .as_deref()
        .ok_or(Error::Corrupt("payments.intent"))?;
    let key = key(engine, format!("{}:capture", row.payment));
    moments::reach("capture.due").await;
    let call = |key: String| -> Answer<'_> {
        Box::pin(async move { engine.gateway.capture(&key, intent).await })
    };
    let answer = change(engine, duty, intent, key, call).await?;
    moments::reach("capture.answered").await;
    let state = match answer {
        IntentState::Captured => Settlement::Captured,
        IntentState::Declined(code) => Settlement::Refused(code),
        IntentState::Canceled => Settlement::Refused("hold_released".to_owned()),
        _ => return Err(GatewayError::Unknown("not captured yet".to_owned()).into()),
    };
    let refused = state != Settlement::Captured;
    let now = engine.world.now();
    let order = engine.ledger.settle(row.payment, state, now).await?;
    if let Some(order) = order.filter(|_| refused) {
        moments::reach("capture.refused").await;
        let sale = &order.order.sale;
        // Owed in the ledger: the tick of any edge does it again, and for a worker without rooms.
        if let Ok(room) = engine.room(sale)
            && let Err(error) = stock::bring_back(engine, sale, room.epoch()).await
        {
            tracing::warn!(%error, order = order.order.order, "a unit waits for its way back");
        }
    }
    Ok(())
}

async fn void(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    let intent = row
        .intent
        .as_deref()
        .ok_or(Error::Corrupt("payments.intent"))?;
    if seeded::has(Bug::LostVoid) {
        return voided(engine, row.payment).await;
    }
    let key = key(engine, format!("{}:void", row.payment));
    let call = |key: String| -> Answer<'_> {
        Box::pin(async move { engine.gateway.cancel(&key, intent).await })
    };
    match change(engine, duty, intent, key, call).await? {
        IntentState::Canceled => {}
        // The bank never held anything, or gave it up by itself.
        IntentState::Declined(_) => {}
        state => {
            return Err(GatewayError::Unknown(format!("not released: {state:?}")).into());
        }
    }
    voided(engine, row.payment).await
}

async fn voided(engine: &Engine, payment: String) -> Result<(), Error> {
    let now = engine.world.now();
    engine
        .ledger
        .move_payment(
            payment,
            &[PaymentStatus::Voiding],
            PaymentStatus::Voided,
            Learned::default(),
            now,
        )
        .await?;
    Ok(())
}

/// Makes a call that ends a payment. After an earlier try with no reliable answer it asks first; a
/// refusal ("already canceled") counts only as what the provider then says the state is.
async fn change<'a>(
    engine: &Engine,
    duty: &Duty,
    intent: &str,
    key: String,
    call: impl Fn(String) -> Answer<'a> + Send,
) -> Result<IntentState, Error> {
    let mut asks_first = duty.attempts > 1;
    for key in keys(key) {
        if asks_first {
            let state = engine.gateway.get(intent).await?.state;
            let open = matches!(
                state,
                IntentState::Authorized | IntentState::RequiresAction(_)
            );
            if !open {
                return Ok(state);
            }
        }
        match call(key).await {
            Ok(intent) => return Ok(intent.state),
            Err(GatewayError::Refused(_)) if seeded::has(Bug::CaptureAfterVoid) => {
                return Ok(IntentState::Captured);
            }
            Err(GatewayError::Refused(_)) => return Ok(engine.gateway.get(intent).await?.state),
            Err(GatewayError::Spent(_)) => asks_first = true,
            Err(error) => return Err(error.into()),
        }
    }
    Err(GatewayError::Unknown("every key is spent".to_owned()).into())
}
