//! Plays one cell: a small sale, one fault at its moment, recovery, and the question whether all is well.

use crate::matrix::{Cell, Fault, Moment, Part};
use crate::shopper::Crowd;
use crate::stage::{PASSWORD, Stage};
use crate::{judge, until};
use anyhow::{Context as _, Result, bail, ensure};
use futures::future::try_join_all;
use protocol::Phase;
use serde_json::json;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// The sale's name.
pub(crate) const SALE: &str = "chaos";
/// Units of the sale.
pub(crate) const UNITS: usize = 8;
/// Who comes.
const SHOPPERS: usize = 24;
/// Admissions per second: slow enough that there is a middle.
const RATE: u32 = 40;
/// How long something is stopped: longer than Redis and the provider are waited for.
const STOPPED: Duration = Duration::from_millis(2500);
/// Until something happens that must happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// Plays it. An error says what is not well.
pub(crate) async fn play(cell: Cell, sluice: &Path) -> Result<()> {
    let mut stage = Stage::set(sluice, cell.fault == Fault::Replica).await?;
    let outcome = act(cell, &mut stage).await;
    let outcome = match (outcome, stage.ended()) {
        (Ok(()), Some(name)) => Err(anyhow::anyhow!("{name} ended by itself")),
        (outcome, _) => outcome,
    };
    if let Err(error) = outcome {
        let kept = stage.keep();
        return Err(error.context(format!("its files are in {}", kept.display())));
    }
    Ok(())
}

async fn act(cell: Cell, stage: &mut Stage) -> Result<()> {
    announce(stage).await?;
    let crowd = Crowd::of(stage, SALE)?;
    for edge in 0..2 {
        until(PATIENCE, "the lobby is open", async || {
            crowd.status(edge).await.filter(|s| s.phase == Phase::Lobby)
        })
        .await?;
    }
    let visits = (0..SHOPPERS).map(|index| crowd.visit(index, index >= SHOPPERS / 2));
    let (memories, ()) = tokio::try_join!(try_join_all(visits), direct(cell, stage, &crowd))?;
    for who in 0..3 {
        stage.until_ready(who).await?;
    }
    steer(stage, "end", &json!({})).await?;
    judge::judge(stage, &crowd, &memories).await
}

/// Leads the sale to the moment, strikes, and waits until everything is sold.
async fn direct(cell: Cell, stage: &mut Stage, crowd: &Crowd) -> Result<()> {
    if cell.moment == Moment::Lobby {
        wait_for(&crowd.joined, SHOPPERS / 4, "some have joined").await?;
        fall_behind(cell, stage).await?;
        wait_for(&crowd.joined, SHOPPERS / 2, "half have joined").await?;
        crowd.let_second_wave_come();
        strike(cell, stage).await?;
    }
    crowd.let_second_wave_come();
    wait_for(&crowd.joined, SHOPPERS, "all have joined").await?;
    wait_for(&crowd.authorized, SHOPPERS, "all have a hold").await?;

    let moment = match cell.moment {
        Moment::Lobby | Moment::Admission => None,
        Moment::ReserveClaim => Some("buy.reserved"),
        Moment::ClaimCapture => Some("capture.due"),
        Moment::CaptureRecord => Some("capture.answered"),
    };
    if let Some(moment) = moment {
        stage.arm(moment, true).await;
    }
    steer(stage, "open", &json!({})).await?;
    if cell.moment != Moment::Lobby {
        until(PATIENCE, "the sale is open", async || {
            crowd.status(1).await.filter(|s| s.phase == Phase::Open)
        })
        .await?;
        fall_behind(cell, stage).await?;
        come_to(cell.moment, stage, crowd).await?;
        strike(cell, stage).await?;
        if let Some(moment) = moment {
            stage.arm(moment, false).await;
        }
    }
    wait_for(&crowd.told, UNITS, "everything is sold").await?;
    crowd.over.store(true, Ordering::SeqCst);
    Ok(())
}

async fn wait_for(count: &AtomicUsize, least: usize, what: &str) -> Result<()> {
    let waited = until(PATIENCE, what, async || {
        (count.load(Ordering::SeqCst) >= least).then_some(())
    });
    waited
        .await
        .with_context(|| format!("{} of {least}", count.load(Ordering::SeqCst)))
}

/// From here on an old file is old, and a replica hears nothing more.
async fn fall_behind(cell: Cell, stage: &Stage) -> Result<()> {
    match cell.fault {
        Fault::Old => stage.keep_old_file().await,
        Fault::Replica => stage.cut_replica_off().await,
        _ => Ok(()),
    }
}

/// Waits until the sale is at the moment.
async fn come_to(moment: Moment, stage: &Stage, crowd: &Crowd) -> Result<()> {
    // Who is held: a click on the first edge, or a duty of the worker.
    let (name, who, least) = match moment {
        Moment::Lobby => return Ok(()),
        Moment::Admission => {
            return wait_for(&crowd.told, 2, "the first have bought").await;
        }
        Moment::ReserveClaim => ("buy.reserved", 0, 1),
        Moment::ClaimCapture => ("capture.due", 2, 2),
        Moment::CaptureRecord => ("capture.answered", 2, 2),
    };
    until(
        PATIENCE,
        &format!("{least} are held at {name}"),
        async || (stage.held(who, name).await >= least).then_some(()),
    )
    .await
}

/// The fault, and what a supervisor does about it.
async fn strike(cell: Cell, stage: &mut Stage) -> Result<()> {
    let service = match cell.part {
        Part::Redis => &mut stage.redis,
        Part::Edge => &mut stage.edges[0],
        Part::Worker => &mut stage.worker,
        Part::Simulator => &mut stage.simulator,
        Part::Ledger => {
            ensure!(cell.fault == Fault::Pause, "{cell} is not played");
            return stage.lock_ledger(STOPPED).await;
        }
    };
    match cell.fault {
        Fault::Kill => service.restart().await,
        Fault::Pause => service.pause(STOPPED).await,
        _ if cell.part != Part::Redis => bail!("{cell} is not played"),
        Fault::Empty => stage.redis_comes_back_empty().await,
        Fault::Old => stage.redis_comes_back_old().await,
        Fault::Replica => stage.promote_replica().await,
    }
}

async fn announce(stage: &Stage) -> Result<()> {
    let opens_at = crate::now() + 3_600_000;
    let sale = json!({
        "sale": SALE, "title": "Chaos", "units": UNITS, "rate": RATE,
        "price": { "minor": 12900, "currency": "EUR" }, "opens_at": opens_at,
    });
    operator(stage, "/sales", &sale).await
}

async fn steer(stage: &Stage, act: &str, body: &serde_json::Value) -> Result<()> {
    operator(stage, &format!("/sales/{SALE}/{act}"), body).await
}

/// The operator does something, at the edge that is not struck; asks again while it is busy.
async fn operator(stage: &Stage, path: &str, body: &serde_json::Value) -> Result<()> {
    let http = reqwest::Client::new();
    let url = format!("{}/api/v1/operator", stage.urls[1]);
    until(PATIENCE, path, async || {
        let login = http.post(format!("{url}/login"));
        let login = login.json(&json!({ "password": PASSWORD })).send();
        let session: serde_json::Value = login.await.ok()?.json().await.ok()?;
        let request = http.post(format!("{url}{path}")).json(body);
        let request = request.bearer_auth(session["token"].as_str()?);
        let answer = request.send().await.ok()?;
        answer.status().is_success().then_some(())
    })
    .await
}
