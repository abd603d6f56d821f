//! The snapshots as they come: an event stream, and asking when it is silent.
//!
//! The stream is the normal case. [`Feed::tick`] is called a few times a second and asks `GET status`
//! when nothing was heard for as long as the last snapshot said, with a jitter of 20 %, four times
//! as rarely in a hidden tab. A stream that the browser gave up is opened again by and by.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use protocol::Snapshot;
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventSource, MessageEvent};

use super::http::Call;
use super::{json, page};
use crate::islands::clock::jittered;

/// While the stream is open, silence is news too: ask only after this long.
const STREAM_SILENCE_MS: f64 = 15_000.0;
/// A stream that was given up is opened again after about this long.
const REOPEN_MS: f64 = 20_000.0;

/// One sale's snapshots.
#[derive(Clone)]
pub(crate) struct Feed(Rc<Inner>);

struct Inner {
    base: String,
    receive: Box<dyn Fn(Snapshot)>,
    stream: RefCell<Option<EventSource>>,
    ask_at: Cell<f64>,
    reopen_at: Cell<f64>,
    poll_after: Cell<f64>,
}

impl Feed {
    /// Begins; `base` is the sale's route, such as `/api/v1/sales/drop`.
    pub(crate) fn open(base: &str, receive: impl Fn(Snapshot) + 'static) -> Self {
        let feed = Self(Rc::new(Inner {
            base: base.to_owned(),
            receive: Box::new(receive),
            stream: RefCell::default(),
            ask_at: Cell::new(page::monotonic() + 2000.0),
            reopen_at: Cell::new(f64::INFINITY),
            poll_after: Cell::new(1000.0),
        }));
        feed.connect();
        feed
    }

    fn connect(&self) {
        let feed = self.clone();
        let heard = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            let text = event.data().as_string().unwrap_or_default();
            if let Some(snapshot) = json::read(&text) {
                feed.take(snapshot, true);
            }
        })
        .into_js_value();
        let Ok(stream) = EventSource::new(&[&self.0.base, "/events"].concat()) else {
            return;
        };
        stream.set_onmessage(Some(heard.unchecked_ref()));
        self.0.stream.replace(Some(stream));
        self.0.reopen_at.set(f64::INFINITY);
    }

    fn take(&self, snapshot: Snapshot, streamed: bool) {
        let poll_after = f64::from(snapshot.poll_after_ms.max(250));
        self.0.poll_after.set(poll_after);
        let patience = if streamed {
            STREAM_SILENCE_MS.max(poll_after)
        } else {
            poll_after
        };
        self.ask_in(patience);
        (self.0.receive)(snapshot);
    }

    fn ask_in(&self, ms: f64) {
        let slower = if page::is_hidden() { 4.0 } else { 1.0 };
        let delay = jittered(ms * slower, 0.2, page::dice());
        self.0.ask_at.set(page::monotonic() + delay);
    }

    /// Looks whether it is time to ask, or to open the stream again.
    pub(crate) fn tick(&self) {
        let now = page::monotonic();
        let given_up = self
            .0
            .stream
            .borrow()
            .as_ref()
            .is_none_or(|s| s.ready_state() == EventSource::CLOSED);
        if given_up && self.0.reopen_at.get() == f64::INFINITY {
            self.0
                .reopen_at
                .set(now + jittered(REOPEN_MS, 0.5, page::dice()));
            // The stream was the news; from now on the polls are.
            self.ask_in(self.0.poll_after.get());
        }
        if now >= self.0.reopen_at.get() {
            self.connect();
        }
        if now >= self.0.ask_at.get() {
            self.ask();
        }
    }

    /// Asks now.
    pub(crate) fn ask(&self) {
        self.ask_in(self.0.poll_after.get().max(1000.0));
        let feed = self.clone();
        spawn_local(async move {
            let path = [&feed.0.base, "/status"].concat();
            if let Ok(answer) = Call::get(&path).send().await
                && let Ok(snapshot) = answer.read()
            {
                feed.take(snapshot, false);
            }
        });
    }
}
