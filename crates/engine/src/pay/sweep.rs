//! The sweeper: looks through the provider's list for holds that nobody owns, for holds so old that the bank may have
//! let go of them, and for kept cards that nobody needs any more. One process at a time, every few minutes.

use crate::ledger::Duty;
use crate::{Engine, Error, audit};
use std::time::Duration;

/// Between two looks whether it is time.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How much of what the last sweep saw is looked at again, ms: calls that were under way then.
const OVERLAP_MS: u64 = 600_000;
/// How soon after a hold that may have a twin, or a sweep that failed, the next one comes, ms.
const SOON_MS: u64 = 5_000;

/// Runs for as long as the worker does.
pub(super) async fn keep_sweeping(engine: &Engine) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        if let Err(error) = sweep_if_due(engine).await {
            tracing::warn!(%error, "holds that nobody owns were not looked for");
        }
    }
}

async fn sweep_if_due(engine: &Engine) -> Result<(), Error> {
    let (now, settings) = (engine.world.now(), &engine.settings.payment);
    let Some(last) = engine.ledger.begin_sweep(settings.sweep_ms, now).await? else {
        return Ok(());
    };
    let old = now.saturating_sub(settings.hold_ms);
    let looks = engine.ledger.look_at_old_holds(old, now).await?;
    if looks > 0 {
        engine.0.waiters.wake_worker();
    }
    engine.ledger.forget_cards(now).await?;
    let since = last.min(now).saturating_sub(OVERLAP_MS);
    let swept = audit::sweep(engine, since).await;
    if swept.is_err() {
        engine.ledger.sweep_by(now + SOON_MS).await?;
    }
    for repair in swept? {
        tracing::warn!(found = repair.found, repair = repair.repair, "the sweeper");
        metrics::counter!("sluice_payment_orphans_total").increment(1);
    }
    Ok(())
}

/// A hold that was asked for under more than one key may stand twice, when the first lay too deep in the provider's
/// list to be found: nobody's money waits for it until the next sweep but one.
pub(super) async fn after(engine: &Engine, hold: &Duty) -> Result<(), Error> {
    match hold.keys_spent {
        0 => Ok(()),
        _ => engine.ledger.sweep_by(engine.world.now() + SOON_MS).await,
    }
}
