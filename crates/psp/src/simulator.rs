//! The simulator itself: one set of books under one lock, and what surrounds every call that
//! changes something: the idempotency key, the latency, the journal, the events.
//!
//! The lock is held for the act and the journal's write, microseconds, never across an await.

use std::{
    io,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    response::{IntoResponse, Response},
};

use crate::{
    Error, Settings,
    acts::{Desk, settle},
    api::{
        self,
        call::{Call, Key},
        refusal::Refusal,
    },
    bank::Limit,
    books::{Answer, Books, Memory},
    clock,
    faults::{Fault, Weather},
    flights::Flights,
    outcome::{Change, Noted, Outcome, Reply, Verdict},
    webhooks::{Event, Postman},
};

/// A payment provider with its bank. Clones share the same books.
#[derive(Clone, Debug)]
pub struct Simulator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    books: Mutex<Books>,
    flights: Flights,
    weather: Arc<Weather>,
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
            .transpose()?;
        let faults = settings.faults.clone().checked()?;
        let weather = Arc::new(Weather::new(faults, limit));
        let postman = settings
            .webhook_url
            .as_deref()
            .map(|url| Postman::start(url, &settings.webhook_secret, Arc::clone(&weather)))
            .transpose()?;
        Ok(Self(Arc::new(Inner {
            books: Mutex::new(books),
            flights: Flights::default(),
            weather,
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

    /// What goes wrong.
    pub(crate) fn weather(&self) -> &Weather {
        &self.0.weather
    }

    /// The books as they are now, for reading. Never hold this across an await.
    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        let mut books = self.0.books.lock().unwrap_or_else(PoisonError::into_inner);
        self.give_back_expired(&mut books);
        books
    }

    /// Sets the clock ahead by so many seconds more; answers the time it shows then.
    pub(crate) fn advance(&self, seconds: u64) -> io::Result<u64> {
        let mut books = self.books();
        let ahead_s = books.memory.ahead_s.saturating_add(seconds);
        let change = Change {
            ahead_s: Some(ahead_s),
            ..Change::default()
        };
        books.note(change)?;
        self.give_back_expired(&mut books);
        Ok(now(&books.memory))
    }

    /// Changes what a card can pay.
    pub(crate) fn limit(&self, limit: Limit) -> io::Result<()> {
        self.books().note(Change {
            limit: Some(limit),
            ..Change::default()
        })
    }

    fn give_back_expired(&self, books: &mut Books) {
        while let Some(id) = {
            let now = now(&books.memory);
            books.memory.expired(now)
        } {
            let outcome = settle::expire(&self.desk(&books.memory, ""), &id);
            let written = outcome
                .map_err(|_| io::Error::other("the intent is gone"))
                .and_then(|outcome| {
                    books.write(outcome.change, &outcome.reply)?;
                    Ok(outcome.events)
                });
            match written {
                Ok(events) => self.announce(events),
                Err(error) => {
                    tracing::error!(%error, "the journal cannot be written, a hold lasts too long");
                    return;
                }
            }
        }
    }

    fn desk<'a>(&'a self, memory: &'a Memory, base_url: &'a str) -> Desk<'a> {
        let settings = &self.0.settings;
        Desk {
            memory,
            now: now(memory),
            fingerprint_key: &settings.secret_key,
            base_url,
            hold_s: settings.hold_s,
            card_limit: settings.card_limit,
        }
    }

    fn announce(&self, events: Vec<Event>) {
        if let Some(postman) = &self.0.postman {
            postman.send(events);
        }
    }

    /// Half the latency: callers wait once before the bank acts and once after.
    pub(crate) async fn half_latency(&self) {
        let half = (self.0.settings.latency + self.0.weather.latency()) / 2;
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
        let desk = self.desk(&books.memory, &call.base_url);
        let acted = match call.fault {
            Some(Fault::ErrorBefore) => Ok(Outcome::refused(Refusal::internal())),
            _ => act(&desk, call),
        };
        let mut outcome = match acted {
            Ok(outcome) => outcome,
            Err(refusal) => return refusal.into_response(),
        };
        if call.fault == Some(Fault::ErrorAfter) {
            outcome.reply = Reply::Refusal(Refusal::internal());
        }
        outcome.change.noted = call.key.as_ref().map(|key| Noted {
            key: key.name.clone(),
            print: key.print.clone(),
            reply: outcome.reply.clone(),
        });
        let written = books.write(outcome.change, &outcome.reply);
        drop(books);
        match written {
            Ok(answer) => {
                self.announce(outcome.events);
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

/// The time by the clock on the provider's wall, Unix s.
pub(crate) fn now(memory: &Memory) -> u64 {
    clock::now().saturating_add(memory.ahead_s)
}
