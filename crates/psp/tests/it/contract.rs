//! What a shop relies on at its provider: the same checks against the simulator, and against Stripe's
//! own test mode when `STRIPE_SECRET_KEY` is set (`make contract`). Where the two differ the
//! simulator is wrong.

use psp::Settings;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const INTENTS: &str = "/v1/payment_intents";

/// An implementation of Stripe's API.
struct Api {
    client: Client,
    base: String,
    key: String,
    /// Makes idempotency keys and metadata different from those of every other run.
    run: String,
}

struct Answer {
    status: u16,
    replayed: bool,
    body: Value,
}

impl Answer {
    fn text(&self, pointer: &str) -> &str {
        self.body
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn number(&self, pointer: &str) -> Option<u64> {
        self.body.pointer(pointer).and_then(Value::as_u64)
    }
}

impl Api {
    fn new(base: String, key: String) -> Self {
        Self {
            client: Client::new(),
            base,
            key,
            run: format!("{:016x}", rand::random::<u64>()),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request
            .bearer_auth(&self.key)
            .header("Stripe-Version", "2025-03-31.basil")
            .send()
            .await
            .expect("an answer");
        Answer {
            status: answer.status().as_u16(),
            replayed: answer.headers().contains_key("idempotent-replayed"),
            body: answer.json().await.expect("JSON"),
        }
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}{path}", self.base);
        self.send(self.client.post(url).form(form)).await
    }

    async fn post_with_key(&self, key: &str, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = self.client.post(format!("{}{path}", self.base)).form(form);
        let key = format!("{}:{key}", self.run);
        self.send(request.header("Idempotency-Key", key)).await
    }

    async fn delete(&self, path: &str) -> Answer {
        let url = format!("{}{path}", self.base);
        self.send(self.client.delete(url)).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base)))
            .await
    }

    fn hold<'a>(&'a self, amount: &'a str, method: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("amount", amount),
            ("currency", "eur"),
            ("capture_method", "manual"),
            ("confirm", "true"),
            ("payment_method", method),
            ("payment_method_types[]", "card"),
            ("metadata[sale]", &self.run),
            ("expand[]", "latest_charge"),
        ]
    }

    /// The id of a payment method as a browser would make it.
    async fn card(&self, token: &str) -> String {
        let form = [("type", "card"), ("card[token]", token)];
        let made = self.post("/v1/payment_methods", &form).await;
        assert_eq!(made.text("/object"), "payment_method", "{}", made.body);
        made.text("/id").to_owned()
    }

    /// The id of a hold of 19.99.
    async fn held(&self) -> String {
        let held = self.post(INTENTS, &self.hold("1999", "pm_card_visa")).await;
        assert_eq!(held.text("/status"), "requires_capture", "{}", held.body);
        held.text("/id").to_owned()
    }

    async fn act(&self, intent: &str, act: &str, form: &[(&str, &str)]) -> Answer {
        self.post(&format!("{INTENTS}/{intent}/{act}"), form).await
    }
}

async fn keep_the_contract(api: &Api) {
    a_hold_shows_its_card_and_is_captured_once(api).await;
    what_is_canceled_stays_canceled(api).await;
    a_decline_says_why(api).await;
    a_key_belongs_to_one_call(api).await;
    a_decline_is_remembered_and_a_mistake_is_not(api).await;
    part_of_a_hold_ends_it(api).await;
    refunds_end_with_what_was_taken(api).await;
    the_list_is_newest_first(api).await;
    three_d_secure_is_asked_for(api).await;
    a_kept_card_pays_for_its_customer_until_it_is_forgotten(api).await;
    a_bad_card_is_not_kept(api).await;
}

async fn a_hold_shows_its_card_and_is_captured_once(api: &Api) {
    let held = api.post(INTENTS, &api.hold("1999", "pm_card_visa")).await;
    assert_eq!(held.status, 200, "{}", held.body);
    assert_eq!(held.number("/amount_capturable"), Some(1999));
    let card = "/latest_charge/payment_method_details/card";
    assert_eq!(held.text(&format!("{card}/brand")), "visa");
    assert_eq!(held.text(&format!("{card}/last4")), "4242");
    assert_ne!(held.text(&format!("{card}/fingerprint")), "");
    let until = held.number(&format!("{card}/capture_before"));
    assert!(until > held.number("/created"), "{until:?}");

    let id = held.text("/id");
    let captured = api.act(id, "capture", &[]).await;
    assert_eq!(captured.text("/status"), "succeeded");
    assert_eq!(captured.number("/amount_received"), Some(1999));
    for act in ["capture", "cancel"] {
        let again = api.act(id, act, &[]).await;
        assert_eq!(again.status, 400, "{act}");
        assert_eq!(again.text("/error/type"), "invalid_request_error");
        assert_eq!(again.text("/error/code"), "payment_intent_unexpected_state");
        assert_eq!(again.text("/error/payment_intent/status"), "succeeded");
    }
}

async fn what_is_canceled_stays_canceled(api: &Api) {
    let id = api.held().await;
    let canceled = api.act(&id, "cancel", &[]).await;
    assert_eq!(canceled.text("/status"), "canceled");
    assert!(canceled.number("/canceled_at").is_some());
    for act in ["capture", "cancel"] {
        let again = api.act(&id, act, &[]).await;
        assert_eq!(again.text("/error/code"), "payment_intent_unexpected_state");
        assert_eq!(again.text("/error/payment_intent/status"), "canceled");
    }
}

async fn a_decline_says_why(api: &Api) {
    for (method, code, reason) in [
        (
            "pm_card_visa_chargeDeclined",
            "card_declined",
            "generic_decline",
        ),
        (
            "pm_card_visa_chargeDeclinedInsufficientFunds",
            "card_declined",
            "insufficient_funds",
        ),
    ] {
        let declined = api.post(INTENTS, &api.hold("1999", method)).await;
        assert_eq!(declined.status, 402);
        assert_eq!(declined.text("/error/type"), "card_error");
        assert_eq!(declined.text("/error/code"), code);
        assert_eq!(declined.text("/error/decline_code"), reason);
        let status = declined.text("/error/payment_intent/status");
        assert_eq!(status, "requires_payment_method");
    }
}

async fn a_key_belongs_to_one_call(api: &Api) {
    let form = api.hold("1999", "pm_card_visa");
    let first = api.post_with_key("one", INTENTS, &form).await;
    assert!(!first.replayed);
    let id = first.text("/id");
    api.act(id, "cancel", &[]).await;
    let again = api.post_with_key("one", INTENTS, &form).await;
    assert!(again.replayed);
    assert_eq!(again.body, first.body, "as it was then, not as it is now");

    let other = api.hold("2000", "pm_card_visa");
    let other = api.post_with_key("one", INTENTS, &other).await;
    assert_eq!(other.status, 400);
    assert_eq!(other.text("/error/type"), "idempotency_error");
}

async fn a_decline_is_remembered_and_a_mistake_is_not(api: &Api) {
    let form = api.hold("1999", "pm_card_visa_chargeDeclined");
    let first = api.post_with_key("no", INTENTS, &form).await;
    let again = api.post_with_key("no", INTENTS, &form).await;
    assert_eq!((again.status, again.replayed), (402, true));
    let id = "/error/payment_intent/id";
    assert_eq!(again.text(id), first.text(id));

    let wrong = api
        .post_with_key("oops", INTENTS, &[("amount", "1999")])
        .await;
    assert_eq!(wrong.text("/error/code"), "parameter_missing");
    assert_eq!(wrong.text("/error/param"), "currency");
    let form = api.hold("1999", "pm_card_visa");
    let right = api.post_with_key("oops", INTENTS, &form).await;
    assert_eq!(right.status, 200, "{}", right.body);
}

async fn part_of_a_hold_ends_it(api: &Api) {
    let id = api.held().await;
    let too_much = api
        .act(&id, "capture", &[("amount_to_capture", "2000")])
        .await;
    assert_eq!(too_much.text("/error/code"), "amount_too_large");
    let part = api
        .act(&id, "capture", &[("amount_to_capture", "1500")])
        .await;
    assert_eq!(part.text("/status"), "succeeded");
    assert_eq!(part.number("/amount_received"), Some(1500));
    assert_eq!(part.number("/amount_capturable"), Some(0));
}

async fn refunds_end_with_what_was_taken(api: &Api) {
    let id = api.held().await;
    api.act(&id, "capture", &[]).await;
    let some = [("payment_intent", id.as_str()), ("amount", "999")];
    let part = api.post("/v1/refunds", &some).await;
    assert_eq!(part.text("/status"), "succeeded");
    let too_much = [("payment_intent", id.as_str()), ("amount", "1001")];
    assert_eq!(api.post("/v1/refunds", &too_much).await.status, 400);
    let rest = api
        .post("/v1/refunds", &[("payment_intent", id.as_str())])
        .await;
    assert_eq!(rest.number("/amount"), Some(1000));
    let none = api.post("/v1/refunds", &some).await;
    assert_eq!(none.text("/error/code"), "charge_already_refunded");
}

async fn the_list_is_newest_first(api: &Api) {
    let older = api.held().await;
    let newer = api.held().await;
    let since = api.get(&format!("{INTENTS}/{older}")).await;
    let since = since.number("/created").expect("created");
    let page = api
        .get(&format!("{INTENTS}?limit=100&created[gte]={since}"))
        .await;
    let listed = page.body["data"].as_array().expect("a list");
    let place = |id: &str| listed.iter().position(|intent| intent["id"] == id);
    assert!(place(&newer).expect("listed") < place(&older).expect("listed"));
    let found = &listed[place(&newer).expect("listed")];
    assert_eq!(found["metadata"]["sale"], api.run.as_str());
    let after = api
        .get(&format!("{INTENTS}?limit=1&starting_after={newer}"))
        .await;
    assert_ne!(after.text("/data/0/id"), newer);
}

async fn three_d_secure_is_asked_for(api: &Api) {
    let mut form = api.hold("1999", "pm_card_authenticationRequired");
    form.push(("return_url", "https://shop.example/back"));
    let asked = api.post(INTENTS, &form).await;
    assert_eq!(asked.text("/status"), "requires_action", "{}", asked.body);
    assert_eq!(asked.text("/next_action/type"), "redirect_to_url");
    let url = asked.text("/next_action/redirect_to_url/url");
    assert!(url.starts_with("http"), "{url}");
    let canceled = api.act(asked.text("/id"), "cancel", &[]).await;
    assert_eq!(canceled.text("/status"), "canceled");
}

async fn a_kept_card_pays_for_its_customer_until_it_is_forgotten(api: &Api) {
    let method = api.card("tok_visa").await;
    let form = [("payment_method", method.as_str())];
    let kept = api.post_with_key("keep", "/v1/customers", &form).await;
    assert_eq!(kept.text("/object"), "customer", "{}", kept.body);
    let customer = kept.text("/id");
    let again = api.post_with_key("keep", "/v1/customers", &form).await;
    assert_eq!((again.text("/id"), again.replayed), (customer, true));

    let without = api.post(INTENTS, &api.hold("1999", &method)).await;
    assert_eq!(without.status, 400, "{}", without.body);
    assert_eq!(without.text("/error/type"), "invalid_request_error");
    let mut form = api.hold("1999", &method);
    form.push(("customer", customer));
    let held = api.post(INTENTS, &form).await;
    assert_eq!(held.text("/status"), "requires_capture", "{}", held.body);
    assert_eq!(held.text("/customer"), customer);
    api.act(held.text("/id"), "cancel", &[]).await;

    let path = format!("/v1/customers/{customer}");
    let forgotten = api.delete(&path).await;
    assert_eq!(forgotten.body["deleted"], true, "{}", forgotten.body);
    let twice = api.delete(&path).await;
    assert_eq!(twice.text("/error/code"), "resource_missing");
    let after = api.post(INTENTS, &form).await;
    assert_eq!(after.text("/error/code"), "resource_missing");
    let alone = api.post(INTENTS, &api.hold("1999", &method)).await;
    assert_eq!(alone.status, 400, "{}", alone.body);
}

async fn a_bad_card_is_not_kept(api: &Api) {
    let method = api.card("tok_chargeDeclined").await;
    let form = [("payment_method", method.as_str())];
    let refused = api.post("/v1/customers", &form).await;
    assert_eq!(refused.status, 402, "{}", refused.body);
    assert_eq!(refused.text("/error/type"), "card_error");
    assert_eq!(refused.text("/error/code"), "card_declined");
}

#[tokio::test]
async fn the_simulator_keeps_the_contract() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let base = format!("http://{}", listener.local_addr().expect("bound"));
    let stop = CancellationToken::new();
    let server = tokio::spawn(psp::serve(listener, Settings::default(), stop.clone()));
    keep_the_contract(&Api::new(base, "sk_test_sluice".to_owned())).await;
    stop.cancel();
    server.await.expect("no panic").expect("it serves");
}

#[tokio::test]
#[ignore = "needs STRIPE_SECRET_KEY, a key of Stripe's test mode"]
async fn stripe_itself_keeps_the_contract() {
    let key = std::env::var("STRIPE_SECRET_KEY").expect("STRIPE_SECRET_KEY");
    assert!(
        key.starts_with("sk_test_") || key.starts_with("rk_test_"),
        "a key of the test mode: nobody's real card is ever charged here"
    );
    keep_the_contract(&Api::new("https://api.stripe.com".to_owned(), key)).await;
}
