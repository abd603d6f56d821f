//! The real client, in the weather of the case.

use super::weather::{Call, Weather};
use crate::pay::{
    Gateway, GatewayError, GiveBack, Hold, Intent, Keep, Kept, Listed, RefundState, Stripe,
};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::Notify;

/// The gateway of one life of a worker.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) inner: Arc<Stripe>,
    pub(super) weather: Arc<Weather>,
    /// Ends this life, and no other.
    pub(super) crash: Arc<Notify>,
}

impl Faulty {
    fn through<'a, T: Send + 'a>(
        &'a self,
        call: Call<'a>,
        calling: BoxFuture<'a, Result<T, GatewayError>>,
    ) -> BoxFuture<'a, Result<T, GatewayError>> {
        Box::pin(self.weather.through(&self.crash, call, calling))
    }

    /// A call about a payment that was opened before.
    fn about<'a>(&self, what: &str, intent: &str, key: Option<&'a str>) -> Call<'a> {
        let payments = self.weather.payments.lock().unwrap();
        let payment = payments.get(intent).map_or(intent, String::as_str);
        Call {
            name: format!("{what} {payment}"),
            key,
        }
    }
}

fn with_key<'a>(what: &str, key: &'a str) -> Call<'a> {
    Call {
        name: format!("{what} {key}"),
        key: Some(key),
    }
}

impl Gateway for Faulty {
    fn keep<'a>(
        &'a self,
        key: &'a str,
        card: &'a Keep,
    ) -> BoxFuture<'a, Result<Kept, GatewayError>> {
        self.through(with_key("keep", key), self.inner.keep(key, card))
    }

    fn forget<'a>(&'a self, customer: &'a str) -> BoxFuture<'a, Result<(), GatewayError>> {
        let name = "forget".to_owned();
        self.through(Call { name, key: None }, self.inner.forget(customer))
    }

    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let calling = self.inner.authorize(key, hold).inspect(|answer| {
            if let Ok(intent) = answer {
                let mut payments = self.weather.payments.lock().unwrap();
                payments.insert(intent.id.clone(), hold.payment.clone());
            }
        });
        self.through(with_key("authorize", key), Box::pin(calling))
    }

    fn get<'a>(&'a self, intent: &'a str) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        self.through(self.about("get", intent, None), self.inner.get(intent))
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let call = self.about("capture", intent, Some(key));
        self.through(call, self.inner.capture(key, intent))
    }

    fn cancel<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        let call = self.about("cancel", intent, Some(key));
        self.through(call, self.inner.cancel(key, intent))
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        back: &'a GiveBack,
    ) -> BoxFuture<'a, Result<RefundState, GatewayError>> {
        self.through(with_key("refund", key), self.inner.refund(key, back))
    }

    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>> {
        let name = "list".to_owned();
        self.through(Call { name, key: None }, self.inner.list(since, after))
    }
}
