//! The demo sale: the first thing a newcomer sees is a real rush.

use crate::config::Config;
use anyhow::Context as _;
use engine::Engine;
use protocol::wire::NewSale;
use protocol::{Money, Phase, SaleId};
use std::process::Stdio;
use tokio::process::Command;

/// Announces the demo sale unless one is on, tells where it is, and sends the crowd (`CROWD` people).
pub(crate) async fn start(
    engine: &Engine,
    config: &Config,
    url: &str,
    psp_url: &str,
    operator_password: &str,
) -> anyhow::Result<()> {
    let (sale, fresh) = match running(engine).await? {
        Some(sale) => (sale, false),
        None => (announce(engine, config).await?, true),
    };
    let crowd: u32 = match std::env::var("CROWD") {
        Ok(number) => number.parse().context("CROWD is a number of people")?,
        Err(_) => 0,
    };
    #[expect(
        clippy::print_stdout,
        reason = "this is what the person who typed the command reads"
    )]
    {
        println!();
        println!("  The sale      {url}/sales/{sale}");
        println!("  The operator  {url}/operator   password {operator_password}");
        println!(
            "  Test cards    4242 4242 4242 4242 pays, 4000 0000 0000 0002 is declined, 4000 0027 6000 3184 asks you to approve"
        );
        println!("  Again         make demo   (in another terminal)     Stop  Ctrl-C");
        println!();
    }
    if crowd > 0 && fresh {
        send_crowd(crowd, url, psp_url, &sale);
    }
    Ok(())
}

/// The demo sale that is on, if one is.
async fn running(engine: &Engine) -> anyhow::Result<Option<SaleId>> {
    for info in engine.sales().await? {
        let on = || async {
            let phase = engine.phase(&info.sale).await;
            phase.is_ok_and(|phase| !matches!(phase, Phase::Closed | Phase::SoldOut))
        };
        if info.sale.as_str().starts_with("demo-") && on().await {
            return Ok(Some(info.sale));
        }
    }
    Ok(None)
}

/// Announces a demo sale that opens in a minute (or as configured).
pub(crate) async fn announce(engine: &Engine, config: &Config) -> anyhow::Result<SaleId> {
    let now = engine.world.now();
    let demo = &config.sale;
    let sale = SaleId::parse(&format!("demo-{now}"))?;
    engine
        .announce(&NewSale {
            sale: sale.clone(),
            title: demo.title.clone(),
            description: demo.description.clone(),
            price: Money {
                minor: demo.price_minor,
                currency: demo.currency,
            },
            units: demo.units,
            lobby_at: None,
            opens_at: now + demo.opens_after_s * 1000,
            rate: None,
            limit_per_buyer: 1,
            expected: None,
            policy: None,
        })
        .await?;
    Ok(sale)
}

fn send_crowd(crowd: u32, url: &str, psp_url: &str, sale: &SaleId) {
    let herd = std::env::current_exe().map(|sluice| sluice.with_file_name("herd"));
    let spawned = herd.and_then(|herd| {
        Command::new(herd)
            .args(["crowd", "--continuous", "--shoppers", &crowd.to_string()])
            .args(["--url", url, "--psp-url", psp_url, "--sale", sale.as_str()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    });
    match spawned {
        Ok(mut child) => {
            tracing::info!(crowd, "a crowd is on its way");
            tokio::spawn(async move { child.wait().await });
        }
        Err(error) => tracing::warn!(%error, "no crowd: the herd binary is built by `make run`"),
    }
}
