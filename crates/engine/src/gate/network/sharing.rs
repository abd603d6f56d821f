//! Once a second each edge of a sale tells Redis what it counted of crowded networks, and hears what all counted.
//!
//! One call a second while challenges are asked for, none otherwise. An edge that hears nothing goes on with its own
//! counts; what it could not tell it tells later.

use super::{Budgets, Prefix};
use crate::room::Room;
use crate::{Engine, Error};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How often.
const EVERY: Duration = Duration::from_secs(1);

/// Runs for as long as the edge does.
pub(crate) async fn keep_sharing(engine: Engine, room: Arc<Room>) {
    let stop = engine.0.stop.clone();
    let sharing = async {
        let mut every = interval(EVERY);
        every.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            every.tick().await;
            if let Err(error) = share(&engine, &room).await {
                tracing::debug!(%error, sale = %room.row.sale, "networks are counted by this edge alone");
            }
        }
    };
    stop.run_until_cancelled(sharing).await;
}

async fn share(engine: &Engine, room: &Room) -> Result<(), Error> {
    let Some(counted) = room.tally.take() else {
        return Ok(());
    };
    let budgets: &Budgets = &engine.0.budgets;
    let told: Vec<([u8; 9], u64)> = counted
        .iter()
        .map(|(prefix, ms)| (prefix.to_bytes(), *ms))
        .collect();
    let telling =
        engine
            .store
            .count_networks(&room.row.sale, &told, budgets.full_ms(), budgets.floor_ms());
    let heard = telling.await.inspect_err(|error| {
        // What timed out may have been counted: told again it would be counted twice.
        let may_be_told = matches!(error, Error::Redis(error) if error.is_timeout());
        if !may_be_told {
            room.tally.put_back(counted);
        }
    })?;
    let now = budgets.now();
    metrics::gauge!("sluice_networks_crowded", "sale" => room.row.sale.to_string()).set(
        heard
            .iter()
            .filter(|(_, ms)| budgets.is_crowded(*ms))
            .count() as f64,
    );
    for (name, level_ms) in heard {
        if let Some(prefix) = Prefix::of_bytes(&name) {
            budgets.hear(prefix, level_ms, now);
        }
    }
    Ok(())
}
