//! The simulator itself: one set of books under one lock, and what surrounds every call that
//! changes something: the idempotency key, the latency, the journal, the events.
//!
//! The lock is held for the act and the journal's write, microseconds, never across an await.

use std::{
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    response::{IntoResponse, Response},
};
use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

use crate::{
    Error, Settings,
    acts::Desk,
    api::{
        self,
        call::{Call, Key},
        refusal::Refusal,
    },
    books::{Answer, Books},
    clock,
    flights::Flights,
    outcome::{Noted, Verdict},
    webhooks::Postman,
};

/// A payment provider with its bank. Clones share the same books.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    books: Mutex<Books>,
    flights: Flights,
    limit: Option<DefaultDirectRateLimiter>,
    postman: Option<Postman>,
}

impl Simulator {
    /// Opens the books, replaying the journal if there is one. With a webhook URL this must happen
    /// inside a Tokio runtime.
    pub fn open(settings: Settings) -> Result<Self, Error> {
        let books = Books::open(settings.data.as_deref())?;
        let limit = settings
            .calls_per_s
            .map(|calls| NonZeroU32::new(calls).ok_or(Error::NoCallsAllowed))
            .transpose()?
            .map(|calls| RateLimiter::direct(Quota::per_second(calls)));
        let postman = settings
            .webhook_url
            .as_deref()
            .map(|url| Postman::start(url, &settings.webhook_secret))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            books: Mutex::new(books),
            flights: Flights::default(),
            limit,
            postman,
            settings,
        })))
    }

    /// The whole HTTP surface. May be nested under a path: the pages use relative addresses.
    pub fn router(&self) -> Router {
        api::router(self.clone())
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Takes one call from the shop's allowance.
    pub(crate) fn within_rate(&self) -> bool {
        self.0
            .limit
            .as_ref()
            .is_none_or(|limit| limit.check().is_ok())
    }

    /// The books, for reading. Never hold this across an await.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.0.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Half the latency: callers wait once before the bank acts and once after.
    pub(crate) async fn half_latency(&self) {
        let half = self.0.settings.latency / 2;
        if !half.is_zero() {
            tokio::time::sleep(half).await;
        }
    }

    /// Serves a call that may change something: at most once per idempotency key.
    pub(crate) async fn act(
        &self,
        call: Call,
        act: impl FnOnce(&Desk<'_>, &Call) -> Verdict,
    ) -> Response {
        let _in_use = match &call.key {
            Some(key) => {
                if let Some(replay) = self.replay(&self.books(), key) {
                    return replay;
                }
                match self.0.flights.claim(&key.name) {
                    Some(claim) => Some(claim),
                    None => return Refusal::key_in_use().into_response(),
                }
            }
            None => None,
        };
        self.half_latency().await;
        let response = self.settle(&call, act);
        self.half_latency().await;
        response
    }

    /// Acts at once, for the provider's own pages, which have neither key nor latency.
    pub(crate) fn settle(
        &self,
        call: &Call,
        act: impl FnOnce(&Desk<'_>, &Call) -> Verdict,
    ) -> Response {
        let mut books = self.books();
        // The first call with this key may have ended between our look and our claim.
        if let Some(replay) = call.key.as_ref().and_then(|key| self.replay(&books, key)) {
            return replay;
        }
        let desk = Desk {
            memory: &books.memory,
            now: clock::now(),
            fingerprint_key: &self.0.settings.secret_key,
            base_url: &call.base_url,
        };
        let mut outcome = match act(&desk, call) {
            Ok(outcome) => outcome,
            Err(refusal) => return refusal.into_response(),
        };
        outcome.change.noted = call.key.as_ref().map(|key| Noted {
            key: key.name.clone(),
            print: key.print.clone(),
            reply: outcome.reply.clone(),
        });
        let written = books.write(outcome.change, &outcome.reply);
        drop(books);
        match written {
            Ok(answer) => {
                if let Some(postman) = &self.0.postman {
                    postman.send(outcome.events);
                }
                answer.into_response()
            }
            Err(error) => {
                tracing::error!(%error, "the journal cannot be written");
                Refusal::out_of_order().into_response()
            }
        }
    }

    fn replay(&self, books: &Books, key: &Key) -> Option<Response> {
        let kept = books.memory.kept(&key.name)?;
        if kept.print != key.print {
            return Some(Refusal::key_reused(&key.name).into_response());
        }
        let answer: Answer = kept.answer.clone();
        let mut response = answer.into_response();
        response.headers_mut().insert(
            "idempotent-replayed",
            axum::http::HeaderValue::from_static("true"),
        );
        Some(response)
    }
}
