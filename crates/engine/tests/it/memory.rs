//! What Redis forgets, the ledger remembers: the line, the draw, the units; and that it forgot is noticed at once.

use crate::harness::{PLAIN, Shop, browser_key, good_card, until};
use engine::sale::Act;
use engine::{Engine, Error};
use futures::future::join_all;
use protocol::challenge::Mismatch;
use protocol::digest::from_hex;
use protocol::ticket::Ticket;
use protocol::transcript::Entry;
use protocol::wire::JoinRequest;
use protocol::{Phase, Snapshot, verify};
use std::collections::BTreeSet;

impl Shop {
    /// Joins as often as it takes, as a browser does: the same proof while the shop is busy, a new one when the old
    /// is refused.
    pub(crate) async fn joins_somehow(&self, engine: &Engine) -> (JoinRequest, Ticket) {
        let mut request = self.solved(1);
        let answer = until("a join is taken", async || {
            match engine.join(&self.sale, &request, &PLAIN).await {
                Ok((answer, _)) => Some(answer),
                Err(Error::ChallengeMismatch(_)) => {
                    request = self.solved(1);
                    None
                }
                Err(Error::Rebuilding | Error::OutOfReach | Error::Busy | Error::Behind) => None,
                Err(error) => panic!("{error}"),
            }
        })
        .await;
        let ticket = engine.ticket(&self.sale, &answer.ticket).unwrap();
        (request, ticket)
    }

    /// Waits until the sale lives a later life than `epoch` and goes on.
    pub(crate) async fn until_restored(&self, epoch: u64) -> Snapshot {
        until("the sale goes on", async || {
            Some(self.snapshot()).filter(|s| s.epoch > epoch && s.phase != Phase::Paused)
        })
        .await
    }

    /// Has every one of these the place it had?
    pub(crate) async fn keep_their_places(&self, joins: &[(JoinRequest, Ticket)]) {
        for (request, ticket) in joins {
            let (again, new) = until("a join is answered", async || {
                let asked = self.engine.join(&self.sale, request, &PLAIN).await;
                asked
                    .inspect_err(|why| eprintln!("{}: {why}", ticket.number))
                    .ok()
            })
            .await;
            assert_eq!((again.number, new), (ticket.number, false));
        }
    }

    /// Every ticket has a number of its own, and the draw that is published is in order.
    async fn is_drawn_in_order(&self, joins: &[(JoinRequest, Ticket)]) -> verify::Verified {
        let numbers: BTreeSet<u64> = joins.iter().map(|(_, ticket)| ticket.number.0).collect();
        assert_eq!(numbers.len(), joins.len(), "a number was given twice");
        self.opens().await;
        let published = self.engine.transcript(&self.sale).await.unwrap();
        let entries: Vec<Entry> = published
            .iter()
            .map(|entry| Entry {
                first: entry.first,
                count: entry.count,
                root: from_hex(&entry.root).unwrap(),
            })
            .collect();
        let verified = verify::draw(&self.snapshot().draw, &entries).unwrap();
        assert!(numbers.iter().all(|number| *number < verified.size));
        verified
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lobby_survives_a_redis_that_forgot_everything() {
    let mut shop = Shop::with(1).await;
    let mut joins = join_all((0..40).map(|_| shop.joins_somehow(&shop.engine))).await;
    shop.redis.kill_and_forget().await;
    let restored = shop.until_restored(1).await;
    assert_eq!((restored.phase, restored.tail), (Phase::Lobby, 40));
    shop.keep_their_places(&joins).await;
    joins.extend(join_all((0..20).map(|_| shop.joins_somehow(&shop.engine))).await);
    let drawn = shop.is_drawn_in_order(&joins).await;
    assert_eq!((drawn.size, drawn.void), (60, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_counts_once_though_redis_forgot_which_were_used() {
    let mut shop = Shop::with(1).await;
    let (used, _) = shop.joins_somehow(&shop.engine).await;
    let unused = shop.solved(1);
    shop.redis.kill_and_forget().await;
    shop.until_restored(1).await;
    let as_another = JoinRequest {
        key: Some(browser_key()),
        ..used
    };
    for old in [&as_another, &unused] {
        let refused = shop.engine.join(&shop.sale, old, &PLAIN).await;
        assert!(
            matches!(refused, Err(Error::ChallengeMismatch(Mismatch::Stale))),
            "{refused:?}"
        );
    }
    shop.joins().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_was_given_back_stays_given_back() {
    let mut shop = Shop::with(1).await;
    let joins = join_all((0..3).map(|_| shop.joins_somehow(&shop.engine))).await;
    shop.engine.leave(&joins[1].1).await.unwrap();
    shop.redis.kill_and_forget().await;
    shop.until_restored(1).await;
    assert!(shop.engine.standing(&joins[1].1).await.unwrap().left);
    assert!(!shop.engine.standing(&joins[0].1).await.unwrap().left);
    shop.opens().await;
    assert!(matches!(
        shop.buys(&joins[1].1).await,
        Err(Error::TicketLeft)
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flushed_lobby_under_load_on_two_edges_gives_no_number_twice_and_draws_in_order() {
    let shop = Shop::with(1).await;
    let other = shop.another_edge().await;
    let crowd = async |count: usize| {
        join_all((0..count).map(|i| {
            let edge = if i % 2 == 0 { &shop.engine } else { &other };
            shop.joins_somehow(edge)
        }))
        .await
    };
    let ((mut joins, later), ()) = tokio::join!(
        async {
            let first = crowd(150).await;
            (first, crowd(150).await)
        },
        async {
            for _ in 0..3 {
                let tail = shop.snapshot().tail;
                until("the line moves", async || {
                    (shop.snapshot().tail > tail || tail >= 300).then_some(())
                })
                .await;
                shop.redis.flush().await;
            }
        }
    );
    joins.extend(later);
    until("both edges go on", async || {
        let phases = [&shop.engine, &other].map(|edge| edge.snapshot(&shop.sale).unwrap().phase);
        (phases == [Phase::Lobby; 2]).then_some(())
    })
    .await;
    shop.keep_their_places(&joins).await;
    shop.is_drawn_in_order(&joins).await;
}

/// A sale of which the first buyers have bought, and everyone else may.
struct Selling {
    shop: Shop,
    other: Engine,
    joins: Vec<(JoinRequest, Ticket)>,
}

impl Selling {
    async fn begins(units: u32, people: usize) -> Self {
        let shop = Shop::with(units).await;
        let other = shop.another_edge().await;
        let joins = join_all((0..people).map(|_| shop.joins_somehow(&shop.engine))).await;
        for (i, (_, ticket)) in joins.iter().enumerate() {
            shop.authorizes(ticket, &good_card(i as u64)).await;
        }
        shop.opens().await;
        Self { shop, other, joins }
    }

    /// Everyone of these buys, on both edges in turns, until told that there is nothing more.
    async fn buy(&self, buyers: &[(JoinRequest, Ticket)]) -> usize {
        let outcomes = join_all(
            buyers
                .iter()
                .enumerate()
                .map(|(i, (_, ticket))| async move {
                    let edge = if i % 2 == 0 {
                        &self.shop.engine
                    } else {
                        &self.other
                    };
                    until("an answer that is final", async || {
                        let pass = match edge.pass(ticket, None).await {
                            Ok(pass) => pass,
                            Err(Error::SoldOut) => return Some(false),
                            Err(_) => return None,
                        };
                        let pass = edge.read_pass(&self.shop.sale, &pass.pass).unwrap();
                        match edge.buy(&pass).await {
                            Ok(_) => Some(true),
                            Err(Error::SoldOut) => Some(false),
                            Err(_) => None,
                        }
                    })
                    .await
                }),
        )
        .await;
        outcomes.into_iter().filter(|bought| *bought).count()
    }

    async fn ends_well(self, units: u32) {
        let report = self.shop.settles().await;
        assert_eq!(
            (report.orders, report.captured, report.oversold),
            (units.into(), units.into(), 0)
        );
        let bank = self.shop.bank().await;
        assert_eq!(
            (&bank["captured"], &bank["open_holds"]),
            (&units.into(), &0.into())
        );
        self.shop.keep_their_places(&self.joins).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_restored_from_an_old_file_is_noticed_and_sells_no_unit_twice() {
    let mut selling = Selling::begins(8, 14).await;
    assert_eq!(selling.buy(&selling.joins[..2]).await, 2);
    let old = selling.shop.redis.backup();
    assert_eq!(selling.buy(&selling.joins[2..5]).await, 3);
    let late = selling.shop.joins_somehow(&selling.shop.engine).await;
    assert_eq!(late.1.number.0, 14);

    selling.shop.redis.kill_and_restore(&old).await;
    // Nobody asks for anything: it is noticed all the same.
    let restored = selling.shop.until_restored(1).await;
    assert_eq!((restored.stock.claimed, restored.tail), (5, 15));
    selling.joins.push(late);
    selling.shop.keep_their_places(&selling.joins).await;
    let buyers = &selling.joins[5..14];
    assert_eq!(selling.buy(buyers).await, 3);
    selling.ends_well(8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_starts_with_an_old_redis_notices_too() {
    let mut shop = Shop::with(1).await;
    join_all((0..3).map(|_| shop.joins())).await;
    let old = shop.redis.backup();
    join_all((0..4).map(|_| shop.joins())).await;
    shop.stops().await;
    shop.redis.kill_and_restore(&old).await;
    shop.engine = shop.another_edge().await;
    let restored = shop.until_restored(1).await;
    assert_eq!(restored.tail, 7);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_with_all_files_is_no_reason_to_rebuild() {
    let mut shop = Shop::with(1).await;
    join_all((0..5).map(|_| shop.joins())).await;
    shop.redis.kill_and_restart().await;
    let ticket = shop.joins_somehow(&shop.engine).await.1;
    assert_eq!((ticket.number.0, shop.snapshot().epoch), (5, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_flushed_in_mid_admission_on_two_edges_sells_every_unit_once() {
    let selling = Selling::begins(10, 30).await;
    let (bought, ()) = tokio::join!(selling.buy(&selling.joins), async {
        for sold in [1, 4] {
            until("some are sold", async || {
                (selling.shop.snapshot().stock.claimed >= sold).then_some(())
            })
            .await;
            selling.shop.redis.flush().await;
        }
    });
    assert_eq!(bought, 10);
    selling.ends_well(10).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_it_is_restored_the_sale_says_so_and_then_goes_on_as_the_operator_left_it() {
    let shop = Shop::with(1).await;
    shop.joins().await;
    shop.engine
        .act(&shop.sale, Act::Rate(123), "")
        .await
        .unwrap();
    // A rebuild of one place is over sooner than anybody looks.
    assert!(engine::moments::arm("rebuild.staged", true));
    shop.redis.flush().await;
    let told = until("it is told", async || {
        let snapshot = shop.snapshot();
        (snapshot.phase == Phase::Paused).then_some(snapshot)
    })
    .await;
    assert!(engine::moments::arm("rebuild.staged", false));
    assert!(
        told.message.as_deref().unwrap().contains("books"),
        "{told:?}"
    );
    let after = shop.until_restored(1).await;
    assert_eq!(
        (after.phase, after.rate, after.tail),
        (Phase::Lobby, 123, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_whose_return_was_lost_with_redis_goes_to_the_next_all_the_same() {
    let mut shop = Shop::with(1).await;
    let (one, other) = (shop.joins().await, shop.joins().await);
    shop.authorizes(&one, "4000000000005126").await;
    shop.authorizes(&other, &good_card(1)).await;
    shop.opens().await;
    let order = shop.buys(&one).await.unwrap();
    // The bank refuses while Redis is away, so the unit cannot go back to it.
    shop.redis.kill();
    until("the capture is refused", async || {
        let order = shop.engine.order(&one, &order.order).await.unwrap();
        (order.status == protocol::wire::OrderStatus::Failed).then_some(())
    })
    .await;
    shop.redis.starts_again().await;
    let next = until("the unit comes back", async || shop.buys(&other).await.ok()).await;
    assert_eq!((next.unit, shop.snapshot().epoch), (order.unit, 1));
    assert_eq!(shop.settles().await.orders, 1);
}
