//! A flash sale for one test: its own redis-server, ledger and provider, gone with the test.

use crate::cluster_harness::{Cluster, Sentinels, Server, durable};
use crate::database::Database;
use engine::gate::{Asked, Caller, DeviceClass, Headers, Weights};
use engine::ledger::{Drawn, Ledger, LedgerUrl, SaleRow, Seen};
use engine::pay::Stripe;
use engine::redis::{Limits, Store};
use engine::room::PassKeys;
use engine::{
    CaptchaSettings, Engine, GateSettings, NetworkSettings, Parts, PaymentSettings, PriceSettings,
    RoomSettings, Settings, StockSettings, World,
};
use protocol::codec::Keyring;
use protocol::digest::{from_hex, to_hex};
use protocol::pass::Pass;
use protocol::ticket::Ticket;
use protocol::wire::{
    Authorization, AuthorizeRequest, ChallengeRequest, HoldPolicy, JoinRequest, NewSale, Order,
};
use protocol::{Currency, Money, Phase, SaleId, Snapshot, proof};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// A join that brings no proof of a key.
pub(crate) const PLAIN: Asked<'static> = Asked {
    proof: None,
    request: protocol::dpop::Request {
        method: "POST",
        path: "/",
        origin: None,
        bearer: None,
        ticket: None,
    },
    from: HERE,
};

/// Where the tests' shoppers come from.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A browser as it is; only what there has to be of it.
pub(crate) const BROWSER: Caller<'static> = Caller {
    address: HERE,
    device: DeviceClass::Desktop,
    headers: Headers {
        user_agent: Some("Mozilla/5.0"),
        accept_language: Some("en"),
        brands: None,
        platform: None,
        mobile: None,
        fetch_site: None,
        fetch_mode: None,
        fetch_dest: None,
        secure: false,
    },
    strayed: false,
};

/// How long a condition may take before the test says what it waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A Redis of the test's own: one server on a socket, or with `TEST_REDIS=cluster` three nodes of a cluster.
pub(crate) struct Redis {
    servers: Servers,
    pub(crate) url: String,
}

enum Servers {
    One(Server),
    Cluster(Cluster),
    Sentinels(Sentinels),
    None,
}

impl Redis {
    pub(crate) async fn start() -> Self {
        Self::with_fsync("always").await
    }

    /// One that flushes `always` or `no`: a test of what scripts answer needs no disk.
    pub(crate) async fn with_fsync(fsync: &'static str) -> Self {
        match std::env::var("TEST_REDIS").as_deref() {
            Ok("cluster") => Self::cluster(Cluster::start(false, fsync).await),
            Ok(other) => panic!("TEST_REDIS={other}: there is only cluster"),
            Err(_) => Self::on_a_socket(fsync).await,
        }
    }

    async fn on_a_socket(fsync: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("redis.sock");
        let mut arguments = durable(fsync);
        arguments.extend(["--port", "0", "--unixsocket", "redis.sock"].map(str::to_owned));
        let redis = Self {
            url: format!("redis+unix://{}", socket.display()),
            servers: Servers::One(Server::start(directory, 0, arguments)),
        };
        redis.wait().await;
        redis
    }

    pub(crate) fn cluster(cluster: Cluster) -> Self {
        Self {
            url: cluster.url(),
            servers: Servers::Cluster(cluster),
        }
    }

    pub(crate) fn sentinels(sentinels: Sentinels) -> Self {
        Self {
            url: sentinels.url(),
            servers: Servers::Sentinels(sentinels),
        }
    }

    /// Nothing, for a shop whose Redis somebody else holds for a while.
    pub(crate) fn none() -> Self {
        Self {
            url: String::new(),
            servers: Servers::None,
        }
    }

    pub(crate) fn nodes(&mut self) -> &mut Cluster {
        match &mut self.servers {
            Servers::Cluster(cluster) => cluster,
            _ => panic!("not a cluster"),
        }
    }

    pub(crate) fn watched(&mut self) -> &mut Sentinels {
        match &mut self.servers {
            Servers::Sentinels(sentinels) => sentinels,
            _ => panic!("no sentinels"),
        }
    }

    async fn wait(&self) {
        if let Servers::Cluster(cluster) = &self.servers {
            cluster.ready().await;
        }
        until("redis answers", async || {
            Store::connect(&self.url).await.ok()
        })
        .await;
    }

    fn servers(&mut self) -> &mut [Server] {
        match &mut self.servers {
            Servers::One(server) => std::slice::from_mut(server),
            Servers::Cluster(cluster) => &mut cluster.nodes,
            Servers::Sentinels(sentinels) => &mut sentinels.servers,
            Servers::None => &mut [],
        }
    }

    /// kill -9, and the same files again.
    pub(crate) async fn kill_and_restart(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }

    pub(crate) fn kill(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
    }

    /// After [`Redis::kill`], with the same files.
    pub(crate) async fn starts_again(&mut self) {
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }

    /// A copy of its files as they are now.
    pub(crate) fn backup(&mut self) -> Vec<TempDir> {
        self.servers()
            .iter()
            .map(|server| server.backup())
            .collect()
    }

    /// kill -9, and the files of an earlier time.
    pub(crate) async fn kill_and_restore(&mut self, backups: &[TempDir]) {
        self.kill();
        for (server, backup) in self.servers().iter().zip(backups) {
            server.forget();
            server.restore(backup);
        }
        self.starts_again().await;
    }

    /// Where each of its servers answers alone.
    pub(crate) fn addresses(&self) -> Vec<String> {
        match &self.servers {
            Servers::Cluster(cluster) => {
                let ports = cluster.nodes.iter().map(|node| node.port);
                ports
                    .map(|port| format!("redis://127.0.0.1:{port}"))
                    .collect()
            }
            _ => vec![self.url.clone()],
        }
    }

    /// FLUSHALL.
    pub(crate) async fn flush(&self) {
        if let Servers::Cluster(cluster) = &self.servers {
            for node in &cluster.nodes {
                assert!(node.ask("FLUSHALL").contains("OK"));
            }
            return;
        }
        let client = redis::Client::open(self.url.as_str()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL")
            .query_async::<()>(&mut connection)
            .await
            .unwrap();
    }

    /// kill -9, and nothing left.
    pub(crate) async fn kill_and_forget(&mut self) {
        self.servers().iter_mut().for_each(Server::kill);
        self.servers().iter().for_each(Server::forget);
        self.servers().iter_mut().for_each(Server::start_again);
        self.wait().await;
    }
}

/// Asks again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {PATIENCE:?} in vain until {what}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' one clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}

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
        // What still runs for the old edges ends by itself; a tick takes less than this.
        tokio::time::sleep(Duration::from_millis(100)).await;
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

    pub(crate) fn snapshot(&self) -> Snapshot {
        (*self.engine.snapshot(&self.sale).unwrap()).clone()
    }

    pub(crate) async fn until_phase(&self, phase: Phase) -> Snapshot {
        until(phase.as_str(), async || {
            Some(self.snapshot()).filter(|s| s.phase == phase)
        })
        .await
    }

    /// A solved join, not sent yet.
    pub(crate) fn solved(&self, device: u8) -> JoinRequest {
        let device = to_hex(&[device; 32]);
        let request = ChallengeRequest {
            device: device.clone(),
            ..ChallengeRequest::default()
        };
        let challenge = self
            .engine
            .challenge(&self.sale, &request, BROWSER)
            .unwrap();
        let seed = from_hex(&challenge.seed).unwrap();
        JoinRequest {
            challenge: challenge.challenge,
            nonces: proof::solve(&seed, challenge.rounds, challenge.difficulty),
            device,
            key: None,
            captcha: None,
        }
    }

    pub(crate) async fn joins(&self) -> Ticket {
        let (answer, new) = self
            .engine
            .join(&self.sale, &self.solved(1), &PLAIN)
            .await
            .unwrap();
        assert!(new);
        self.engine.ticket(&self.sale, &answer.ticket).unwrap()
    }

    /// A card at the provider.
    pub(crate) async fn card(&self, number: &str) -> String {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let answer = reqwest::Client::new()
            .post(format!("{}/v1/payment_methods", self.psp_url))
            .bearer_auth("pk_test_sluice")
            .form(&form)
            .send()
            .await
            .unwrap();
        let card: serde_json::Value = answer.json().await.unwrap();
        card["id"]
            .as_str()
            .unwrap_or_else(|| panic!("{card}"))
            .to_owned()
    }

    /// Asks for a hold and waits for what becomes of it.
    pub(crate) async fn authorizes(&self, ticket: &Ticket, number: &str) -> Authorization {
        let request = AuthorizeRequest {
            payment_method: self.card(number).await,
            email: format!("{}@example.org", ticket.number),
        };
        self.engine.authorize(ticket, &request).await.unwrap()
    }

    pub(crate) async fn opens(&self) {
        self.engine
            .act(&self.sale, engine::sale::Act::Open, "")
            .await
            .unwrap();
        self.until_phase(Phase::Open).await;
    }

    /// Waits for the frontier and clicks Buy once.
    pub(crate) async fn buys(&self, ticket: &Ticket) -> Result<Order, engine::Error> {
        let pass = self.passes(ticket).await?;
        self.engine.buy(&pass).await.map(|(order, _)| order)
    }

    /// Waits for the frontier.
    pub(crate) async fn passes(&self, ticket: &Ticket) -> Result<Pass, engine::Error> {
        let pass = until("the pass", async || {
            match self.engine.pass(ticket, None).await {
                Err(
                    engine::Error::NotCalledYet { .. }
                    | engine::Error::WrongPhase(_)
                    | engine::Error::OutOfReach
                    | engine::Error::Redis(_)
                    | engine::Error::Behind
                    | engine::Error::Rebuilding,
                ) => None,
                answer => Some(answer),
            }
        })
        .await?;
        self.engine.read_pass(&self.sale, &pass.pass)
    }

    /// The audit of all three books; the provider is asked with patience.
    pub(crate) async fn audits(&self) -> engine::audit::Report {
        let patient = Stripe::new(
            &self.psp_url,
            "sk_test_sluice".into(),
            Duration::from_secs(10),
        );
        let auditor = engine::audit::Auditor {
            gateway: Ok(Arc::new(patient.unwrap())),
            ..self.engine.auditor()
        };
        auditor.audit(&self.sale).await.unwrap()
    }

    /// Waits until nothing is under way and hands out the audit, the bank included.
    pub(crate) async fn settles(&self) -> engine::audit::Report {
        let report = until("the sale is settled", async || {
            self.engine
                .audit(&self.sale)
                .await
                .ok()
                .filter(|report| report.quiet)
        })
        .await;
        assert!(report.ok, "{report:?}");
        let report = self.audits().await;
        assert!(report.ok, "{report:?}");
        assert!(report.unseen.is_empty(), "{report:?}");
        report
    }

    /// What the bank says.
    pub(crate) async fn bank(&self) -> serde_json::Value {
        let answer = reqwest::Client::new()
            .get(format!(
                "{}/oracle/summary?sale={}",
                self.psp_url, self.sale
            ))
            .bearer_auth("sk_test_sluice")
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The n-th of many cards that pay: 4242, eleven digits, and Luhn's check digit.
pub(crate) fn good_card(n: u64) -> String {
    let digits = format!("4242{n:011}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0');
            let doubled = if i % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}

async fn parts(redis_url: &str, database_url: &str, psp_url: &str) -> Parts {
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

fn new_sale(sale: &SaleId, units: u32) -> NewSale {
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
