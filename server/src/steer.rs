//! `sluice sale …`: announce and steer sales on the running system.

use crate::config::Config;
use crate::utc::rfc3339;
use crate::{demo, startup};
use clap::{Args, Subcommand};
use engine::Engine;
use engine::sale::Act;
use protocol::wire::{HoldPolicy, NewSale, SaleEdit};
use protocol::{Currency, Money, SaleId};
use std::process::ExitCode;

#[derive(Subcommand)]
pub(crate) enum SaleCommand {
    /// Announce a sale
    Create(CreateArgs),
    /// Change what a sale says of itself, or, while it has not opened, when it opens
    Edit(EditArgs),
    /// Announce the demo sale again
    Demo,
    /// List the sales
    List,
    /// Open now instead of at the announced time
    Open { sale: SaleId },
    /// Hold everything; places are kept
    Pause {
        sale: SaleId,
        /// What everyone reads meanwhile
        #[arg(long, default_value = "The sale is paused. Your place is kept.")]
        message: String,
    },
    /// Go on
    Resume { sale: SaleId },
    /// Let people in at another rate
    Rate {
        sale: SaleId,
        /// Admissions per second, 1 to 100,000
        rate: u32,
    },
    /// End for good
    End { sale: SaleId },
    /// What was done to a sale, the latest first
    Acts { sale: SaleId },
}

#[derive(Args)]
pub(crate) struct CreateArgs {
    /// Its name in URLs
    sale: SaleId,
    /// What is sold
    #[arg(long)]
    title: String,
    /// A sentence about it
    #[arg(long, default_value = "")]
    description: String,
    /// How many
    #[arg(long)]
    units: u32,
    /// Price of one, in minor units: 12900 is 129.00 EUR
    #[arg(long)]
    price: i64,
    /// ISO 4217 code
    #[arg(long, default_value = "EUR")]
    currency: Currency,
    /// Seconds from now to the opening
    #[arg(long, value_name = "SECONDS")]
    opens_in: u64,
    /// Admissions per second
    #[arg(long)]
    rate: Option<u32>,
    /// Most units for one email or card; a browser buys one
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100))]
    limit_per_buyer: u32,
    /// How many people may come: decides when cards are held
    #[arg(long)]
    expected: Option<u32>,
    /// When cards are held: on_entry or by_rank; what suits the expected crowd when absent
    #[arg(long)]
    policy: Option<HoldPolicy>,
}

#[derive(Args)]
pub(crate) struct EditArgs {
    sale: SaleId,
    /// What is sold
    #[arg(long)]
    title: Option<String>,
    /// A sentence about it
    #[arg(long)]
    description: Option<String>,
    /// Seconds from now to the opening
    #[arg(long, value_name = "SECONDS")]
    opens_in: Option<u64>,
}

/// Does it, and says what came of it.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn run(config: &Config, command: SaleCommand) -> anyhow::Result<ExitCode> {
    let engine = startup::unstarted(config).await?;
    let (sale, act, detail) = match command {
        SaleCommand::Create(args) => {
            let (info, plan) = engine
                .announce_with_plan(&args.announced_by(&engine))
                .await?;
            println!("{} is announced", info.sale);
            println!("{}: {}", plan.policy.as_str(), plan.why);
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Edit(args) => {
            let opens_at = args.opens_in.map(|seconds| from_now(&engine, seconds));
            let edit = SaleEdit {
                title: args.title,
                description: args.description,
                opens_at,
            };
            let info = engine.edit(&args.sale, &edit).await?;
            println!("{} is changed: {}", info.sale, info.title);
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Demo => {
            let sale = demo::announce(&engine, config).await?;
            println!("{sale} opens in {} s", config.sale.opens_after_s);
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::List => {
            for info in engine.sales().await? {
                let phase = engine.phase(&info.sale).await?;
                println!(
                    "{:<24} {:<10} {:>8} units  {:<12} {}",
                    info.sale,
                    phase.as_str(),
                    info.units,
                    info.price,
                    info.title
                );
            }
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Acts { sale } => {
            for done in engine.acts(&sale, 0).await? {
                let at = rfc3339(done.at)?;
                println!("{at:<24} {:<10} {}", done.act, done.detail);
            }
            return Ok(ExitCode::SUCCESS);
        }
        SaleCommand::Open { sale } => (sale, Act::Open, String::new()),
        SaleCommand::Pause { sale, message } => (sale, Act::Pause, message),
        SaleCommand::Resume { sale } => (sale, Act::Resume, String::new()),
        SaleCommand::Rate { sale, rate } => (sale, Act::Rate(rate), String::new()),
        SaleCommand::End { sale } => (sale, Act::End, String::new()),
    };
    let phase = engine.act(&sale, act, &detail).await?;
    println!("{sale} is {}", phase.as_str());
    Ok(ExitCode::SUCCESS)
}

impl CreateArgs {
    fn announced_by(self, engine: &Engine) -> NewSale {
        NewSale {
            sale: self.sale,
            title: self.title,
            description: self.description,
            price: Money {
                minor: self.price,
                currency: self.currency,
            },
            units: self.units,
            lobby_at: None,
            opens_at: from_now(engine, self.opens_in),
            rate: self.rate,
            limit_per_buyer: self.limit_per_buyer,
            expected: self.expected,
            policy: self.policy,
        }
    }
}

fn from_now(engine: &Engine, seconds: u64) -> u64 {
    engine
        .world
        .now()
        .saturating_add(seconds.saturating_mul(1000))
}
