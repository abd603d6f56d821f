//! The settings of a case's processes.

use crate::gate::Weights;
use crate::{
    CaptchaSettings, GateSettings, PaymentSettings, RoomSettings, Settings, StockSettings,
};

pub(super) fn settings() -> Settings {
    Settings {
        gate: GateSettings {
            rounds: 1,
            difficulty: 0,
            challenge_ttl_ms: 1000,
            grey_from: 30,
            dark_from: 70,
            device_crowd: 50,
            weights: Weights::default(),
            captcha: CaptchaSettings::default(),
            network: crate::NetworkSettings {
                own: Vec::new(),
                window_s: 1,
                ipv4_32: 1,
                ipv4_24: 1,
                ipv6_64: 1,
                ipv6_56: 1,
                ipv6_48: 1,
                suspect_at: 1,
                refuse_at: 1,
            },
            price: crate::PriceSettings {
                calm_per_s: 1,
                phone_hashes_per_s: 1,
                desktop_hashes_per_s: 1,
                fastest_hashes_per_s: 1,
            },
        },
        room: RoomSettings {
            rate: 1,
            fold_in_ms: 0,
            batch_max: 1,
            batch_wait_ms: 1,
            queue_max: 1,
            tick_ms: 1000,
            active_max: 1,
            claim_ms: 1,
            slow_ledger_ms: 1000,
            slow_payment_ms: 1000,
            pass_ttl_ms: 1000,
            beacon_url: String::new(),
            beacon_genesis_s: 0,
            beacon_period_s: 1,
        },
        stock: StockSettings { lease_ms: 1000 },
        payment: PaymentSettings {
            worker: true,
            // The bucket bounds nothing here; it has tests of its own.
            calls_per_s: 100_000,
            concurrency: 16,
            wait_ms: 1000,
            timeout_ms: 20_000,
            // Of the fast clock: a life ends within it now and then, and its duties are taken over.
            lease_ms: 60_000,
            look_ms: 10,
            sweep_ms: u64::from(u32::MAX),
            hold_ms: 500_000_000,
            horizon: 3,
            hold_fee_minor: 0,
        },
    }
}
