//! What the operator does over HTTP beside announcing and acting: changing, reading what was done, taking the orders along.

use crate::harness::{Edge, now};
use protocol::Phase;
use reqwest::Method;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_changed_and_the_log_tells_by_what() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let operator = edge.operator().await;
    let later = now() + 7_200_000;
    let edit = json!({ "title": "Other words", "opens_at": later });
    let path = "/api/v1/operator/sales/one";
    let answer = edge
        .send(Method::PATCH, path, Some(&operator), Some(edit))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.text("title"), "Other words");
    assert_eq!(answer.body["opens_at"], later);
    edge.until("everyone is told", async || {
        (edge.status("one").await.opens_at == later).then_some(())
    })
    .await;
    let page = edge
        .request(Method::GET, "/sales/one")
        .send()
        .await
        .unwrap();
    assert!(page.text().await.unwrap().contains("Other words"));

    let acts = edge
        .send(
            Method::GET,
            "/api/v1/operator/sales/one/acts",
            Some(&operator),
            None,
        )
        .await;
    let names: Vec<&str> = acts
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|done| done["act"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["reword", "open_at", "announce"]);
    assert_eq!(acts.body[1]["detail"], later.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_come_as_a_table() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let operator = edge.operator().await;
    let table = async || {
        let request = edge.request(Method::GET, "/api/v1/operator/sales/one/orders.csv");
        let answer = request.bearer_auth(&operator).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
        assert_eq!(answer.headers()["cache-control"], "no-store");
        assert_eq!(
            answer.headers()["content-disposition"],
            "attachment; filename=\"one-orders.csv\""
        );
        answer.text().await.unwrap()
    };
    let head =
        "order,unit,status,email,currency,amount_minor,refunded_minor,claimed_at,captured_at\n";
    assert_eq!(table().await, head);

    let ticket = edge.joins("one").await;
    edge.authorizes("one", &ticket).await;
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    let pass = edge.pass("one", &ticket).await;
    let order = edge.buys("one", &pass).await;
    let begins = format!(
        "{head}{},0,captured,someone@example.org,EUR,12900,0,20",
        order.text("order")
    );
    edge.until("the table has the order, paid", async || {
        table().await.starts_with(&begins).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_acts_by_its_forms() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    let operator = edge.operator().await;
    let press = async |act: &str, form: &[(&str, &str)]| {
        let request = edge.request(Method::POST, &format!("/operator/sales/one/{act}"));
        let answer = request.bearer_auth(&operator).form(form).send().await;
        answer.unwrap().status()
    };
    // They lead back to the console, which these readers are not let into without a cookie: the status says enough.
    press("rate", &[("rate", "77")]).await;
    edge.until("the rate is another", async || {
        (edge.status("one").await.rate == 77).then_some(())
    })
    .await;
    press("edit", &[("title", "Other words"), ("description", "")]).await;
    let sales = edge.get("/api/v1/sales").await;
    assert_eq!(sales.body[0]["title"], "Other words");
    press("pause", &[("message", "The van is late.")]).await;
    let held = edge.until_phase("one", Phase::Paused).await;
    assert_eq!(held.message.as_deref(), Some("The van is late."));
    press("resume", &[]).await;
    edge.until_phase("one", Phase::Open).await;
    press("pause", &[("message", " ")]).await;
    let held = edge.until_phase("one", Phase::Paused).await;
    assert!(held.message.unwrap().contains("Your place is kept"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_digits_alone_lets_its_operator_in() {
    let password = "012345678901";
    let edge = Edge::start_with(vec![(
        "SLUICE_SERVER__OPERATOR_PASSWORD",
        password.to_owned(),
    )])
    .await;
    assert_eq!(edge.operator_password, password);
    edge.announces("one", 1).await;
}
