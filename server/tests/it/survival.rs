//! Kills and restarts of real processes in the middle of a sale.

use crate::harness::{Edge, kill};
use futures::future::join_all;
use protocol::Phase;
use reqwest::Method;
use std::collections::BTreeSet;

const ME: &str = "/api/v1/sales/one/tickets/me";

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_goes_on_where_it_was() {
    for signal in ["TERM", "KILL"] {
        let mut edge = Edge::start().await;
        edge.announces("one", 2).await;
        let ticket = edge.joins("one").await;
        edge.authorizes("one", &ticket).await;
        edge.restart(signal).await;

        let me = edge.send(Method::GET, ME, Some(&ticket), None).await;
        assert_eq!(
            (&me.body["number"], &me.body["authorization"]["status"]),
            (&0.into(), &"authorized".into()),
            "{signal}: {me:?}"
        );
        edge.until_phase("one", Phase::Lobby).await;
        edge.joins("one").await;
        assert_eq!(edge.acts("one", "open").await.status, 200);
        let pass = edge.pass("one", &ticket).await;
        let order = edge.buys("one", &pass).await;
        assert_eq!(order.status, 201, "{signal}: {order:?}");
        edge.restart(signal).await;

        let again = edge.until("the same order again", async || {
            Some(edge.buys("one", &pass).await).filter(|answer| answer.status == 200)
        });
        assert_eq!(again.await.text("order"), order.text("order"), "{signal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_gone_the_page_answers_and_with_it_back_the_sale_goes_on() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let ticket = edge.joins("one").await;
    edge.authorizes("one", &ticket).await;
    assert_eq!(edge.acts("one", "open").await.status, 200);
    let pass = edge.pass("one", &ticket).await;

    let redis = edge.redis_pid();
    kill("STOP", redis);
    let told = edge.until_phase("one", Phase::Paused).await;
    assert!(told.message.unwrap().contains("Your place is kept"));
    let refused = edge.buys("one", &pass).await;
    assert_eq!(
        (refused.status.as_u16(), refused.text("type")),
        (503, "/problems/unavailable")
    );
    let ready = reqwest::get(format!("{}/ready", edge.admin_url))
        .await
        .unwrap();
    assert_eq!(ready.status(), 503);

    kill("KILL", redis);
    edge.until_phase("one", Phase::Open).await;
    let order = edge
        .until("the order", async || {
            Some(edge.buys("one", &pass).await).filter(|a| a.status.is_success())
        })
        .await;
    assert_eq!(order.body["unit"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edge_that_ends_while_its_redis_is_started_again_leaves_none_behind() {
    let edge = Edge::start().await;
    assert_eq!(edge.processes().lines().count(), 2);
    kill("KILL", edge.redis_pid());
    edge.signal("TERM");
    edge.until("nothing runs any more", async || {
        edge.processes().is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_identical_clicks_are_one_unit_and_one_answer() {
    // Nothing becomes of the payment meanwhile, so nothing of the answer may differ.
    let held = vec![("FAILPOINTS", "capture.due=return(hold)".to_owned())];
    let edge = Edge::start_with(held).await;
    edge.announces("one", 5).await;
    let ticket = edge.joins("one").await;
    edge.authorizes("one", &ticket).await;
    edge.acts("one", "open").await;
    let pass = edge.pass("one", &ticket).await;
    let answers = join_all((0..1000).map(|_| edge.buys("one", &pass))).await;
    assert!(answers.iter().all(|answer| answer.status.is_success()));
    let bodies: BTreeSet<String> = answers.iter().map(|a| a.body.to_string()).collect();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 201).count(),
        1
    );
}
