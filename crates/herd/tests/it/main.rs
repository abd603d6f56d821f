//! The crowd against a shop that is known to be honest, busy or lying: does the herd see which?

#![allow(clippy::unwrap_used, reason = "a helper that fails fails its test")]

mod adversary;
mod buys;
mod shop;

use clap::Parser as _;
use herd::cli::{Cli, Command};
use herd::report::Report;
use shop::{FakeShop, Manners};

/// Sends a crowd of 200 for 20 units, with everything that a crowd does, and brings back its report.
async fn crowd_visits(manners: Manners, more: &[&str]) -> Report {
    let shop = FakeShop::open(manners).await;
    let url = shop.url();
    let mut line = vec![
        "herd",
        "crowd",
        "--shoppers",
        "200",
        "--within",
        "200ms",
        "--quiet",
    ];
    line.extend(["--typing", "50ms", "--seed", "5", "--settle", "500ms"]);
    line.extend([
        "--operator-password",
        "let me in",
        "--url",
        &url,
        "--psp-url",
        &url,
    ]);
    line.extend(more);
    let Command::Crowd(args) = Cli::parse_from(line).command else {
        panic!("crowd was asked for");
    };
    herd::crowd::run(&args).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_honest_sale_passes_the_audit() {
    let report = crowd_visits(
        Manners::default(),
        &["--no-shows", "0.3", "--declines", "0.25"],
    )
    .await;
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!((report.placed, report.orders, report.errors), (200, 20, 0));
    assert_eq!(
        (report.oversold, report.open_holds, report.captured),
        (0, Some(0), Some(20))
    );
    assert!(report.declined > 0 && report.admitted >= 20, "{report:?}");
    let ended = report.orders + report.sold_out_seen + report.no_shows;
    assert_eq!(ended, 200, "{report:?}");
    assert!(report.sold_out_seen_p99_ms.unwrap() < 2000.0);
    assert!(report.max_admissions_1s > 0 && report.join_p99_ms.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shopper_may_poll_and_come_cold_or_late() {
    let report = crowd_visits(
        Manners::default(),
        &["--poll-each", "--cold", "--late", "0.1"],
    )
    .await;
    assert_eq!(report.violations, Vec::<String>::new());
    assert_eq!(
        (report.placed + report.turned_away, report.orders),
        (200, 20)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_shop_is_asked_again_and_that_is_no_error() {
    let manners = Manners {
        busy_at_first: true,
        ..Manners::default()
    };
    let report = crowd_visits(manners, &[]).await;
    assert_eq!((report.errors, report.placed, report.ok), (0, 200, true));
    assert!(report.retries >= 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_oversells_is_caught() {
    let manners = Manners {
        oversells_by: 3,
        ..Manners::default()
    };
    let report = crowd_visits(manners, &[]).await;
    assert_eq!(
        (report.oversold, report.duplicate_units, report.ok),
        (3, 3, false)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shop_that_keeps_holds_is_caught() {
    let manners = Manners {
        keeps_holds: true,
        ..Manners::default()
    };
    let report = crowd_visits(manners, &[]).await;
    assert_eq!((report.ok, report.orders), (false, 20));
    assert!(report.open_holds > Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn company_for_a_visitor_ends_quietly() {
    let shop = FakeShop::open(Manners::default()).await;
    let url = shop.url();
    let line = [
        "herd",
        "crowd",
        "--shoppers",
        "50",
        "--within",
        "100ms",
        "--continuous",
    ];
    let line = line
        .into_iter()
        .chain(["--typing", "1ms", "--url", &url, "--psp-url", &url]);
    let Command::Crowd(args) = Cli::parse_from(line).command else {
        panic!("crowd was asked for");
    };
    assert_eq!(herd::crowd::run(&args).await.unwrap(), None);
    assert_eq!(shop.sold(), 20);
}
