//! The ledger is lost in the middle of a sale: nobody is told "you got it" without a row, and the sale goes on
//! by itself afterwards.

use crate::database::{Database, postgres};
use crate::harness::{Shop, good_card, until};
use crate::outage::{Lock, Server, SmallDisk};
use engine::sale::Act;
use futures::future::join_all;
use protocol::Phase;
use protocol::pass::Pass;
use protocol::ticket::Ticket;
use protocol::wire::Order;

const UNITS: u32 = 12;

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_postgres_sells_nothing_and_the_sale_goes_on_by_itself() {
    let Some(mut server) = Server::start().await else {
        eprintln!("skipped: without TEST_POSTGRES_URL there is no Postgres to kill");
        return;
    };
    let database = Database::create_on(&server.url()).await;
    let sale = Sale::on(database).await;
    let during = sale.buys_while(async || server.kill()).await;
    sale.is_closed().await;
    server.restart().await;
    sale.goes_on(during).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_that_says_nothing_keeps_no_reader_waiting_and_the_sale_goes_on_by_itself() {
    let Some(server) = Server::start().await else {
        eprintln!("skipped: without TEST_POSTGRES_URL there is no Postgres to stop");
        return;
    };
    let database = Database::create_on(&server.url()).await;
    let sale = Sale::on(database).await;
    let ticket = &sale.shoppers[0].0;
    server.signal_connections("STOP");
    // The harness gives up after 30 s: what waits for the connection to break would wait longer.
    let asking = until("a reader is told", async || {
        sale.shop.engine.standing(ticket).await.err()
    });
    let refused = asking.await;
    assert_eq!(refused.kind().status(), 503, "{refused}");
    // Whoever connects anew is served: the sale may be going on by itself already.
    server.signal_connections("CONT");
    sale.goes_on(Vec::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file_sells_nothing_and_the_sale_goes_on_by_itself() {
    if postgres().is_some() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let sale = Sale::on(Database::create(directory.path()).await).await;
    let mut lock = None;
    let during = sale
        .buys_while(async || lock = Some(Lock::on(&sale.shop.database).await))
        .await;
    sale.is_closed().await;
    lock.unwrap().release().await;
    sale.goes_on(during).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_sells_nothing_and_the_sale_goes_on_by_itself() {
    if postgres().is_some() {
        return;
    }
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("skipped: only root may mount the small disk that this fills");
        return;
    };
    let sale = Sale::on(Database::create(disk.path()).await).await;
    let during = sale.buys_while(async || disk.fill()).await;
    sale.is_closed().await;
    disk.free();
    sale.goes_on(during).await;
}

/// A sale that is open, with as many passes as units.
struct Sale {
    shop: Shop,
    shoppers: Vec<(Ticket, Pass)>,
}

impl Sale {
    async fn on(database: Database) -> Self {
        let shop = Shop::with_ledger(database, UNITS).await;
        let tickets = join_all((0..UNITS).map(|_| shop.joins())).await;
        for (i, ticket) in tickets.iter().enumerate() {
            shop.authorizes(ticket, &good_card(i as u64)).await;
        }
        shop.opens().await;
        let passes = tickets
            .iter()
            .map(async |ticket| shop.passes(ticket).await.unwrap());
        let passes = join_all(passes).await;
        Self {
            shoppers: tickets.into_iter().zip(passes).collect(),
            shop,
        }
    }

    /// A third buys, and a third while the ledger is being lost. Answers who was told "you got it".
    async fn buys_while(&self, lost: impl AsyncFnOnce()) -> Vec<(usize, Order)> {
        let third = self.shoppers.len() / 3;
        let buy = async |i: usize| {
            let (order, _) = self.shop.engine.buy(&self.shoppers[i].1).await.ok()?;
            Some((i, order))
        };
        let before = join_all((0..third).map(buy)).await;
        assert!(before.iter().all(Option::is_some), "{before:?}");
        let buying = join_all((third..2 * third).map(buy));
        let (during, ()) = tokio::join!(buying, lost());
        before.into_iter().chain(during).flatten().collect()
    }

    /// The page says so, and whoever clicks is refused.
    async fn is_closed(&self) {
        // SQLite may still have room inside its files: write until it has not.
        until("the ledger fails", async || {
            let act = self.shop.engine.act(&self.shop.sale, Act::Rate(500), "");
            act.await.err()
        })
        .await;
        self.shop.until_phase(Phase::Paused).await;
        let last = &self.shoppers[self.shoppers.len() - 1].1;
        let refused = self.shop.engine.buy(last).await.unwrap_err();
        assert_eq!(refused.kind().status(), 503, "{refused}");
    }

    /// Whoever was told so has the unit; everybody else gets one of the others.
    async fn goes_on(&self, told: Vec<(usize, Order)>) {
        self.shop.until_phase(Phase::Open).await;
        for (i, order) in told {
            let kept = self
                .shop
                .engine
                .order(&self.shoppers[i].0, &order.order)
                .await;
            assert_eq!(kept.unwrap().unit, order.unit);
        }
        let again = self.shoppers.iter().map(|(_, pass)| {
            until("everybody has a unit", async || {
                self.shop.engine.buy(pass).await.ok()
            })
        });
        join_all(again).await;
        let report = self.shop.settles().await;
        assert_eq!(
            (report.orders, report.captured),
            (UNITS.into(), UNITS.into())
        );
        assert_eq!(self.shop.bank().await["captured"], UNITS);
    }
}
