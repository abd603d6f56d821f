//! The known bugs of such a shop, one by one: with the bug the audit or the suite names it, without it all
//! is in order.
//!
//! A bug belongs to a process, so each runs in one of its own: this test binary again, told by
//! `SLUICE_SEEDED_BUG` to misbehave and by `SCENARIO` what to play.

use crate::harness::{Shop, good_card, until};
use engine::Error;
use engine::audit::Verdict;
use engine::sale::Act;
use futures::future::join_all;
use protocol::ticket::Ticket;
use std::process::{Command, Output};
use std::time::Duration;

/// Runs one test of this binary in a process that has these bugs.
pub(crate) fn again(test: &str, scenario: &str, bugs: &str) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args([test, "--exact", "--include-ignored", "--nocapture"])
        .env("SCENARIO", scenario)
        .env("SLUICE_SEEDED_BUG", bugs)
        .output()
        .unwrap()
}

/// Plays a scenario with these bugs and answers which invariants the audit calls broken.
fn broken(scenario: &str, bugs: &str) -> Vec<u8> {
    let output = again("seeded_bugs::one_scenario", scenario, bugs);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let told = text
        .lines()
        .find_map(|line| line.split_once("broken: ").map(|(_, list)| list.to_owned()));
    let told = told.unwrap_or_else(|| {
        panic!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
    });
    serde_json::from_str(&told).unwrap()
}

/// The audit names this invariant when the bug is there, and none when it is not.
fn is_found(scenario: &str, bugs: &str, invariant: u8) {
    assert_eq!(broken(scenario, ""), Vec::<u8>::new(), "without a bug");
    let found = broken(scenario, bugs);
    assert!(found.contains(&invariant), "with {bugs}: {found:?}");
}

#[test]
fn a_unit_given_out_at_zero_is_found() {
    is_found("rush", "ReserveAtZero,UnitUnchecked", 1);
}

#[test]
fn a_unit_given_out_at_zero_is_refused_by_the_ledger() {
    assert!(!broken("rush", "ReserveAtZero").contains(&1));
    let model = "inventory_model::scripts_and_model_agree_on_every_interleaving";
    assert!(!again(model, "", "ReserveAtZero").status.success());
}

#[test]
fn a_release_that_does_not_ask_whose_unit_it_is_fails_the_model() {
    let model = "inventory_model::scripts_and_model_agree_on_every_interleaving";
    assert!(!again(model, "", "ReleaseAnyOrder").status.success());
}

#[test]
fn a_unit_with_two_owners_is_found() {
    is_found("stale_stock", "UnitTwice", 1);
}

#[test]
fn a_buyer_with_two_units_is_found() {
    is_found("forgotten_buyer", "BuyerTwice", 4);
}

#[test]
fn a_second_hold_under_a_new_key_is_found() {
    is_found("slow_provider", "RandomKeys", 5);
}

#[test]
fn a_capture_without_a_claim_is_found() {
    is_found("hold", "CaptureUnclaimed", 6);
}

#[test]
fn a_capture_after_a_void_is_found() {
    is_found("voided_at_the_bank", "CaptureAfterVoid", 6);
}

#[test]
fn a_lost_void_is_found() {
    is_found("rush", "LostVoid", 6);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "played by the tests above, in a process of its own"]
#[expect(clippy::print_stdout, reason = "told to the process that asked")]
async fn one_scenario() {
    let name = std::env::var("SCENARIO").unwrap_or_default();
    let shop = match name.as_str() {
        "slow_provider" => {
            let (latency, timeout) = (Duration::from_millis(1000), Duration::from_millis(700));
            Shop::paid_slowly(1, latency, timeout).await
        }
        "rush" => Shop::with(1).await,
        _ => Shop::with(2).await,
    };
    match name.as_str() {
        "rush" => rush(&shop).await,
        "stale_stock" => stale_stock(&shop).await,
        "forgotten_buyer" => forgotten_buyer(&shop).await,
        "slow_provider" => slow_provider(&shop).await,
        "hold" => drop(held(&shop, 1).await),
        "voided_at_the_bank" => voided_at_the_bank(&shop).await,
        _ => panic!("no scenario {name}"),
    }
    // A provider that answers nothing in time never lets a sale become quiet.
    let is_answered = name != "slow_provider";
    if is_answered {
        shop.engine.act(&shop.sale, Act::End, "").await.unwrap();
    }
    let report = until("the audit has something to say", async || {
        let report = shop.audits().await;
        (report.quiet || !report.ok || !is_answered).then_some(report)
    })
    .await;
    assert!(report.unseen.is_empty(), "{:?}", report.unseen);
    let broken = report.invariants.iter();
    let broken: Vec<u8> = broken
        .filter(|row| row.verdict == Verdict::Broken)
        .map(|row| row.number)
        .collect();
    eprintln!("{:#?}", report.violations);
    println!("\nbroken: {}", serde_json::to_string(&broken).unwrap());
}

/// A ticket with a hold on a card of its own.
async fn held(shop: &Shop, card: u64) -> Ticket {
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(card)).await;
    ticket
}

/// Buys, and asks again for as long as the sale is being rebuilt.
async fn buys(shop: &Shop, ticket: &Ticket) -> Result<(), Error> {
    until("the shop has an answer", async || {
        match shop.buys(ticket).await {
            Err(Error::Rebuilding) => None,
            answer => Some(answer.map(drop)),
        }
    })
    .await
}

/// One unit, four people with a pass, all at once; once. Whoever is refused may not hear why.
async fn rush(shop: &Shop) {
    let tickets = join_all((0..4).map(|card| held(shop, card))).await;
    shop.opens().await;
    let passes = join_all(tickets.iter().map(|ticket| async {
        let pass = until("the pass", async || {
            shop.engine.pass(ticket, None).await.ok()
        });
        shop.engine.read_pass(&shop.sale, &pass.await.pass).unwrap()
    }));
    let passes = passes.await;
    let orders = join_all(passes.iter().map(|pass| shop.engine.buy(pass))).await;
    assert!(orders.iter().any(Result::is_ok), "{orders:?}");
}

/// A replica that missed the first sale is promoted: it gives the same unit out again.
async fn stale_stock(shop: &Shop) {
    let (one, other) = (held(shop, 1).await, held(shop, 2).await);
    shop.opens().await;
    buys(shop, &one).await.unwrap();
    shop.redis(&["DEL", "{test}:held"]).await;
    shop.redis(&["HSET", "{test}:meta", "next_unit", "0"]).await;
    shop.redis(&["SET", "{test}:stock", "2"]).await;
    buys(shop, &other).await.unwrap();
}

/// Redis forgets who bought; the same card comes again.
async fn forgotten_buyer(shop: &Shop) {
    let (one, other) = (held(shop, 1).await, held(shop, 1).await);
    shop.opens().await;
    buys(shop, &one).await.unwrap();
    shop.redis(&["DEL", "{test}:buyers"]).await;
    // With the count laid anew, so that only the ledger can have let it through.
    drop(buys(shop, &other).await);
    let engine = &shop.engine;
    engine.reconcile(&shop.sale, false).await.unwrap();
}

/// The provider holds the money and its answer is lost.
async fn slow_provider(shop: &Shop) {
    let ticket = shop.joins().await;
    shop.authorizes(&ticket, &good_card(1)).await;
    until("the hold was asked for again", async || {
        let payment = shop
            .engine
            .ledger
            .newest_payment(&shop.sale, ticket.number, &ticket.shopper)
            .await;
        let status = payment.unwrap().unwrap().status;
        let bank = shop.bank().await;
        let twice = bank["open_holds"].as_u64() > Some(1);
        (twice || status == engine::ledger::PaymentStatus::Authorized).then_some(())
    })
    .await;
}

/// The bank's own desk releases a hold before the order comes to be paid.
async fn voided_at_the_bank(shop: &Shop) {
    let ticket = held(shop, 1).await;
    let ledger = &shop.engine.ledger;
    let payment = ledger
        .newest_payment(&shop.sale, ticket.number, &ticket.shopper)
        .await;
    let intent = payment.unwrap().unwrap().intent.unwrap();
    let gateway = &shop.engine.gateway;
    gateway
        .cancel("the bank's own desk", &intent)
        .await
        .unwrap();
    shop.opens().await;
    buys(shop, &ticket).await.unwrap();
    until("the capture was tried", async || {
        let order = shop.engine.standing(&ticket).await.unwrap().order.unwrap();
        let open = [
            protocol::wire::OrderStatus::Claimed,
            protocol::wire::OrderStatus::Capturing,
        ];
        (!open.contains(&order.status)).then_some(())
    })
    .await;
}
