//! The master of a sale is lost in the middle of it, and the sale sells out all the same. Nobody loses a place: a
//! number is told when the ledger has it, and a Redis that lacks it is laid anew.

use crate::harness::{Redis, Shop, good_card, until};
use engine::Error;
use engine::sale::Act;
use futures::future::join_all;
use protocol::ticket::Ticket;
use protocol::wire::Order;
use std::collections::BTreeSet;
use tokio::sync::Notify;

const UNITS: u32 = 30;
const PEOPLE: u64 = 45;
/// Who joins while the master is lost.
const LATE: usize = 20;
/// Admissions a second: slow enough that there is a middle.
const RATE: u32 = 8;

/// Everybody tries until they have a unit or every unit is claimed; in the middle `fault` strikes.
pub(crate) async fn sells_out_across(redis: Redis, fault: impl AsyncFnOnce(&mut Redis)) -> Shop {
    let mut shop = Shop::on(redis, UNITS).await;
    let mut joins = join_all((0..PEOPLE).map(|_| shop.joins_somehow(&shop.engine))).await;
    let holds = joins.iter().zip(0..).map(async |((_, ticket), n)| {
        shop.authorizes(ticket, &good_card(n)).await;
    });
    join_all(holds).await;
    shop.act(Act::Rate(RATE)).await;
    shop.opens().await;

    let mut redis = std::mem::replace(&mut shop.redis, Redis::none());
    let buying = join_all(joins.iter().map(|(_, ticket)| shop.buys_in_the_end(ticket)));
    let struck = Notify::new();
    let coming = async {
        struck.notified().await;
        join_all((0..LATE).map(|_| shop.joins_somehow(&shop.engine))).await
    };
    let striking = async {
        until("the sale is in its middle", async || {
            (shop.snapshot().stock.claimed >= UNITS / 4).then_some(())
        })
        .await;
        assert!(shop.snapshot().stock.claimed < UNITS);
        struck.notify_one();
        fault(&mut redis).await;
    };
    let (outcomes, late, ()) = tokio::join!(buying, coming, striking);
    shop.redis = redis;
    joins.extend(late);
    let numbers: BTreeSet<_> = joins.iter().map(|(_, ticket)| ticket.number).collect();
    assert_eq!(numbers.len(), joins.len(), "a number was given twice");
    shop.keep_their_places(&joins).await;

    let orders: Vec<&Order> = outcomes.iter().flatten().collect();
    let units: BTreeSet<_> = orders.iter().map(|order| order.unit).collect();
    assert_eq!(
        (orders.len(), units.len()),
        (UNITS as usize, UNITS as usize)
    );
    let report = shop.settles().await;
    assert_eq!(
        (report.orders, report.captured, report.oversold, report.free),
        (u64::from(UNITS), u64::from(UNITS), 0, 0)
    );
    assert_eq!(shop.bank().await["open_holds"], 0);
    shop
}

impl Shop {
    async fn act(&self, act: Act) {
        self.engine.act(&self.sale, act, "").await.unwrap();
    }

    /// Asks again whatever happens, until there is an order or nothing is left.
    async fn buys_in_the_end(&self, ticket: &Ticket) -> Option<Order> {
        until("an order, or the end of the units", async || {
            match self.tries_to_buy(ticket).await {
                Ok(order) => Some(Some(order)),
                Err(_) if self.snapshot().stock.claimed == UNITS => Some(None),
                Err(_) => None,
            }
        })
        .await
    }

    async fn tries_to_buy(&self, ticket: &Ticket) -> Result<Order, Error> {
        let pass = self.engine.pass(ticket, None).await?;
        let pass = self.engine.read_pass(&self.sale, &pass.pass)?;
        self.engine.buy(&pass).await.map(|(order, _)| order)
    }
}
