//! What an operator watches of a sale, for Prometheus: the newest snapshot as gauges.

use protocol::{Phase, Snapshot};

const PHASES: [Phase; 6] = [
    Phase::Scheduled,
    Phase::Lobby,
    Phase::Open,
    Phase::Paused,
    Phase::SoldOut,
    Phase::Closed,
];

/// Shows how far the clock of Redis is ahead of this edge's; both are Unix ms.
pub(super) fn show_clocks(of_redis: u64, ours: u64) {
    let ahead = of_redis as f64 - ours as f64;
    metrics::gauge!("sluice_redis_clock_ahead_seconds").set(ahead / 1000.0);
}

/// Shows this snapshot.
pub(super) fn show(snapshot: &Snapshot) {
    let gauge = |name: &'static str, value: u64| {
        metrics::gauge!(name, "sale" => snapshot.sale.to_string()).set(value as f64);
    };
    gauge("sluice_tickets", snapshot.tail);
    gauge("sluice_frontier", snapshot.frontier);
    gauge("sluice_rate", snapshot.rate.into());
    gauge("sluice_epoch", snapshot.epoch);
    for (state, units) in [
        ("free", snapshot.stock.free),
        ("reserved", snapshot.stock.reserved),
        ("claimed", snapshot.stock.claimed),
    ] {
        metrics::gauge!("sluice_units", "sale" => snapshot.sale.to_string(), "state" => state)
            .set(f64::from(units));
    }
    for phase in PHASES {
        let is = f64::from(u8::from(phase == snapshot.phase));
        metrics::gauge!("sluice_phase", "sale" => snapshot.sale.to_string(), "phase" => phase.as_str())
            .set(is);
    }
}
