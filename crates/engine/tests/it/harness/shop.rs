//! An engine with one sale, under what terms a test wants.

use super::redis::Redis;
use super::settings::{new_sale, parts};
use crate::database::Database;
use engine::gate::Weights;
use engine::pay::Stripe;
use engine::{CaptchaSettings, Engine, Parts, World};
use protocol::wire::{HoldPolicy, NewSale};
use protocol::{Phase, SaleId};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Everything one sale needs, running.
pub(crate) struct Shop {
    pub(crate) engine: Engine,
    pub(crate) redis: Redis,
    pub(crate) psp_url: String,
    pub(crate) sale: SaleId,
    pub(crate) database: Database,
    stop: CancellationToken,
    directory: Option<TempDir>,
}

/// What a sale is held under, beside its units.
struct Terms {
    limit_per_buyer: u32,
    latency: Duration,
    timeout: Duration,
    beacon_url: String,
    policy: Option<HoldPolicy>,
    weights: Weights,
    captcha: CaptchaSettings,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            limit_per_buyer: 1,
            latency: Duration::ZERO,
            timeout: Duration::from_secs(5),
            beacon_url: String::new(),
            policy: None,
            weights: Weights::default(),
            captcha: CaptchaSettings::default(),
        }
    }
}

impl Shop {
    /// A lobby that is open, for `units` units.
    pub(crate) async fn with(units: u32) -> Self {
        Self::on(Redis::start().await, units).await
    }

    /// The same, with a limit for each buyer.
    pub(crate) async fn for_buyers(units: u32, limit_per_buyer: u32) -> Self {
        let terms = Terms {
            limit_per_buyer,
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same, with a provider that takes its time, and a shop that waits so long for an answer.
    pub(crate) async fn paid_slowly(units: u32, latency: Duration, timeout: Duration) -> Self {
        let terms = Terms {
            latency,
            timeout,
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same, with a public beacon in the draw.
    pub(crate) async fn with_beacon(units: u32, beacon_url: String) -> Self {
        let terms = Terms {
            beacon_url,
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same, with cards held as the turn nears.
    pub(crate) async fn by_rank(units: u32) -> Self {
        let terms = Terms {
            policy: Some(HoldPolicy::ByRank),
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same, with a gate that weighs so.
    pub(crate) async fn suspecting(units: u32, weights: Weights) -> Self {
        let terms = Terms {
            weights,
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same, with a CAPTCHA that is asked so.
    pub(crate) async fn asking(units: u32, weights: Weights, captcha: CaptchaSettings) -> Self {
        let terms = Terms {
            weights,
            captcha,
            ..Terms::default()
        };
        Self::under(terms, Redis::start().await, units).await
    }

    /// The same on this Redis.
    pub(crate) async fn on(redis: Redis, units: u32) -> Self {
        Self::under(Terms::default(), redis, units).await
    }

    async fn under(terms: Terms, redis: Redis, units: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::create(directory.path()).await;
        let mut shop = Self::of(redis, database, units, terms).await;
        shop.directory = Some(directory);
        shop
    }

    /// The same, with the ledger in this database.
    pub(crate) async fn with_ledger(database: Database, units: u32) -> Self {
        Self::of(Redis::start().await, database, units, Terms::default()).await
    }

    async fn of(redis: Redis, database: Database, units: u32, terms: Terms) -> Self {
        let stop = CancellationToken::new();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let psp_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(psp::serve(
            listener,
            psp::Settings {
                latency: terms.latency,
                ..psp::Settings::default()
            },
            stop.clone(),
        ));
        let mut parts = Parts {
            gateway: Arc::new(
                Stripe::new(&psp_url, "sk_test_sluice".into(), terms.timeout).unwrap(),
            ),
            ..parts(&redis.url, &database.url, &psp_url).await
        };
        parts.settings.room.beacon_url = terms.beacon_url;
        // Who weighs shoppers has them from somewhere else.
        if !terms.weights.0.is_empty() {
            parts.settings.gate.network.own.clear();
        }
        parts.settings.gate.weights = terms.weights;
        parts.settings.gate.captcha = terms.captcha;
        let engine = Engine::start(parts, stop.clone()).await.unwrap();
        let sale = SaleId::parse("test").unwrap();
        let new = NewSale {
            limit_per_buyer: terms.limit_per_buyer,
            policy: terms.policy,
            ..new_sale(&sale, units)
        };
        engine.announce(&new).await.unwrap();
        let shop = Self {
            engine,
            redis,
            psp_url,
            sale,
            database,
            stop,
            directory: None,
        };
        shop.until_phase(Phase::Lobby).await;
        shop
    }

    /// Another sale in the same shop, which the methods below are about from now on.
    pub(crate) async fn turns_to(&mut self, sale: &str, units: u32) {
        self.sale = SaleId::parse(sale).unwrap();
        self.engine
            .announce(&new_sale(&self.sale, units))
            .await
            .unwrap();
        self.until_phase(Phase::Lobby).await;
    }

    /// Every edge of this shop stops.
    pub(crate) async fn stops(&mut self) {
        self.stop.cancel();
        self.stop = CancellationToken::new();
        self.engine.ended().await;
    }

    /// Another engine on the same stores.
    pub(crate) async fn another_edge(&self) -> Engine {
        let parts = parts(&self.redis.url, &self.database.url, &self.psp_url).await;
        Engine::start(parts, self.stop.clone()).await.unwrap()
    }

    /// The same, at another time.
    pub(crate) async fn edge_at(&self, now: fn() -> u64) -> Engine {
        let mut parts = parts(&self.redis.url, &self.database.url, &self.psp_url).await;
        parts.world = World::new(now, |bytes| rand::fill(bytes));
        Engine::start(parts, self.stop.clone()).await.unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
