//! What each duty does. The idempotency key follows from what the call is for; only when the provider keeps a
//! failure under a key, and was then asked where the payment stands, is there a next one.

use super::gateway::{GatewayError, Hold, Intent, IntentState, Kept};
use super::worker::{one_more_call, row_of};
use super::{find, keep, refund, sweep};
use crate::ledger::{Duty, DutyKind, Learned, PaymentStatus, Settlement};
use crate::seeded::{self, Bug};
use crate::{Engine, Error, moments, stock};
use protocol::digest::to_hex;

pub(super) async fn perform(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    match duty.kind {
        DutyKind::Authorize => {
            authorize(engine, duty).await?;
            sweep::after(engine, duty).await
        }
        DutyKind::Capture => capture(engine, duty).await,
        DutyKind::Void => void(engine, duty).await,
        DutyKind::Look => look(engine, duty).await,
        DutyKind::Refund => refund::perform(engine, duty).await,
        DutyKind::Keep => keep::perform(engine, duty).await,
        DutyKind::Forget => keep::forget(engine, duty).await,
    }
}

/// The idempotency key of a call: a repeated call has the same.
pub(super) fn key(engine: &Engine, duty: &Duty, key: String) -> String {
    let key = match duty.keys_spent {
        0 => key,
        spent => format!("{key}:again:{spent}"),
    };
    match seeded::has(Bug::RandomKeys) {
        true => format!("{key}:{}", to_hex(&engine.world.random::<8>())),
        false => key,
    }
}

async fn authorize(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    if row.status != PaymentStatus::Processing {
        return Ok(());
    }
    if row.unwanted && duty.attempts == 1 {
        // Nobody asked the provider yet, and nobody needs to.
        return moved(
            engine,
            &row.payment,
            PaymentStatus::Voided,
            Learned::default(),
        )
        .await;
    }
    let customer = match keep::of_hold(engine, &row).await? {
        None => None,
        Some(Kept::For(customer)) => Some(customer),
        Some(Kept::Declined(_)) => return Ok(()),
    };
    let key = key(
        engine,
        duty,
        format!("{}:{}:auth:{}", row.sale, row.number, row.attempt),
    );
    let hold = Hold {
        amount: row.amount,
        payment_method: row.payment_method.clone(),
        customer,
        sale: row.sale.to_string(),
        payment: row.payment.clone(),
    };
    match engine.gateway.authorize(&key, &hold).await {
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
        Err(GatewayError::Spent(why)) => match find::of_payment(engine, &row).await? {
            Some(intent) => engine.observe(&row.payment, intent).await,
            None => Err(GatewayError::Spent(why).into()),
        },
        Err(GatewayError::Refused(reason)) => {
            tracing::warn!(reason, payment = row.payment, "the provider refuses a hold");
            let learned = Learned {
                decline_code: Some("invalid_payment_method".to_owned()),
                ..Learned::default()
            };
            moved(engine, &row.payment, PaymentStatus::Declined, learned).await
        }
        Err(error) => Err(error.into()),
    }
}

/// A payment that was processing ends without a hold.
async fn moved(
    engine: &Engine,
    payment: &str,
    to: PaymentStatus,
    learned: Learned,
) -> Result<(), Error> {
    let now = engine.world.now();
    engine
        .ledger
        .move_payment(
            payment.to_owned(),
            &[PaymentStatus::Processing],
            to,
            learned,
            now,
        )
        .await?;
    engine.0.waiters.moved(payment);
    Ok(())
}

async fn capture(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    if row.status != PaymentStatus::Capturing {
        // Another driver, whose lease had run out, has settled it meanwhile.
        return Ok(());
    }
    let intent = row
        .intent
        .as_deref()
        .ok_or(Error::Corrupt("payments.intent"))?;
    let key = key(engine, duty, format!("{}:capture", row.payment));
    moments::reach("capture.due").await;
    let answer = change(engine, duty, intent, engine.gateway.capture(&key, intent)).await?;
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
    if row.status != PaymentStatus::Voiding {
        return Ok(());
    }
    let intent = row
        .intent
        .as_deref()
        .ok_or(Error::Corrupt("payments.intent"))?;
    if seeded::has(Bug::LostVoid) {
        return voided(engine, row.payment).await;
    }
    let key = key(engine, duty, format!("{}:void", row.payment));
    match change(engine, duty, intent, engine.gateway.cancel(&key, intent)).await? {
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

/// Asks where a payment stands, and keeps it.
async fn look(engine: &Engine, duty: &Duty) -> Result<(), Error> {
    let row = row_of(engine, duty).await?;
    let open = matches!(
        row.status,
        PaymentStatus::RequiresAction | PaymentStatus::Authorized
    );
    match row.intent {
        Some(intent) if open => {
            let intent = engine.gateway.get(&intent).await?;
            engine.observe(&row.payment, intent).await
        }
        _ => Ok(()),
    }
}

/// Makes a call that ends a payment. After an earlier try with no reliable answer it asks first; a
/// refusal ("already canceled") counts only as what the provider then says the state is.
async fn change(
    engine: &Engine,
    duty: &Duty,
    intent: &str,
    call: impl Future<Output = Result<Intent, GatewayError>>,
) -> Result<IntentState, Error> {
    let is_open = |state: &IntentState| {
        *state == IntentState::Authorized || matches!(state, IntentState::RequiresAction(_))
    };
    if duty.attempts > 1 {
        let state = engine.gateway.get(intent).await?.state;
        if !is_open(&state) {
            return Ok(state);
        }
        one_more_call(engine).await?;
    }
    let ask = async || {
        one_more_call(engine).await?;
        Ok::<_, Error>(engine.gateway.get(intent).await?.state)
    };
    match call.await {
        Ok(intent) => Ok(intent.state),
        Err(GatewayError::Refused(_)) if seeded::has(Bug::CaptureAfterVoid) => {
            Ok(IntentState::Captured)
        }
        Err(GatewayError::Refused(_)) => ask().await,
        // That call is over: where the payment stands now is where it left it.
        Err(GatewayError::Spent(why)) => match ask().await? {
            state if is_open(&state) => Err(GatewayError::Spent(why).into()),
            state => Ok(state),
        },
        Err(error) => Err(error.into()),
    }
}
