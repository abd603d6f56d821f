//! `sluice verify-draw`: an auditor's own computation, from published values alone.

use anyhow::Context as _;
use clap::Args;
use protocol::digest::{from_hex, to_hex};
use protocol::transcript::Entry;
use protocol::wire::TranscriptEntry;
use protocol::{SaleId, Snapshot, TicketNumber, draw, verify};
use serde::de::DeserializeOwned;
use std::process::ExitCode;

/// `sluice verify-draw`.
#[derive(Args)]
pub(crate) struct VerifyArgs {
    /// The sale
    sale: SaleId,
    /// The server that publishes it
    #[arg(long, default_value = "http://127.0.0.1:3000", value_name = "URL")]
    url: String,
    /// Also tell the rank of this ticket number (the page counts from 1, this from 0)
    #[arg(long, value_name = "N")]
    number: Option<u64>,
}

/// Fetches what is published, recomputes the draw and says what was found.
#[expect(clippy::print_stdout, reason = "the answer of a command")]
pub(crate) async fn run(args: &VerifyArgs) -> anyhow::Result<ExitCode> {
    let sale = format!(
        "{}/api/v1/sales/{}",
        args.url.trim_end_matches('/'),
        args.sale
    );
    let snapshot: Snapshot = fetch(&format!("{sale}/status")).await?;
    let published: Vec<TranscriptEntry> = fetch(&format!("{sale}/transcript")).await?;
    let entries: Vec<Entry> = published
        .iter()
        .map(read)
        .collect::<Option<_>>()
        .context("the transcript has a root that is not 64 hexadecimal digits")?;

    let verified = match verify::draw(&snapshot.draw, &entries) {
        Ok(verified) => verified,
        Err(flaw) => {
            println!("{}: NOT in order: {flaw}", args.sale);
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("{}: the draw is in order", args.sale);
    println!(
        "  commitment  {} is SHA-256 of the secret",
        snapshot.draw.commitment
    );
    println!(
        "  lobby       {} tickets in {} batches",
        verified.size,
        entries.len()
    );
    if verified.void > 0 {
        println!(
            "  lost        {} of them are void: nobody can show a join for them",
            verified.void
        );
    }
    println!(
        "  transcript  {} covers them all",
        snapshot.draw.transcript.unwrap_or_default()
    );
    if let (Some(value), Some(url)) = (snapshot.draw.beacon, snapshot.draw.beacon_url) {
        println!("  beacon      {value} is mixed in; hold it against {url}");
    }
    println!(
        "  seed        {} follows from these",
        to_hex(&verified.seed)
    );
    if let Some(number) = args.number {
        let rank = draw::rank_of(&verified.seed, verified.size, TicketNumber(number));
        println!("  ticket      number {number} has rank {rank}");
    }
    Ok(ExitCode::SUCCESS)
}

fn read(entry: &TranscriptEntry) -> Option<Entry> {
    Some(Entry {
        first: entry.first,
        count: entry.count,
        root: from_hex(&entry.root)?,
    })
}

async fn fetch<T: DeserializeOwned>(url: &str) -> anyhow::Result<T> {
    let answer = reqwest::get(url)
        .await
        .with_context(|| format!("{url} does not answer"))?;
    let answer = answer
        .error_for_status()
        .with_context(|| format!("{url} has no such sale"))?;
    answer
        .json()
        .await
        .with_context(|| format!("{url} is not what Sluice publishes"))
}
