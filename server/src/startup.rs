//! From a configuration to a running edge, and back to nothing, in order.

use crate::config::Config;
use crate::embedded::{self, EmbeddedRedis, EmbeddedSimulator};
use crate::http::connections::{self, Limits};
use crate::http::shares::Shares;
use crate::http::{AppState, PublicAddress};
use crate::secrets::Secrets;
use crate::{admin, demo, http};
use anyhow::{Context as _, bail};
use engine::audit::Auditor;
use engine::ledger::{Ledger, LedgerUrl};
use engine::pay::{Gateway, Paced, Stripe};
use engine::redis::Store;
use engine::room::PassKeys;
use engine::{Engine, Parts, World};
use hyper_util::service::TowerToHyperService;
use serde::Serialize;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How long requests under way, and then the engine, may take to end once we were asked to stop.
const PATIENCE: Duration = Duration::from_secs(5);
/// Most connections to the admin address.
const ADMIN_CONNECTIONS: usize = 64;

/// What `sluice serve` was asked for.
pub(crate) struct Serve {
    /// The configuration, all layers read.
    pub(crate) config: Config,
    /// Announce the demo sale if none is on, and send the crowd.
    pub(crate) demo: bool,
    /// Where to write the addresses once everything answers.
    pub(crate) ready_file: Option<PathBuf>,
}

/// The addresses of a running edge, for whoever started it.
#[derive(Serialize)]
struct Ready<'a> {
    url: &'a str,
    admin_url: &'a str,
    psp_url: &'a str,
    operator_password: &'a str,
}

/// Serves until `stop` is cancelled, then lets everything end in order: requests, engine, provider, Redis.
pub(crate) async fn serve(serve: Serve, stop: CancellationToken) -> anyhow::Result<()> {
    let Serve {
        config,
        demo,
        ready_file,
    } = serve;
    if engine::seeded::FAILPOINTS {
        tracing::warn!("this is a test build, it can be told to crash: not for a real sale");
    }
    engine::moments::arm_from_environment();
    let _lock = lock(&config.server.data)?;
    let secrets = Secrets::load(&config.server)?;

    let public = bind(config.server.listen, "server.listen").await?;
    let admin = bind(config.server.admin_listen, "server.admin_listen").await?;
    let url = format!("http://{}", public.local_addr()?);
    let admin_url = format!("http://{}", admin.local_addr()?);

    let redis = match config.redis.url.as_str() {
        "" => Some(EmbeddedRedis::start(&config.server.data).await?),
        _ => None,
    };
    let webhook_secret = webhook_secret(&config, &secrets);
    let simulator = match config.payment.url.as_str() {
        "" => Some(
            EmbeddedSimulator::start(
                config.payment.psp_listen,
                &config.server.data,
                public.local_addr()?,
                // While it is being changed there are two; the provider signs with one.
                webhook_secret
                    .split(',')
                    .next()
                    .unwrap_or_default()
                    .trim()
                    .to_owned(),
            )
            .await?,
        ),
        _ => None,
    };
    let psp_url = simulator
        .as_ref()
        .map_or(config.payment.url.as_str(), |s| s.url())
        .to_owned();
    let redis_url = redis
        .as_ref()
        .map_or(config.redis.url.as_str(), |r| r.url());

    let engine_stop = CancellationToken::new();
    let parts = parts(&config, &secrets, redis_url, &psp_url, webhook_secret).await?;
    let engine = Engine::start(parts, engine_stop.clone()).await?;

    let state = AppState::new(
        &config,
        &secrets,
        engine.clone(),
        PublicAddress::of(&config, &url),
        &psp_url,
        stop.clone(),
    )?;
    let public_limits = Limits {
        shares: shares(&config),
        ..limits(&config, config.server.connections_max)
    };
    let admin_limits = limits(&config, ADMIN_CONNECTIONS);
    let admin_routes = TowerToHyperService::new(admin::router(engine.clone()));
    let servers = async {
        tokio::join!(
            connections::serve(public, http::service(state), public_limits, stop.clone()),
            connections::serve(admin, |_| admin_routes.clone(), admin_limits, stop.clone()),
        );
        anyhow::Ok(())
    };
    let announce = async {
        if demo {
            demo::start(&engine, &config, &url, &psp_url, &secrets.operator_password).await?;
        }
        tracing::info!(url, admin_url, psp_url, "sluice is open");
        if let Some(file) = &ready_file {
            write_ready(
                file,
                &Ready {
                    url: &url,
                    admin_url: &admin_url,
                    psp_url: &psp_url,
                    operator_password: &secrets.operator_password,
                },
            )?;
        }
        anyhow::Ok(())
    };
    let outcome = tokio::try_join!(servers, announce);

    engine_stop.cancel();
    if timeout(PATIENCE, engine.ended()).await.is_err() {
        tracing::warn!(
            "a store or the provider does not answer: what was under way is done again after the next start"
        );
    }
    if let Some(simulator) = simulator {
        simulator.stop().await;
    }
    if let Some(redis) = redis {
        redis.stop().await;
    }
    tracing::info!("sluice is closed");
    outcome.map(|_| ())
}

/// Runs the payment worker alone, on the stores of running edges, until `stop` is cancelled.
pub(crate) async fn work(
    config: Config,
    ready_file: Option<PathBuf>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    engine::moments::arm_from_environment();
    if config.payment.url.is_empty() {
        bail!("a worker of its own needs PSP_URL: the simulator inside an edge has none to share");
    }
    let parts = parts_alone(&config).await?;
    let admin = bind(config.server.admin_listen, "server.admin_listen").await?;
    let admin_url = format!("http://{}", admin.local_addr()?);
    let engine_stop = CancellationToken::new();
    let stores = Engine::unstarted(parts_alone(&config).await?);
    let working = tokio::spawn(Engine::work(parts, engine_stop.clone()));
    tracing::info!(admin_url, "the payment worker works");
    if let Some(file) = &ready_file {
        let ready = serde_json::json!({ "admin_url": admin_url });
        write_ready(file, &ready)?;
    }
    let limits = limits(&config, ADMIN_CONNECTIONS);
    let routes = TowerToHyperService::new(admin::router(stores));
    connections::serve(admin, |_| routes.clone(), limits, stop).await;
    engine_stop.cancel();
    match timeout(PATIENCE, working).await {
        Ok(ended) => ended?,
        Err(_) => tracing::warn!(
            "a call is left under way: the same is asked again by whoever works next"
        ),
    }
    tracing::info!("the payment worker has ended");
    Ok(())
}

/// An engine that acts once for the command line, on the stores of a running edge.
pub(crate) async fn unstarted(config: &Config) -> anyhow::Result<Engine> {
    Ok(Engine::unstarted(parts_alone(config).await?))
}

/// The parts for a process beside the edges.
async fn parts_alone(config: &Config) -> anyhow::Result<Parts> {
    let secrets = Secrets::load(&config.server)?;
    let redis_url = match config.redis.url.as_str() {
        "" => embedded::redis_url(&config.server.data)?,
        url => url.to_owned(),
    };
    // Commands that need the provider say so themselves when there is none.
    let psp_url = psp_url(config).unwrap_or_default();
    parts(config, &secrets, &redis_url, &psp_url, String::new())
        .await
        .context("is `sluice serve` running on this data directory?")
}

/// An auditor of what can be reached, running or not. It starts nothing and makes nothing.
pub(crate) async fn auditor(config: &Config) -> anyhow::Result<Auditor> {
    let file = config.server.data.join("ledger.sqlite");
    if config.ledger.url.is_empty() && !file.exists() {
        bail!("there is no ledger at {}", file.display());
    }
    let redis_url = match config.redis.url.as_str() {
        "" => embedded::redis_url(&config.server.data)?,
        url => url.to_owned(),
    };
    let store = Store::connect(&redis_url).await;
    let ledger = Ledger::open(&ledger_url(config)?)
        .await
        .context("the ledger cannot be opened")?;
    Ok(Auditor {
        store: store.map_err(|_| "redis does not answer".to_owned()),
        gateway: match psp_url(config) {
            Some(url) => Ok(Arc::new(Paced {
                inner: gateway(config, &url)?,
                ledger: ledger.clone(),
                world: world(),
                calls_per_s: config.payment.calls_per_s,
            })),
            None => Err("no provider is running; PSP_URL names another".to_owned()),
        },
        now: world().now(),
        ledger,
    })
}

/// The provider of the settings, or the simulator of the edge that runs on this data directory.
fn psp_url(config: &Config) -> Option<String> {
    match config.payment.url.as_str() {
        "" => embedded::simulator_url(&config.server.data),
        url => Some(url.to_owned()),
    }
}

fn gateway(config: &Config, psp_url: &str) -> anyhow::Result<Arc<dyn Gateway>> {
    let timeout = Duration::from_millis(config.payment.timeout_ms);
    let secret_key = match config.payment.secret_key.as_str() {
        "" => embedded::SECRET_KEY,
        key => key,
    };
    Ok(Arc::new(Stripe::new(
        psp_url,
        secret_key.to_owned(),
        timeout,
    )?))
}

async fn parts(
    config: &Config,
    secrets: &Secrets,
    redis_url: &str,
    psp_url: &str,
    webhook_secret: String,
) -> anyhow::Result<Parts> {
    Ok(Parts {
        settings: config.engine(),
        world: world(),
        keys: secrets.keys.clone(),
        passes: PassKeys::of(&secrets.keys)?,
        store: connect(redis_url).await?,
        ledger: Ledger::open(&ledger_url(config)?)
            .await
            .context("the ledger cannot be opened")?,
        gateway: gateway(config, psp_url)?,
        webhook_secret,
    })
}

/// Says where Redis was looked for, and never with which password.
async fn connect(redis_url: &str) -> anyhow::Result<Store> {
    Store::connect(redis_url)
        .await
        .map_err(|error| match error {
            engine::Error::RedisUrl(_) => anyhow::Error::from(error)
                .context("redis.url (or REDIS_URL) cannot be used; docs/REDIS.md has the forms"),
            error => anyhow::Error::from(error).context(format!(
                "no redis answers at {}; start it, or correct redis.url (or REDIS_URL)",
                engine::redis::shown(redis_url)
            )),
        })
}

/// The one place that reads the clock of the machine and its random source.
fn world() -> World {
    #[expect(
        clippy::disallowed_methods,
        reason = "from here on the clock is a parameter"
    )]
    let now = || {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as u64)
    };
    World::new(now, |bytes| rand::fill(bytes))
}

fn ledger_url(config: &Config) -> anyhow::Result<LedgerUrl> {
    match config.ledger.url.as_str() {
        "" => Ok(LedgerUrl::file(config.server.data.join("ledger.sqlite"))),
        url => LedgerUrl::parse(url).context("DATABASE_URL cannot be read"),
    }
}

fn webhook_secret(config: &Config, secrets: &Secrets) -> String {
    match config.payment.webhook_secret.as_str() {
        "" => secrets
            .keys
            .seal("sluice/webhook-secret/v1", &protocol::codec::Fields::new()),
        given => given.to_owned(),
    }
}

/// Two edges on one data directory would each start a Redis on the same files.
fn lock(data: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(data).with_context(|| format!("{} cannot be made", data.display()))?;
    let lock = File::create(data.join("lock"))?;
    lock.try_lock()
        .with_context(|| format!("another sluice runs on {}", data.display()))?;
    Ok(lock)
}

async fn bind(address: SocketAddr, setting: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("{address} is not free; choose another {setting}"))
}

fn limits(config: &Config, connections_max: usize) -> Limits {
    Limits {
        connections_max,
        shares: Shares::unbounded(),
        idle: Duration::from_millis(config.server.idle_ms),
        patience: PATIENCE,
    }
}

/// Behind proxies all connections are theirs.
fn shares(config: &Config) -> Shares {
    match config.server.trusted_hops {
        0 => Shares::of(
            config.server.connections_per_network,
            &config.gate.network.own,
        ),
        _ => Shares::unbounded(),
    }
}

/// Written beside and renamed, so that whoever waits for the file never reads half of it.
fn write_ready(file: &Path, ready: &impl Serialize) -> anyhow::Result<()> {
    let beside = file.with_extension("tmp");
    std::fs::write(&beside, serde_json::to_vec(ready)?)?;
    std::fs::rename(&beside, file)?;
    Ok(())
}
