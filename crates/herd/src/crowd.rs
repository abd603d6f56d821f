//! `herd crowd`: sends the crowd, waits for it, audits.

use crate::audit::{self, Books, Told};
use crate::board::Board;
use crate::card::Provider;
use crate::cli::CrowdArgs;
use crate::clock::{Instant, instant_at, unix_ms};
use crate::pace::{self, Shares};
use crate::report::{Frame, Report};
use crate::shopper::World;
use crate::solver::Solver;
use crate::tally::Tally;
use crate::trace::Trace;
use crate::venue::{Venue, cores};
use crate::{progress, rush, verdict, watch, weather};
use anyhow::{Context as _, Result, bail};
use protocol::{Phase, Snapshot};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::task::AbortOnDropHandle;

/// Runs the command and prints the result.
pub fn main(args: CrowdArgs) -> Result<ExitCode> {
    let args = if args.continuous { gentle(args) } else { args };
    let threads = if args.continuous { 1 } else { cores() as usize };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()?;
    let report = runtime.block_on(run(&args));
    // Shoppers that still wait are not waited for.
    runtime.shutdown_background();
    let Some(report) = report? else {
        return Ok(ExitCode::SUCCESS);
    };
    let text = match args.json {
        true => report.to_json()? + "\n",
        false => report.to_table(),
    };
    Ok(verdict::print(&text, report.ok))
}

/// Company for a visitor must not slow down what it keeps company in.
fn gentle(mut args: CrowdArgs) -> CrowdArgs {
    let me = std::process::id().to_string();
    // Before there are other threads: they inherit it. Where there is no renice, we are not as nice.
    let mut renice = std::process::Command::new("renice");
    renice.args(["-n", "10", "-p", &me]);
    renice
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    renice.status().ok();
    args.cold = true;
    args.solvers = Some(1);
    args.connections = args.connections.min(32);
    args
}

/// Runs the crowd; no report for one that only keeps company.
pub async fn run(args: &CrowdArgs) -> Result<Option<Report>> {
    if args.continuous && args.url.is_none() {
        bail!("--continuous keeps company in a sale that runs; name its server with --url");
    }
    let seed = args.seed.unwrap_or_else(|| rand::random::<u32>().into());
    let tally = Arc::new(Tally::default());
    let mut venue = Venue::find(args, seed, &tally).await?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let outcome = tokio::select! {
        outcome = visit(args, seed, &tally, &venue) => Some(outcome),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    let mut ended = false;
    if let Some(mut edge) = venue.edge.take() {
        ended = edge.has_ended();
        let good = matches!(&outcome, None | Some(Ok(Some(Report { ok: true, .. }))));
        if ended || !good {
            edge.print_log();
        }
        edge.stop().await;
    }
    match outcome {
        Some(_) if ended => bail!("the server ended by itself"),
        Some(outcome) => outcome,
        None => bail!("interrupted"),
    }
}

async fn visit(
    args: &CrowdArgs,
    seed: u64,
    tally: &Arc<Tally>,
    venue: &Venue,
) -> Result<Option<Report>> {
    weather::order(args, &venue.provider).await?;
    let shares = Shares {
        late: args.late,
        declines: args.declines,
        no_shows: args.no_shows,
    };
    let first = venue
        .shop
        .status()
        .await
        .context("the sale has no status")?;
    let start = first_press(args, &first);
    // Who keeps company fits in before the opening, if there is time before the opening.
    let left = Duration::from_millis(first.opens_at.saturating_sub(start));
    let within = match args.continuous && !left.is_zero() {
        true => args.within().min(left),
        false => args.within(),
    };
    let plans = pace::plan(args.shoppers, within, shares, seed);
    let board = Arc::new(Board::new(first));
    let world = Arc::new(World {
        shop: venue.shop.clone(),
        provider: Provider::new(venue.provider.clone(), args.psp_key.clone()),
        board: Arc::clone(&board),
        solver: Arc::new(Solver::new(args.solvers.unwrap_or(cores() as u32))),
        tally: Arc::clone(tally),
        seed,
        typing: args.typing,
        cards_at_once: args.cards_at_once,
        poll_each: args.poll_each,
        page: args.page.clone(),
    });
    let watching = watch::keep_fresh(venue.shop.clone(), Arc::clone(&board), Arc::clone(tally));
    let _watching = AbortOnDropHandle::new(tokio::spawn(watching));
    let _progress = (!args.quiet && !args.continuous).then(|| {
        let (board, tally, since) = (Arc::clone(&board), Arc::clone(tally), Instant::now());
        let printing = async move { progress::print(&board, &tally, since).await };
        AbortOnDropHandle::new(tokio::spawn(printing))
    });
    // The lobby may open after the sale was announced; nobody can join before.
    let lobby = board.until(|shown| shown.phase != Phase::Scheduled);
    tokio::time::timeout_at(instant_at(start) + args.patience, lobby)
        .await
        .ok();
    let proofs = match args.cold {
        true => plans.iter().map(|_| None).collect(),
        false => rush::prove_all(&world, &plans, start).await,
    };
    let began = instant_at(start).max(Instant::now());
    rush::rush(&world, plans, proofs, began, args.give_up).await;
    let elapsed = began.elapsed();
    if args.continuous {
        eprintln!("{}", progress::line(&board, tally, elapsed));
        return Ok(None);
    }
    let books = close_books(args, tally, venue, &board).await?;
    weather::calm(args, &venue.provider).await?;
    let frame = Frame {
        sale: venue.shop.sale().to_string(),
        seed,
        shoppers: args.shoppers.into(),
        units: board.newest().stock.total.into(),
        began,
        elapsed,
    };
    if let Some(file) = &args.trace {
        Trace::of(&frame, tally)
            .write(file)
            .with_context(|| format!("{} cannot be written", file.display()))?;
    }
    let found = violations(&frame, tally, venue, books.as_ref());
    Ok(Some(Report::new(frame, tally, books.as_ref(), found)))
}

/// When the first shopper presses Join, Unix milliseconds: at the opening, in which everybody rushes;
/// those who keep company come before it.
fn first_press(args: &CrowdArgs, sale: &Snapshot) -> u64 {
    let before = match args.continuous {
        true => args.within().as_millis() as u64,
        false => 0,
    };
    sale.opens_at.saturating_sub(before).max(unix_ms())
}

/// Ends a sale of our own and waits for the payments to settle; nothing when nobody may look.
async fn close_books(
    args: &CrowdArgs,
    tally: &Tally,
    venue: &Venue,
    board: &Board,
) -> Result<Option<Books>> {
    let Some(operator) = &venue.operator else {
        return Ok(None);
    };
    let sale = venue.shop.sale();
    if venue.edge.is_some() && !board.is_over() {
        operator
            .end(sale)
            .await
            .context("the sale cannot be ended")?;
    }
    let cards = tally.authorized.get() + tally.declined.get();
    // Each card's hold and its end, and again as many calls for the questions and repetitions of a bad day,
    // at the provider's limit. Who gives a card at once may have a hold nobody was told of any more.
    let holds = match args.cards_at_once {
        true => args.shoppers.into(),
        false => cards,
    };
    let calls = 5 * holds / u64::from(args.psp_calls_per_s);
    // The longest pause before a repetition is ten seconds; on a bad day one call in four is repeated.
    let pauses = if args.psp_faults.is_some() { 90 } else { 30 };
    let within = args.settle.unwrap_or(Duration::from_secs(pauses + calls));
    let books = audit::settle(
        operator,
        &venue.provider,
        &args.psp_secret_key,
        sale,
        within,
    )
    .await;
    books.map(Some).context("the books cannot be read")
}

fn violations(frame: &Frame, tally: &Tally, venue: &Venue, books: Option<&Books>) -> Vec<String> {
    let errors = tally.errors.get();
    let accounted = tally.placed.get() + tally.turned_away.get() + errors;
    let moments = tally.moments();
    let by_kind = moments.errors.iter();
    let mut found: Vec<String> = by_kind
        .map(|((step, name), count)| format!("{count} × {name} at {step:?}"))
        .collect();
    let told = Told {
        units: frame.units,
        wins: &moments.wins,
        sold_out_seen: tally.sold_out_seen.get(),
        lost: frame.shoppers.saturating_sub(accounted),
        errors,
        alone: venue.edge.is_some(),
    };
    found.extend(audit::judge(&told, books));
    found
}
