//! A sale that is changed after it was announced.

use crate::harness::{Shop, until};
use engine::Error;
use engine::sale::Act;
use protocol::Phase;
use protocol::wire::{SaleEdit, SaleInfo};

const HOUR: u64 = 3_600_000;

async fn edits(shop: &Shop, edit: SaleEdit) -> Result<SaleInfo, Error> {
    shop.engine.edit(&shop.sale, &edit).await
}

fn opening(at: u64) -> SaleEdit {
    SaleEdit {
        opens_at: Some(at),
        ..SaleEdit::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_opening_moves_until_it_has_come_and_a_redis_that_forgot_knows_it() {
    let mut shop = Shop::with(1).await;
    let ticket = shop.joins().await;
    let before = shop.snapshot();
    let later = before.opens_at + HOUR;
    assert_eq!(edits(&shop, opening(later)).await.unwrap().opens_at, later);
    let told = until("everyone is told", async || {
        Some(shop.snapshot()).filter(|s| s.opens_at == later)
    })
    .await;
    assert_eq!(
        (told.phase, told.draw.at - later),
        (Phase::Lobby, before.draw.at - before.opens_at)
    );

    shop.redis.kill_and_forget().await;
    let after = shop.until_restored(1).await;
    assert_eq!((after.opens_at, after.draw.at), (later, told.draw.at));

    // While it is held it may be moved as well: that is what somebody holds a lobby for.
    shop.engine.act(&shop.sale, Act::Pause, "").await.unwrap();
    let soon = shop.engine.world.now() + 500;
    edits(&shop, opening(soon)).await.unwrap();
    shop.engine.act(&shop.sale, Act::Resume, "").await.unwrap();
    shop.until_phase(Phase::Open).await;
    let refused = edits(&shop, opening(soon + HOUR)).await;
    assert!(
        matches!(refused, Err(Error::WrongPhase(Phase::Open))),
        "{refused:?}"
    );
    assert_eq!(shop.snapshot().opens_at, soon);
    shop.passes(&ticket).await.unwrap();
    assert!(shop.audits().await.ok);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opening_that_has_come_does_not_move_though_the_draw_is_not_made() {
    let shop = Shop::with(1).await;
    shop.engine.act(&shop.sale, Act::Open, "").await.unwrap();
    let later = shop.engine.world.now() + HOUR;
    let refused = edits(&shop, opening(later)).await;
    assert!(
        matches!(refused, Err(Error::WrongPhase(Phase::Open))),
        "{refused:?}"
    );
    shop.until_phase(Phase::Open).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_sale_says_changes_on_every_edge_and_is_logged() {
    let shop = Shop::with(1).await;
    let other = shop.another_edge().await;
    let before = shop.engine.sale(&shop.sale).unwrap();
    let edit = SaleEdit {
        title: Some("Two, by mistake".to_owned()),
        ..SaleEdit::default()
    };
    let after = edits(&shop, edit.clone()).await.unwrap();
    assert_eq!(
        (after.title.as_str(), &after.description),
        ("Two, by mistake", &before.description)
    );
    assert_eq!(shop.engine.sale(&shop.sale).unwrap().title, after.title);
    until("the other edge says it", async || {
        (other.sale(&shop.sale).ok()?.title == after.title).then_some(())
    })
    .await;

    // The same again is no change.
    edits(&shop, edit).await.unwrap();
    let acts = shop.engine.acts(&shop.sale, 0).await.unwrap();
    let names: Vec<&str> = acts.iter().map(|done| done.act.as_str()).collect();
    assert_eq!(names, ["reword", "announce"]);
    assert!(acts[0].detail.starts_with("Two, by mistake"), "{acts:?}");
    assert_eq!(acts[1].detail, shop.snapshot().draw.commitment);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_that_has_ended_stays_as_it_was() {
    let shop = Shop::with(1).await;
    shop.engine.act(&shop.sale, Act::End, "").await.unwrap();
    let edit = SaleEdit {
        title: Some("Other".to_owned()),
        opens_at: Some(shop.engine.world.now() + HOUR),
        ..SaleEdit::default()
    };
    let refused = edits(&shop, edit).await;
    assert!(
        matches!(refused, Err(Error::WrongPhase(Phase::Closed))),
        "{refused:?}"
    );
    assert_ne!(shop.engine.sale(&shop.sale).unwrap().title, "Other");
}
