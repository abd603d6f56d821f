//! The payment client against `localstripe`, an implementation of Stripe's API that we did not write: does it
//! read and write what others take for that API? Where localstripe differs from Stripe is in
//! docs/LOCALSTRIPE.md; no test here depends on a difference without saying so.
//!
//! `make localstripe` installs it and runs these.

use engine::pay::{Gateway as _, GatewayError, Hold, IntentState, Stripe};
use protocol::{Currency, Money};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const SECRET: &str = "sk_test_sluice";

/// A running localstripe; it ends with this.
struct Localstripe {
    child: Child,
    base: String,
    _home: tempfile::TempDir,
}

impl Drop for Localstripe {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Localstripe {
    async fn start() -> Self {
        let program = std::env::var("LOCALSTRIPE").expect("LOCALSTRIPE: the path of the program");
        let home = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(program)
            .args(["--from-scratch", "--port", &port.to_string()])
            // It keeps its store beside wherever it was started.
            .current_dir(home.path())
            .env("TMPDIR", home.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let base = format!("http://127.0.0.1:{port}");
        let mut started = Self {
            child,
            base,
            _home: home,
        };
        while reqwest::get(&started.base).await.is_err() {
            assert!(
                started.child.try_wait().unwrap().is_none(),
                "localstripe ended by itself"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        started
    }

    fn client(&self) -> Stripe {
        Stripe::new(&self.base, SECRET.to_owned(), Duration::from_secs(30)).unwrap()
    }

    /// Saves a card, as the provider's script would.
    async fn card(&self, number: &str) -> String {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let saved = self.post("/v1/payment_methods", &form).await;
        saved["id"].as_str().unwrap().to_owned()
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> serde_json::Value {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.base))
            .bearer_auth(SECRET)
            .form(form);
        request.send().await.unwrap().json().await.unwrap()
    }
}

fn hold(payment_method: String) -> Hold {
    Hold {
        amount: Money {
            minor: 12_900,
            currency: Currency::parse("EUR").unwrap(),
        },
        payment_method,
        customer: None,
        sale: "a-sale".to_owned(),
        payment: "a-sale:1:1".to_owned(),
    }
}

#[tokio::test]
#[ignore = "needs LOCALSTRIPE: make localstripe"]
async fn a_hold_is_made_read_and_captured() {
    let provider = Localstripe::start().await;
    let client = provider.client();
    let card = provider.card("4242424242424242").await;
    let held = client.authorize("auth", &hold(card)).await.unwrap();
    assert_eq!(held.state, IntentState::Authorized);
    assert_eq!(
        client.get(&held.id).await.unwrap().state,
        IntentState::Authorized
    );
    let captured = client.capture("capture", &held.id).await.unwrap();
    assert_eq!(captured.state, IntentState::Captured);
    assert_eq!(
        client.get(&held.id).await.unwrap().state,
        IntentState::Captured
    );
    // What is over is over: a refusal, and no answer about the payment.
    for again in [
        client.capture("again", &held.id).await,
        client.cancel("void", &held.id).await,
    ] {
        assert!(matches!(again, Err(GatewayError::Refused(_))), "{again:?}");
    }
}

#[tokio::test]
#[ignore = "needs LOCALSTRIPE: make localstripe"]
async fn a_hold_is_released() {
    let provider = Localstripe::start().await;
    let client = provider.client();
    let card = provider.card("4242424242424242").await;
    let held = client.authorize("auth", &hold(card)).await.unwrap();
    let canceled = client.cancel("void", &held.id).await.unwrap();
    assert_eq!(canceled.state, IntentState::Canceled);
    assert_eq!(
        client.get(&held.id).await.unwrap().state,
        IntentState::Canceled
    );
    let again = client.cancel("void:2", &held.id).await;
    assert!(matches!(again, Err(GatewayError::Refused(_))), "{again:?}");
}

#[tokio::test]
#[ignore = "needs LOCALSTRIPE: make localstripe"]
async fn a_declined_card_holds_nothing() {
    let provider = Localstripe::start().await;
    let client = provider.client();
    // The one number that localstripe declines when it is charged.
    let card = provider.card("4000000000000341").await;
    let declined = client.authorize("auth", &hold(card)).await;
    assert!(
        matches!(
            &declined,
            Err(GatewayError::Refused(reason)) if reason.contains("card_declined")
        ),
        "its error lacks the intent, so it is no answer about one: {declined:?}"
    );
}

#[tokio::test]
#[ignore = "needs LOCALSTRIPE: make localstripe"]
async fn three_d_secure_is_asked_by_the_script_and_answered_either_way() {
    let provider = Localstripe::start().await;
    let client = provider.client();
    for (success, state) in [
        ("true", IntentState::Authorized),
        (
            "false",
            IntentState::Declined("payment_intent_authentication_failure".to_owned()),
        ),
    ] {
        let card = provider.card("4000002760003184").await;
        let asked = client.authorize(success, &hold(card)).await.unwrap();
        let IntentState::RequiresAction(url) = asked.state else {
            panic!("{asked:?}");
        };
        let secret = url.strip_prefix("/pay/action?client_secret=").unwrap();
        let path = format!("/v1/payment_intents/{}/_authenticate", asked.id);
        let form = [("success", success), ("client_secret", secret)];
        provider.post(&path, &form).await;
        assert_eq!(client.get(&asked.id).await.unwrap().state, state);
    }
}

#[tokio::test]
#[ignore = "needs LOCALSTRIPE: make localstripe"]
async fn an_unknown_payment_is_refused_and_silence_is_unknown() {
    let provider = Localstripe::start().await;
    let client = provider.client();
    let missing = client.get("pi_missing").await;
    assert!(
        matches!(missing, Err(GatewayError::Refused(_))),
        "{missing:?}"
    );
    let card = provider.card("4242424242424242").await;
    drop(provider);
    let silent = client.authorize("auth", &hold(card)).await;
    assert!(
        matches!(silent, Err(GatewayError::Unknown(_))),
        "{silent:?}"
    );
}
