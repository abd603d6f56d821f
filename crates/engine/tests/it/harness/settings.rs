//! How the tests' shops are set, and their sales.

use super::now;
use engine::gate::Weights;
use engine::ledger::{Drawn, Ledger, LedgerUrl, SaleRow, Seen};
use engine::pay::Stripe;
use engine::redis::{Limits, Store};
use engine::room::PassKeys;
use engine::{
    CaptchaSettings, GateSettings, NetworkSettings, Parts, PaymentSettings, PriceSettings,
    RoomSettings, Settings, StockSettings, World,
};
use protocol::codec::Keyring;
use protocol::digest::to_hex;
use protocol::wire::{HoldPolicy, NewSale};
use protocol::{Currency, Money, SaleId};
use std::sync::Arc;
use std::time::Duration;

pub(super) async fn parts(redis_url: &str, database_url: &str, psp_url: &str) -> Parts {
    let keys = Keyring::new((1, [7; 32]));
    let ledger = LedgerUrl::parse(database_url).unwrap();
    Parts {
        settings: settings(),
        world: World::new(now, |bytes| rand::fill(bytes)),
        passes: PassKeys::of(&keys).unwrap(),
        keys,
        store: Store::connect(redis_url).await.unwrap(),
        ledger: Ledger::open(&ledger).await.unwrap(),
        gateway: Arc::new(
            Stripe::new(psp_url, "sk_test_sluice".into(), Duration::from_secs(5)).unwrap(),
        ),
        webhook_secret: "whsec".into(),
    }
}

fn settings() -> Settings {
    Settings {
        gate: GateSettings {
            rounds: 4,
            difficulty: 4,
            challenge_ttl_ms: 120_000,
            grey_from: 30,
            dark_from: 70,
            device_crowd: 50,
            weights: Weights::default(),
            captcha: CaptchaSettings::default(),
            network: NetworkSettings {
                own: vec!["127.0.0.0/8".parse().unwrap()],
                window_s: 600,
                ipv4_32: 1000,
                ipv4_24: 2000,
                ipv6_64: 100,
                ipv6_56: 200,
                ipv6_48: 1000,
                suspect_at: 1,
                refuse_at: 2,
            },
            price: PriceSettings {
                calm_per_s: 2000,
                phone_hashes_per_s: 1_500_000,
                desktop_hashes_per_s: 5_000_000,
                // Whatever is solved here comes back too soon, where that weighs anything.
                fastest_hashes_per_s: 1,
            },
        },
        room: RoomSettings {
            rate: 500,
            fold_in_ms: 50,
            batch_max: 256,
            batch_wait_ms: 2,
            queue_max: 1000,
            tick_ms: 20,
            active_max: 5000,
            claim_ms: 1000,
            slow_ledger_ms: 1000,
            slow_payment_ms: 5000,
            pass_ttl_ms: 60_000,
            beacon_url: String::new(),
            beacon_genesis_s: 0,
            beacon_period_s: 1,
        },
        stock: StockSettings { lease_ms: 500 },
        payment: PaymentSettings {
            worker: true,
            calls_per_s: 2000,
            concurrency: 32,
            wait_ms: 5000,
            timeout_ms: 5000,
            // Longer than any test waits: nothing may settle by a lease that runs out.
            lease_ms: 60_000,
            look_ms: 250,
            sweep_ms: 60_000,
            hold_ms: 500_000_000,
            horizon: 3,
            hold_fee_minor: 0,
        },
    }
}

pub(super) fn new_sale(sale: &SaleId, units: u32) -> NewSale {
    NewSale {
        sale: sale.clone(),
        title: "A test".into(),
        description: String::new(),
        price: price(),
        units,
        lobby_at: None,
        opens_at: now() + 3_600_000,
        rate: None,
        limit_per_buyer: 1,
        expected: None,
        policy: None,
    }
}

fn price() -> Money {
    Money {
        minor: 12_900,
        currency: Currency::parse("EUR").unwrap(),
    }
}

/// Limits that bound nothing, in health.
pub(crate) fn wide(claim_ms: u64) -> Limits {
    Limits {
        active_max: 100_000,
        claim_ms,
        strained: false,
    }
}

/// A sale whose draw is made, for tests that talk to Redis alone.
pub(crate) fn drawn_sale(name: &str, units: u32, size: u64) -> SaleRow {
    SaleRow {
        sale: SaleId::parse(name).unwrap(),
        title: String::new(),
        description: String::new(),
        price: price(),
        units,
        lobby_at: 0,
        opens_at: 0,
        paused: None,
        fold_in_ms: 0,
        rate: 10_000,
        limit_per_buyer: 1,
        draw_secret: [1; 32],
        draw: Some(Drawn {
            size,
            transcript: String::new(),
            seed: to_hex(&[2; 32]),
            beacon: None,
        }),
        beacon: None,
        policy: HoldPolicy::OnEntry,
        seen: Seen::default(),
        epoch: 1,
        ended_at: None,
    }
}
