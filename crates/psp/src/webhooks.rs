//! Events for the shop: signed as Stripe signs them, delivered in the background.
//!
//! `simulator` hands events over after the change is written. As with any provider they may come
//! late, twice or never (a crash forgets what is still queued): the shop may only observe them.

use std::{sync::Arc, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, header::CONTENT_TYPE};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::{
    runtime::Handle,
    sync::{Semaphore, mpsc},
};

use crate::{Error, api::render, clock, faults::Weather, ids, model::Intent};

const QUEUE: usize = 65_536;
const AT_ONCE: usize = 32;
const ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_secs(10);

/// What happened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Topic {
    IntentCreated,
    IntentRequiresAction,
    IntentAmountCapturableUpdated,
    IntentSucceeded,
    IntentCanceled,
    IntentPaymentFailed,
    ChargeRefunded,
}

impl Topic {
    fn name(self) -> &'static str {
        match self {
            Self::IntentCreated => "payment_intent.created",
            Self::IntentRequiresAction => "payment_intent.requires_action",
            Self::IntentAmountCapturableUpdated => "payment_intent.amount_capturable_updated",
            Self::IntentSucceeded => "payment_intent.succeeded",
            Self::IntentCanceled => "payment_intent.canceled",
            Self::IntentPaymentFailed => "payment_intent.payment_failed",
            Self::ChargeRefunded => "charge.refunded",
        }
    }
}

/// Something the shop may want to know, with the intent as it was then.
#[derive(Debug)]
pub(crate) struct Event {
    topic: Topic,
    intent: Box<Intent>,
}

impl Event {
    pub(crate) fn new(topic: Topic, intent: &Intent) -> Self {
        Self {
            topic,
            intent: Box::new(intent.clone()),
        }
    }

    fn body(&self) -> String {
        let object: Value = match (self.topic, &self.intent.charge) {
            (Topic::ChargeRefunded, Some(charge)) => render::charge(&self.intent, charge),
            _ => render::intent(&self.intent, false),
        };
        json!({
            "id": ids::fresh("evt"),
            "object": "event",
            "api_version": "2025-03-31.basil",
            "created": clock::now(),
            "data": {"object": object},
            "livemode": false,
            "pending_webhooks": 1,
            "request": {"id": null, "idempotency_key": null},
            "type": self.topic.name(),
        })
        .to_string()
    }
}

/// Takes events and delivers them without anybody waiting.
#[derive(Debug)]
pub(crate) struct Postman {
    queue: mpsc::Sender<Event>,
}

#[derive(Debug)]
struct Address {
    client: Client,
    url: String,
    secret: String,
    weather: Arc<Weather>,
}

impl Postman {
    /// Starts the delivery; it ends when the simulator is dropped.
    pub(crate) fn start(url: &str, secret: &str, weather: Arc<Weather>) -> Result<Self, Error> {
        let runtime = Handle::try_current().map_err(|_| Error::NoRuntime)?;
        let client = Client::builder()
            .no_proxy()
            .timeout(PATIENCE)
            .build()
            .map_err(Error::WebhookClient)?;
        let address = Arc::new(Address {
            client,
            url: url.to_owned(),
            secret: secret.to_owned(),
            weather,
        });
        let (queue, events) = mpsc::channel(QUEUE);
        runtime.spawn(deliver_all(address, events));
        Ok(Self { queue })
    }

    /// Queues events; a full queue drops them.
    pub(crate) fn send(&self, events: Vec<Event>) {
        for event in events {
            if self.queue.try_send(event).is_err() {
                tracing::warn!("the webhook queue is full, an event was dropped");
            }
        }
    }
}

async fn deliver_all(address: Arc<Address>, mut events: mpsc::Receiver<Event>) {
    let slots = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(event) = events.recv().await {
        let letter = address.weather.letter();
        let event = Arc::new(event);
        if letter.forged {
            let (address, event) = (Arc::clone(&address), Arc::clone(&event));
            tokio::spawn(async move { forge(&address, &event).await });
        }
        let body: Arc<str> = event.body().into();
        for late in letter.copies {
            // Who travels late leaves the others their turn, and queues when the time has come.
            let slot = match late.is_zero() {
                true => Arc::clone(&slots).acquire_owned().await.ok(),
                false => None,
            };
            let (address, event, body) =
                (Arc::clone(&address), Arc::clone(&event), Arc::clone(&body));
            let slots = Arc::clone(&slots);
            tokio::spawn(async move {
                tokio::time::sleep(late).await;
                let slot = match slot {
                    None => slots.acquire_owned().await.ok(),
                    slot => slot,
                };
                deliver(&address, &event, &body).await;
                drop(slot);
            });
        }
    }
}

/// Somebody else's letter: says that the payment is settled, and cannot sign. Sent once; who forges
/// does not care for the answer.
async fn forge(address: &Address, event: &Event) {
    let lie = Event {
        topic: Topic::IntentSucceeded,
        intent: event.intent.clone(),
    };
    let body = lie.body();
    let sent = address.post(&body, "whsec_of_somebody_else").await;
    if sent.is_ok_and(|answer| answer.status().is_success()) {
        tracing::warn!("the shop took a forged event");
    }
}

impl Address {
    async fn post(&self, body: &str, secret: &str) -> reqwest::Result<reqwest::Response> {
        self.client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .header("stripe-signature", signature(secret, clock::now(), body))
            .body(body.to_owned())
            .send()
            .await
    }
}

async fn deliver(address: &Address, event: &Event, body: &str) {
    let mut pause = FIRST_PAUSE;
    for attempt in 1..=ATTEMPTS {
        match address.post(body, &address.secret).await {
            Ok(answer) if answer.status().is_success() => return,
            Ok(answer) => tracing::debug!(attempt, status = %answer.status(), "webhook refused"),
            Err(error) => tracing::debug!(attempt, %error, "webhook not delivered"),
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(pause).await;
            pause *= 3;
        }
    }
    tracing::warn!(topic = event.topic.name(), "a webhook was given up");
}

/// `t=…,v1=hex(hmac_sha256(secret, "t.body"))`
fn signature(secret: &str, at: u64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("{at}.").as_bytes());
    mac.update(body.as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}
