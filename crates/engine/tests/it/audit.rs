//! The audit: it finds what was damaged on purpose, says what it cannot see, and touches nothing.

use crate::database::Database;
use crate::harness::{Redis, Shop, drawn_sale, good_card, now};
use engine::audit::{Auditor, Report, Verdict};
use engine::ledger::{Ledger, LedgerUrl};
use engine::redis::Store;
use futures::future::join_all;

impl Shop {
    /// A command to Redis, past every script.
    pub(crate) async fn redis(&self, words: &[&str]) {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(word);
        }
        let url = self.redis.url.as_str();
        let _: redis::Value = match url.strip_prefix("redis+cluster://") {
            Some(nodes) => {
                let nodes = nodes.split(',').map(|node| format!("redis://{node}"));
                let client = redis::cluster::ClusterClient::new(nodes).unwrap();
                let mut connection = client.get_async_connection().await.unwrap();
                command.query_async(&mut connection).await.unwrap()
            }
            None => {
                let client = redis::Client::open(url).unwrap();
                let mut connection = client.get_multiplexed_async_connection().await.unwrap();
                command.query_async(&mut connection).await.unwrap()
            }
        };
    }

    /// Two units, both sold and paid.
    pub(crate) async fn sold_out() -> Self {
        let shop = Self::with(2).await;
        let tickets = join_all((0..3).map(|_| shop.joins())).await;
        for (i, ticket) in tickets.iter().enumerate() {
            shop.authorizes(ticket, &good_card(i as u64)).await;
        }
        shop.opens().await;
        for ticket in &tickets[..2] {
            shop.buys(ticket).await.unwrap();
        }
        shop.settles().await;
        shop
    }
}

fn offenders(report: &Report, number: u8) -> Vec<String> {
    let row = report.invariants.iter().find(|row| row.number == number);
    row.unwrap().offenders.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_went_well_holds_in_every_row_that_can_be_judged() {
    let shop = Shop::sold_out().await;
    let report = shop.audits().await;
    for row in &report.invariants {
        let expected = match row.number {
            10 => Verdict::NotJudged,
            _ => Verdict::Held,
        };
        assert_eq!(row.verdict, expected, "{row:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn units_that_redis_lost_doubled_or_invented_are_named() {
    let shop = Shop::sold_out().await;
    shop.redis(&["RPUSH", "{test}:returned", "1", "7"]).await;
    shop.redis(&["HINCRBY", "{test}:buyers", "nobody", "2"])
        .await;
    let report = shop.audits().await;
    let found = offenders(&report, 3).join("\n");
    assert!(found.contains("unit 7 does not exist"), "{found}");
    assert!(found.contains("unit 1 is claimed by order"), "{found}");
    assert!(found.contains("the stock says 0"), "{found}");
    assert!(offenders(&report, 4)[0].contains("redis counts 2 units"));
    assert!(!report.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_alone_is_audited_and_the_rest_is_called_unseen() {
    let shop = Shop::sold_out().await;
    let auditor = Auditor {
        store: Err("redis is down".to_owned()),
        gateway: Err("no provider".to_owned()),
        ..shop.engine.auditor()
    };
    let report = auditor.audit(&shop.sale).await.unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(report.unseen, ["redis is down", "no provider"]);
    let judged = report.invariants.iter();
    let judged: Vec<u8> = judged
        .filter(|row| row.verdict == Verdict::Held)
        .map(|row| row.number)
        .collect();
    assert_eq!(judged, [1, 2, 4, 8]);
}

/// An edge would open this sale's lobby at its first look: its time has come.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_audits_moves_nothing_on() {
    let redis = Redis::start().await;
    let directory = tempfile::tempdir().unwrap();
    let database = Database::create(directory.path()).await;
    let url = LedgerUrl::parse(&database.url).unwrap();
    let ledger = Ledger::open(&url).await.unwrap();
    let store = Store::connect(&redis.url).await.unwrap();
    let mut row = drawn_sale("still", 3, 0);
    row.draw = None;
    ledger.announce(row.clone(), now()).await.unwrap();
    store.rebuild(&row, &[], 0).await.unwrap();
    let auditor = Auditor {
        ledger,
        store: Ok(store.clone()),
        gateway: Err("no provider".to_owned()),
        now: now(),
    };
    for _ in 0..2 {
        let report = auditor.audit(&row.sale).await.unwrap();
        assert!(report.ok, "{report:?}");
        let seen = store.inspect(&row.sale).await.unwrap().unwrap();
        assert_eq!(seen.phase().unwrap(), protocol::Phase::Scheduled);
        assert_eq!(seen.number("seq"), 1);
    }
}
