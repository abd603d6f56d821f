//! Where the crowd goes: a server that was named, or one of herd's own with a sale made for it.

use crate::cli::CrowdArgs;
use crate::client::Client;
use crate::clock::unix_ms;
use crate::edge::Edge;
use crate::operator::Operator;
use crate::shop::{self, Shop};
use crate::tally::Tally;
use anyhow::{Context as _, Result};
use protocol::wire::NewSale;
use protocol::{Currency, Money, Phase, SaleId};
use std::sync::Arc;
use std::time::Duration;

/// Difficulty on herd's own server: the proofs are all solved on this one machine.
const DIFFICULTY: u8 = 4;
/// Hashes a second of one core, guessed low.
const HASHES_PER_S: f64 = 4e6;
/// Challenges a second that a server answers beside the crowd, guessed low.
const CHALLENGES_PER_S: f64 = 3000.0;
/// So many a second get a place on a slow machine of two cores; all of them should be in the draw.
const PLACES_PER_S: f64 = 25_000.0;
/// The same when each loads a page and solves a puzzle first: 100,000 have 15 s, by the budget.
const COLD_PLACES_PER_S: f64 = 7_000.0;

/// A server, a sale, and whoever may look behind the counter.
#[derive(Debug)]
pub struct Venue {
    /// The sale.
    pub shop: Shop,
    /// Client of the payment provider.
    pub provider: Client,
    /// The operator, when the password is known.
    pub operator: Option<Operator>,
    /// The server, when it is herd's own.
    pub edge: Option<Edge>,
}

impl Venue {
    /// Finds the server that was named, or starts one.
    pub async fn find(args: &CrowdArgs, seed: u64, tally: &Arc<Tally>) -> Result<Self> {
        match &args.url {
            Some(url) => Self::given(args, url, tally).await,
            None => Self::own(args, seed, tally).await,
        }
    }

    async fn given(args: &CrowdArgs, url: &str, tally: &Arc<Tally>) -> Result<Self> {
        let client = Client::new(url, args.connections, args.patience, Arc::clone(tally))?;
        let sale = match &args.sale {
            Some(sale) => sale.clone(),
            None => {
                let sales = shop::sales(&client).await?;
                let open = |phase| matches!(phase, Phase::Lobby | Phase::Open);
                let first = sales.into_iter().find(|sale| open(sale.phase));
                first
                    .context("no sale is in its lobby or open; name one with --sale")?
                    .sale
            }
        };
        let operator = match &args.operator_password {
            Some(password) => {
                let login = Operator::login(client.clone(), password).await;
                Some(login.context("the operator cannot log in")?)
            }
            None => None,
        };
        let (url, connections) = (&args.psp_url, args.connections);
        Ok(Self {
            shop: Shop::new(client, sale),
            provider: Client::new(url, connections, args.patience, Arc::clone(tally))?,
            operator,
            edge: None,
        })
    }

    async fn own(args: &CrowdArgs, seed: u64, tally: &Arc<Tally>) -> Result<Self> {
        let (edge, ready) = Edge::start(&settings(args)).await?;
        let opened = async {
            let client =
                |url: &str| Client::new(url, args.connections, args.patience, Arc::clone(tally));
            let shop = client(&ready.url)?;
            let login = Operator::login(shop.clone(), &ready.operator_password).await;
            let operator = login.context("the operator cannot log in")?;
            let sale = new_sale(args, seed)?;
            let announced = operator.announce(&sale).await;
            announced.context("the sale cannot be announced")?;
            anyhow::Ok((
                Shop::new(shop, sale.sale),
                client(&ready.psp_url)?,
                operator,
            ))
        };
        match opened.await {
            Ok((shop, provider, operator)) => Ok(Self {
                shop,
                provider,
                operator: Some(operator),
                edge: Some(edge),
            }),
            Err(error) => {
                edge.print_log();
                edge.stop().await;
                Err(error)
            }
        }
    }
}

/// Settings of herd's own server.
fn settings(args: &CrowdArgs) -> Vec<(&'static str, String)> {
    let fold_in = args.fold_in.unwrap_or_else(|| {
        let places_per_s = match args.cold {
            true => COLD_PLACES_PER_S,
            false => PLACES_PER_S,
        };
        let busy = Duration::from_secs_f64(f64::from(args.shoppers) / places_per_s);
        args.within() + busy.max(Duration::from_secs(1))
    });
    let difficulty = args.difficulty.unwrap_or(DIFFICULTY);
    vec![
        ("SLUICE_GATE__DIFFICULTY", difficulty.to_string()),
        (
            "SLUICE_PAYMENT__CALLS_PER_S",
            args.psp_calls_per_s.to_string(),
        ),
        ("SLUICE_ROOM__FOLD_IN_MS", fold_in.as_millis().to_string()),
    ]
}

fn new_sale(args: &CrowdArgs, seed: u64) -> Result<NewSale> {
    let sale = match &args.sale {
        Some(sale) => sale.clone(),
        None => SaleId::parse(&format!("herd-{seed:x}"))?,
    };
    Ok(NewSale {
        sale,
        title: "The herd's own sale".to_owned(),
        description: String::new(),
        price: Money {
            minor: 12_900,
            currency: Currency::parse("EUR")?,
        },
        units: args.units,
        lobby_at: None,
        opens_at: unix_ms() + preparation(args).as_millis() as u64,
        rate: args.rate,
        limit_per_buyer: 1,
        expected: None,
        policy: None,
    })
}

/// The time the crowd needs before it can press Join.
fn preparation(args: &CrowdArgs) -> Duration {
    if args.cold {
        return Duration::from_secs(2);
    }
    let shoppers = f64::from(args.shoppers);
    let threads = args.solvers.map_or_else(cores, f64::from);
    let hashes = 16.0 * f64::from(args.difficulty.unwrap_or(DIFFICULTY)).exp2();
    let solving = shoppers * hashes / HASHES_PER_S / threads;
    Duration::from_secs_f64(2.0 + shoppers / CHALLENGES_PER_S + solving)
}

/// Cores of this machine.
pub fn cores() -> f64 {
    std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64)
}
