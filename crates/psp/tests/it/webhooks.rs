//! Events to the shop, over a real port.

use std::time::Duration;

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use hmac::{Hmac, KeyInit, Mac};
use psp::{Error, Settings, Simulator};
use serde_json::Value;
use sha2::Sha256;
use tokio::{net::TcpListener, sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

use crate::harness::Provider;

const GIVE_UP: Duration = Duration::from_secs(30);

/// No event arrives, and one that nobody sent does.
const LOST_AND_FORGED: &str = r#"{"webhooks": {"dropped": 1, "forged": 1}}"#;

/// A shop's webhook endpoint that answers with `statuses` first and 200 from then on.
struct Shop {
    url: String,
    letters: mpsc::UnboundedReceiver<(String, String)>,
}

#[derive(Clone)]
struct Inbox {
    letters: mpsc::UnboundedSender<(String, String)>,
    refusals: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

async fn receive(State(inbox): State<Inbox>, headers: HeaderMap, body: String) -> StatusCode {
    use std::sync::atomic::Ordering::SeqCst;
    let signature = headers["stripe-signature"].to_str().expect("text");
    inbox
        .letters
        .send((signature.to_owned(), body))
        .expect("the test listens");
    let refuse = inbox
        .refusals
        .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
    match refuse {
        Ok(_) => StatusCode::INTERNAL_SERVER_ERROR,
        Err(_) => StatusCode::OK,
    }
}

impl Shop {
    async fn opens(refusals: usize) -> Self {
        let (sender, letters) = mpsc::unbounded_channel();
        let inbox = Inbox {
            letters: sender,
            refusals: std::sync::Arc::new(refusals.into()),
        };
        let router = Router::new()
            .route("/hook", post(receive))
            .with_state(inbox);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/hook", listener.local_addr().expect("bound"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, letters }
    }

    /// A provider that writes to this shop, in this weather.
    fn provider_with(&self, faults: &str) -> Provider {
        Provider::with(Settings {
            webhook_url: Some(self.url.clone()),
            faults: faults.parse().expect("faults"),
            ..Settings::default()
        })
    }

    async fn letter(&mut self) -> (String, String) {
        timeout(GIVE_UP, self.letters.recv())
            .await
            .expect("a letter arrives")
            .expect("the endpoint runs")
    }

    /// The next letter's body, and its signature beside the one that the secret gives.
    async fn signed_letter(&mut self) -> (String, String, String) {
        let (signature, body) = self.letter().await;
        let (time, sent) = signature
            .strip_prefix("t=")
            .and_then(|rest| rest.split_once(",v1="))
            .expect("t=…,v1=…");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec_sluice").expect("a key");
        mac.update(format!("{time}.{body}").as_bytes());
        let right = hex::encode(mac.finalize().into_bytes());
        (body, sent.to_owned(), right)
    }

    async fn events(&mut self, count: usize) -> Vec<Value> {
        let mut events = Vec::new();
        for _ in 0..count {
            events.push(serde_json::from_str(&self.letter().await.1).expect("JSON"));
        }
        events
    }
}

fn types(events: &[Value]) -> Vec<&str> {
    let mut types: Vec<&str> = events.iter().filter_map(|e| e["type"].as_str()).collect();
    types.sort_unstable();
    types
}

#[tokio::test]
async fn webhooks_are_signed() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with("none");
    provider.authorize("s", "4242424242424242").await;
    let (_, sent, right) = shop.signed_letter().await;
    assert_eq!(sent, right);
}

#[tokio::test]
async fn each_step_of_an_intent_is_announced() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with("none");
    let id = provider.authorize("s", "4242424242424242").await.id();
    provider.capture(&id).await;
    provider
        .post("/v1/refunds", &format!("payment_intent={id}"))
        .await;
    let events = shop.events(4).await;
    assert_eq!(
        types(&events),
        [
            "charge.refunded",
            "payment_intent.amount_capturable_updated",
            "payment_intent.created",
            "payment_intent.succeeded",
        ]
    );
    let object = |kind: &str| {
        let event = events.iter().find(|event| event["type"] == kind);
        event.expect("it came")["data"]["object"].clone()
    };
    assert_eq!(object("payment_intent.succeeded")["status"], "succeeded");
    let held = object("payment_intent.amount_capturable_updated");
    assert_eq!(held["status"], "requires_capture", "as it was then");
    assert_eq!(object("charge.refunded")["payment_intent"], id.as_str());
}

#[tokio::test]
async fn bad_news_is_announced_too() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with("none");
    provider.authorize("s", "4000000000000002").await;
    let events = shop.events(2).await;
    assert_eq!(
        types(&events),
        ["payment_intent.created", "payment_intent.payment_failed"]
    );
    let id = provider.authorize("s", "4000002760003184").await.id();
    provider.cancel(&id).await;
    let events = shop.events(3).await;
    assert_eq!(
        types(&events),
        [
            "payment_intent.canceled",
            "payment_intent.created",
            "payment_intent.requires_action",
        ]
    );
}

#[tokio::test]
async fn a_refused_webhook_comes_again() {
    let mut shop = Shop::opens(1).await;
    let provider = shop.provider_with("none");
    provider
        .post("/v1/payment_intents", "amount=5&currency=eur")
        .await;
    let events = shop.events(2).await;
    assert_eq!(events[0]["id"], events[1]["id"], "the same event");
}

/// The ids of `count` events, in the order of their arrival.
async fn arrivals(shop: &mut Shop, count: usize) -> Vec<String> {
    let events = shop.events(count).await;
    let id = |event: &Value| event["id"].as_str().expect("an id").to_owned();
    events.iter().map(id).collect()
}

fn open_intents(provider: &Provider, count: usize) -> impl Future<Output = ()> {
    let provider = provider.clone();
    async move {
        for _ in 0..count {
            provider
                .post("/v1/payment_intents", "amount=5&currency=eur")
                .await;
        }
    }
}

#[tokio::test]
async fn events_come_fivefold_and_in_any_order() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with("webhooks-fivefold");
    open_intents(&provider, 10).await;
    let mut arrived = arrivals(&mut shop, 50).await;
    let order = arrived.clone();
    arrived.dedup();
    assert!(arrived.len() > 10, "they are mixed: {order:?}");
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len(), 10);
}

#[tokio::test]
async fn lost_events_never_come_and_later_ones_do() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with(LOST_AND_FORGED);
    open_intents(&provider, 10).await;
    // The forgeries tell that each event's fate is decided.
    let forged = shop.events(10).await;
    assert!(
        types(&forged)
            .iter()
            .all(|kind| kind.ends_with("succeeded"))
    );
    provider.control("/control/faults", &"none".into()).await;
    open_intents(&provider, 1).await;
    assert_eq!(types(&shop.events(1).await), ["payment_intent.created"]);
}

#[tokio::test]
async fn a_forgery_lies_and_its_signature_does_not_fit() {
    let mut shop = Shop::opens(0).await;
    let provider = shop.provider_with(LOST_AND_FORGED);
    open_intents(&provider, 1).await;
    let (body, sent, right) = shop.signed_letter().await;
    let event: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(event["type"], "payment_intent.succeeded");
    assert_ne!(sent, right);
}

#[test]
fn webhooks_need_a_runtime() {
    let opened = Simulator::open(Settings {
        webhook_url: Some("http://127.0.0.1:1/".to_owned()),
        ..Settings::default()
    });
    assert!(matches!(opened, Err(Error::NoRuntime)));
}

#[tokio::test]
async fn it_serves_until_it_is_told_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/health", listener.local_addr().expect("bound"));
    let stop = CancellationToken::new();
    let server = tokio::spawn(psp::serve(listener, Settings::default(), stop.clone()));
    let health = reqwest::get(&url).await.expect("an answer");
    assert_eq!(health.status(), 200);
    stop.cancel();
    let ended = timeout(GIVE_UP, server).await.expect("it stops");
    assert!(ended.expect("no panic").is_ok());
}
