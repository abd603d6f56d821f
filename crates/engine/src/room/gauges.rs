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
