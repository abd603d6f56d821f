//! What goes wrong in a case. It follows from the seed and from the call alone: whoever makes the call, and whatever
//! else is under way, the third capture of a payment meets the same fate in every run.

use crate::pay::GatewayError;
use futures::future::BoxFuture;
use protocol::digest::tagged;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::collections::{HashMap, HashSet};
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

/// One call, by what it is for: the same in every run.
#[derive(Debug)]
pub(super) struct Call<'a> {
    /// Such as `capture` and the payment.
    pub(super) name: String,
    /// The idempotency key, when it changes something.
    pub(super) key: Option<&'a str>,
}

/// Shared by all lives of a case's workers.
#[derive(Debug)]
pub(super) struct Weather {
    seed: u64,
    fine: AtomicBool,
    /// How often each call was made.
    made: Mutex<HashMap<String, u64>>,
    kept: Mutex<HashSet<String>>,
    /// Whose intents they are: their names are new in every run.
    pub(super) payments: Mutex<HashMap<String, String>>,
    pub(super) calls: AtomicU64,
    pub(super) faults: AtomicU64,
    pub(super) crashes: AtomicU64,
}

impl Weather {
    pub(super) fn new(seed: u64, rough: bool) -> Arc<Self> {
        Arc::new(Self {
            seed,
            fine: AtomicBool::new(!rough),
            made: Mutex::default(),
            kept: Mutex::default(),
            payments: Mutex::default(),
            calls: AtomicU64::new(0),
            faults: AtomicU64::new(0),
            crashes: AtomicU64::new(0),
        })
    }

    /// From now on nothing goes wrong; what was kept stays kept.
    pub(super) fn clears_up(&self) {
        self.fine.store(true, Relaxed);
    }

    fn befalls(&self, call: &str) -> Option<Fault> {
        self.calls.fetch_add(1, Relaxed);
        if self.fine.load(Relaxed) {
            return None;
        }
        let time = {
            let mut made = self.made.lock().unwrap();
            let times = made.entry(call.to_owned()).or_default();
            *times += 1;
            *times
        };
        let fault = fate(self.seed, call, time)?;
        self.faults.fetch_add(1, Relaxed);
        Some(fault)
    }

    /// Makes a call in this weather; `crash` is rung when its worker has to die.
    pub(super) async fn through<T>(
        &self,
        crash: &Notify,
        Call { name, key }: Call<'_>,
        calling: BoxFuture<'_, Result<T, GatewayError>>,
    ) -> Result<T, GatewayError> {
        let unknown = |what: &str| Err(GatewayError::Unknown(what.to_owned()));
        if key.is_some_and(|key| self.kept.lock().unwrap().contains(key)) {
            return Err(GatewayError::Spent("500".to_owned()));
        }
        match self.befalls(&name) {
            None => calling.await,
            Some(Fault::LostOnTheWay) => unknown("lost on the way"),
            Some(Fault::ReplyLost) => {
                drop(calling.await);
                unknown("the reply was lost")
            }
            Some(Fault::Kept { acts }) => {
                if acts {
                    drop(calling.await);
                }
                if let Some(key) = key {
                    self.kept.lock().unwrap().insert(key.to_owned());
                }
                unknown("500")
            }
            Some(Fault::Limited) => Err(GatewayError::RateLimited),
            Some(Fault::Crash { acts }) => {
                if acts {
                    drop(calling.await);
                }
                self.crashes.fetch_add(1, Relaxed);
                crash.notify_one();
                std::future::pending().await
            }
        }
    }
}

/// What befalls this call when it is made for the `time`-th time.
fn fate(seed: u64, call: &str, time: u64) -> Option<Fault> {
    let parts: [&[u8]; 3] = [&seed.to_be_bytes(), call.as_bytes(), &time.to_be_bytes()];
    let mut dice = StdRng::from_seed(tagged("schedules/fate", &parts));
    Some(match dice.random_range(0..1000) {
        0..100 => Fault::LostOnTheWay,
        100..200 => Fault::ReplyLost,
        200..230 => Fault::Kept { acts: true },
        230..260 => Fault::Kept { acts: false },
        260..290 => Fault::Limited,
        290..330 => Fault::Crash { acts: false },
        330..370 => Fault::Crash { acts: true },
        _ => return None,
    })
}
