//! A gateway between the worker and the real client that loses, repeats and breaks calls, and kills the worker.

use crate::pay::{Gateway, GatewayError, GiveBack, Hold, Intent, Listed, RefundState, Stripe};
use futures::future::BoxFuture;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

/// What goes wrong with one call.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// It never arrives.
    LostOnTheWay,
    /// It happens, and nobody hears of it.
    ReplyLost,
    /// The provider breaks before it acts, or after, and keeps the failure under the key.
    Kept { acts: bool },
    /// Too many calls.
    Limited,
    /// The worker dies before the call, or after it.
    Crash { acts: bool },
}

/// Shared by all lives of a case's workers.
#[derive(Debug)]
pub(super) struct Weather {
    dice: Mutex<StdRng>,
    fine: AtomicBool,
    kept: Mutex<HashSet<String>>,
    /// Rung when a worker has to die.
    pub(super) crash: Notify,
    pub(super) calls: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) crashes: AtomicU64,
}

impl Weather {
    pub(super) fn new(seed: u64, rough: bool) -> Arc<Self> {
        Arc::new(Self {
            dice: Mutex::new(StdRng::seed_from_u64(seed ^ 0xfa17)),
            fine: AtomicBool::new(!rough),
            kept: Mutex::default(),
            crash: Notify::new(),
            calls: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
        })
    }

    /// From now on nothing goes wrong; what was kept stays kept.
    pub(super) fn clears_up(&self) {
        self.fine.store(true, Relaxed);
    }

    fn throw(&self) -> Option<Fault> {
        self.calls.fetch_add(1, Relaxed);
        let thrown: u32 = self.dice.lock().unwrap().random_range(0..1000);
        let fault = match thrown {
            _ if self.fine.load(Relaxed) => return None,
            0..100 => Fault::LostOnTheWay,
            100..200 => Fault::ReplyLost,
            200..230 => Fault::Kept { acts: true },
            230..260 => Fault::Kept { acts: false },
            260..290 => Fault::Limited,
            290..330 => Fault::Crash { acts: false },
            330..370 => Fault::Crash { acts: true },
            _ => return None,
        };
        self.faults.fetch_add(1, Relaxed);
        Some(fault)
    }

    async fn through<T>(
        &self,
        key: Option<&str>,
        call: BoxFuture<'_, Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let unknown = |what: &str| Err(GatewayError::Unknown(what.to_owned()));
        if key.is_some_and(|key| self.kept.lock().unwrap().contains(key)) {
            return Err(GatewayError::Spent("500".to_owned()));
        }
        match self.throw() {
            None => call.await,
            Some(Fault::LostOnTheWay) => unknown("lost on the way"),
            Some(Fault::ReplyLost) => {
                drop(call.await);
                unknown("the reply was lost")
            }
            Some(Fault::Kept { acts }) => {
                if acts {
                    drop(call.await);
                }
                if let Some(key) = key {
                    self.kept.lock().unwrap().insert(key.to_owned());
                }
                unknown("500")
            }
            Some(Fault::Limited) => Err(GatewayError::RateLimited),
            Some(Fault::Crash { acts }) => {
                if acts {
                    drop(call.await);
                }
                self.crashes.fetch_add(1, Relaxed);
                self.crash.notify_one();
                std::future::pending().await
            }
        }
    }
}

/// The real client, in this weather.
#[derive(Debug)]
pub(super) struct Faulty {
    pub(super) inner: Arc<Stripe>,
    pub(super) weather: Arc<Weather>,
}

impl Gateway for Faulty {
    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(
            self.weather
                .through(Some(key), self.inner.authorize(key, hold)),
        )
    }

    fn get<'a>(&'a self, intent: &'a str) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(self.weather.through(None, self.inner.get(intent)))
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(
            self.weather
                .through(Some(key), self.inner.capture(key, intent)),
        )
    }

    fn cancel<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        Box::pin(
            self.weather
                .through(Some(key), self.inner.cancel(key, intent)),
        )
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        back: &'a GiveBack,
    ) -> BoxFuture<'a, Result<RefundState, GatewayError>> {
        Box::pin(
            self.weather
                .through(Some(key), self.inner.refund(key, back)),
        )
    }

    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>> {
        Box::pin(self.weather.through(None, self.inner.list(since, after)))
    }
}
