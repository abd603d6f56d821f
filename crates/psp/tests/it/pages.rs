//! The card element and the 3-D Secure page.

use axum::http::StatusCode;

use crate::harness::Provider;

const FRAME: &str = "origin=https%3A%2F%2Fshop.example";

async fn challenged(provider: &Provider) -> (String, String) {
    let intent = provider.authorize("s", "4000002760003184").await;
    assert_eq!(intent.state(), "requires_action");
    assert_eq!(intent.field("/next_action/type"), "redirect_to_url");
    let url = intent.field("/next_action/redirect_to_url/url");
    let page = url
        .strip_prefix("http://127.0.0.1:12111")
        .expect("the page is where the API is");
    (intent.id(), page.to_owned())
}

async fn press(provider: &Provider, page: &str, button: &str) -> String {
    let (path, secret) = page.split_once('?').expect("a secret");
    let pressed = provider
        .post_as(
            "",
            &format!("{path}/{button}"),
            &format!("{secret}&{FRAME}"),
        )
        .await;
    assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.text);
    let back = pressed.header("location").replace("../", "/3ds/");
    provider.get_as("", &back).await.text
}

#[tokio::test]
async fn an_approved_challenge_holds_the_money() {
    let provider = Provider::new();
    let (id, page) = challenged(&provider).await;
    let question = provider.get_as("", &format!("{page}&{FRAME}")).await;
    assert!(question.text.contains("19.99 EUR"));
    assert!(question.text.contains("value=\"https://shop.example\""));
    assert_eq!(provider.summary("s").await["open_holds"], 0);

    let outcome = press(&provider, &page, "approve").await;
    assert!(outcome.contains("data-outcome=\"approved\""));
    assert!(outcome.contains("data-origin=\"https://shop.example\""));
    assert!(outcome.contains("redirect_status=succeeded"));
    assert_eq!(provider.intent(&id).await.state(), "requires_capture");

    press(&provider, &page, "approve").await;
    press(&provider, &page, "refuse").await;
    assert_eq!(provider.intent(&id).await.state(), "requires_capture");
    assert_eq!(provider.summary("s").await["open_holds"], 1);
}

#[tokio::test]
async fn a_refused_challenge_asks_for_another_card() {
    let provider = Provider::new();
    let (id, page) = challenged(&provider).await;
    let outcome = press(&provider, &page, "refuse").await;
    assert!(outcome.contains("data-outcome=\"refused\""));
    let intent = provider.intent(&id).await;
    assert_eq!(intent.state(), "requires_payment_method");
    assert_eq!(
        intent.field("/last_payment_error/code"),
        "payment_intent_authentication_failure"
    );
    assert_eq!(intent.field("/next_action"), "null");
}

#[tokio::test]
async fn a_canceled_intent_is_not_revived_by_its_challenge() {
    let provider = Provider::new();
    let (id, page) = challenged(&provider).await;
    provider.cancel(&id).await;
    let outcome = press(&provider, &page, "approve").await;
    assert!(outcome.contains("data-outcome=\"refused\""));
    assert_eq!(provider.intent(&id).await.state(), "canceled");
    assert_eq!(provider.summary("s").await["open_holds"], 0);
}

#[tokio::test]
async fn a_challenge_needs_its_secret() {
    let provider = Provider::new();
    let (id, _) = challenged(&provider).await;
    let wrong = format!("/3ds/{id}?client_secret=wrong");
    assert_eq!(
        provider.get_as("", &wrong).await.status,
        StatusCode::NOT_FOUND
    );
    let approve = format!("/3ds/{id}/approve");
    let pressed = provider.post_as("", &approve, "client_secret=wrong").await;
    assert_eq!(pressed.status, StatusCode::NOT_FOUND);
    assert_eq!(provider.intent(&id).await.state(), "requires_action");
}

#[tokio::test]
async fn only_the_given_origin_may_frame_a_page() {
    let provider = Provider::new();
    let (_, page) = challenged(&provider).await;
    for path in [
        format!("/element?pk=pk_test_sluice&{FRAME}&lang=en"),
        format!("{page}&{FRAME}"),
    ] {
        let framed = provider.get_as("", &path).await;
        let policy = framed.header("content-security-policy");
        assert!(
            policy.ends_with("frame-ancestors https://shop.example"),
            "{policy}"
        );
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"));
        assert!(!framed.text.contains("{{"), "every placeholder is filled");
    }
    let alone = provider.get_as("", &page).await;
    let policy = alone.header("content-security-policy");
    assert!(policy.ends_with("frame-ancestors 'none'"));
    for bad in [
        "",
        "origin=*",
        "origin=https://a.example%20*",
        "origin=javascript:x",
    ] {
        let refused = provider.get_as("", &format!("/element?pk=x&{bad}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{bad}");
    }
}

#[tokio::test]
async fn what_is_put_into_a_page_cannot_become_markup() {
    let provider = Provider::new();
    let path = format!("/element?{FRAME}&pk=%22%3E%3Cscript%3E%7B%7Borigin%7D%7D");
    let page = provider.get_as("", &path).await.text;
    assert!(page.contains("data-pk=\"&quot;&gt;&lt;script&gt;&#123;&#123;origin&#125;&#125;\""));
}

#[tokio::test]
async fn the_card_element_can_be_used_by_everyone() {
    let provider = Provider::new();
    let page = provider.get_as("", &format!("/element?{FRAME}")).await.text;
    for need in [
        "<html lang=\"en\">",
        "label for=\"number\"",
        "label for=\"expiry\"",
        "label for=\"cvc\"",
        "autocomplete=\"cc-number\"",
        "autocomplete=\"cc-exp\"",
        "autocomplete=\"cc-csc\"",
        "inputmode=\"numeric\"",
        "aria-live=\"polite\"",
        "Save card",
    ] {
        assert!(page.contains(need), "{need}");
    }
    for input in page.split("<input").skip(1) {
        let attributes = input.split('>').next().unwrap_or_default();
        assert!(
            !attributes.contains(" name="),
            "the form itself sends nothing"
        );
    }
    for (asset, kind) in [
        ("/element.js", "text/javascript"),
        ("/3ds.js", "text/javascript"),
        ("/pages.css", "text/css"),
    ] {
        let found = provider.get_as("", asset).await;
        assert!(found.header("content-type").starts_with(kind), "{asset}");
    }
}
