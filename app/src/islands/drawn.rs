//! The draw, recomputed in the shopper's own browser from what is published. The same code as
//! `sluice verify-draw`, and nothing of it asks the edge what to think.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::digest::{from_hex, to_hex};
use protocol::transcript::{Entry, Inclusion};
use protocol::verify::{self, Flaw};
use protocol::wire::{InclusionProof, TranscriptEntry};
use protocol::{SaleId, Snapshot, TicketNumber, draw};
use serde::{Deserialize, Serialize};

use super::given::Given;
use super::parts::{Part, Value, p, whenever};
use crate::browser::http::{Call, Failure};
use crate::browser::page;
use crate::text::{Lang, format};

/// Which draw, and whose ticket.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Drawn {
    pub(crate) sale: SaleId,
    pub(crate) number: Option<TicketNumber>,
    pub(crate) lang: Lang,
}

/// What was found out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finding {
    Checking,
    Offline,
    NotDrawn,
    Wrong,
    InOrder {
        size: u64,
        batches: u64,
        void: u64,
        rank: Option<u64>,
        included: bool,
    },
}

/// Recomputes a draw. Given a [`Drawn`].
#[island]
pub(crate) fn DrawCheck() -> impl IntoView {
    Given::to(view)
}

fn view(drawn: Drawn) -> Part {
    let text = drawn.lang.text();
    let finding = RwSignal::new(Finding::Checking);
    let (lang, number) = (drawn.lang, drawn.number);
    whenever(move || {
        let drawn = drawn.clone();
        spawn_local(async move { finding.set(check(&drawn).await.unwrap_or(Finding::Offline)) });
    });
    let count = move |n: u64| format::count(lang, n);
    let state = Value::words(move || {
        match finding.get() {
            Finding::InOrder { .. } => "good",
            Finding::Wrong => "bad",
            _ => "",
        }
        .to_owned()
    });
    let words = Value::words(move || match finding.get() {
        Finding::Checking => text.check_running.to_owned(),
        Finding::Offline => text.error_offline.to_owned(),
        Finding::NotDrawn => text.check_early.to_owned(),
        Finding::Wrong => text.check_bad.to_owned(),
        Finding::InOrder {
            size,
            batches,
            void,
            rank,
            included,
        } => {
            let mut words = format::fill(text.check_good, &[&count(size), &count(batches)]);
            if let (Some(rank), Some(number)) = (rank, number) {
                let place = [&*count(number.0 + 1), &*count(rank + 1)];
                words.extend([" ", &format::fill(text.check_place, &place)]);
            }
            if void > 0 {
                words.extend([" ", &format::fill(text.check_void, &[&count(void)])]);
            }
            if included {
                words.extend([" ", text.check_included]);
            }
            words
        }
    });
    p(words)
        .class("panel check")
        .with("role", "status")
        .with("data-tone", state)
}

async fn check(drawn: &Drawn) -> Result<Finding, Failure> {
    let sale = ["/api/v1/sales/", drawn.sale.as_str()].concat();
    let snapshot: Snapshot = Call::get(&[&sale, "/status"].concat())
        .send()
        .await?
        .read()?;
    let published: Vec<TranscriptEntry> = Call::get(&[&sale, "/transcript"].concat())
        .send()
        .await?
        .read()?;
    let Some(entries) = published.iter().map(entry).collect::<Option<Vec<_>>>() else {
        return Ok(Finding::Wrong);
    };
    let verified = match verify::draw(&snapshot.draw, &entries) {
        Ok(verified) => verified,
        Err(Flaw::NotDrawn) => return Ok(Finding::NotDrawn),
        Err(_) => return Ok(Finding::Wrong),
    };
    let included = drawn.number.and_then(|number| {
        let (challenge, place) = join_of(&drawn.sale)?;
        let entry = entries.iter().find(|e| e.numbers().contains(&number.0))?;
        Some(entry.includes(number, &challenge, &place))
    });
    if included == Some(false) {
        return Ok(Finding::Wrong);
    }
    let rank = |number| draw::rank_of(&verified.seed, verified.size, number).0;
    Ok(Finding::InOrder {
        size: verified.size,
        batches: entries.len() as u64,
        void: verified.void,
        rank: drawn.number.map(rank),
        included: included.is_some(),
    })
}

fn entry(published: &TranscriptEntry) -> Option<Entry> {
    Some(Entry {
        first: published.first,
        count: published.count,
        root: from_hex(&published.root)?,
    })
}

fn memory(sale: &SaleId) -> String {
    ["join:", sale.as_str()].concat()
}

/// Keeps what proves that a join was in the draw, for as long as the tab lives: the challenge, then index
/// and size (four bytes each) and the path, in hexadecimal.
pub(crate) fn remember_join(sale: &SaleId, challenge: &str, proof: &InclusionProof) {
    let number = |n: u32| to_hex(&n.to_be_bytes());
    let path = &proof.path;
    let kept = [
        challenge,
        " ",
        &number(proof.index),
        &number(proof.size),
        path,
    ]
    .concat();
    page::remember(&memory(sale), &kept);
}

fn join_of(sale: &SaleId) -> Option<(String, Inclusion)> {
    let kept = page::remembered(&memory(sale))?;
    let (challenge, numbers) = kept.split_once(' ')?;
    let number = |at: usize| Some(u32::from_be_bytes(from_hex(numbers.get(at..at + 8)?)?) as usize);
    let mut path = Vec::new();
    let mut at = 16;
    while let Some(hash) = numbers.get(at..at + 64) {
        path.push(from_hex(hash)?);
        at += 64;
    }
    let place = Inclusion {
        index: number(0)?,
        size: number(8)?,
        path,
    };
    Some((challenge.to_owned(), place))
}
