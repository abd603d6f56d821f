//! The handle on the journey: one signal that holds the state, and what hangs on the browser.

use leptos::prelude::*;

use super::Start;
use super::state::State;
use super::step::Step;
use crate::browser::{feed::Feed, http::Answer, http::Call, http::Failure, page, tabs::Tabs};
use crate::islands::clock::jittered;
use crate::islands::parts::Value;
use crate::text::{Lang, Text};

/// Copied into every closure.
///
/// There is one signal on purpose: each type of signal, memo or effect is code that the shopper loads, and a
/// text that is computed once too often a few times a second costs nothing.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) lang: Lang,
    state: RwSignal<State>,
    /// What to show; the panel is made anew only when this changes.
    pub(crate) step: Memo<Step>,
    pub(crate) ties: StoredValue<Ties, LocalStorage>,
}

/// What hangs on the browser.
#[derive(Default)]
pub(crate) struct Ties {
    pub(crate) tabs: Option<Tabs>,
    pub(crate) feed: Option<Feed>,
    /// The next change of step follows a press of this shopper, so the focus goes with it.
    pub(crate) follow_focus: bool,
    /// A pass is being asked for.
    pub(crate) asking: bool,
}

impl Way {
    /// The state a page starts from.
    pub(crate) fn new(start: Start) -> Self {
        let lang = start.lang;
        let state = RwSignal::new(State::new(start));
        Self {
            lang,
            state,
            step: Memo::new(move |_| state.with(State::step)),
            ties: StoredValue::new_local(Ties::default()),
        }
    }

    /// The texts.
    pub(crate) fn text(self) -> &'static Text {
        self.lang.text()
    }

    /// Reads the state, following it.
    pub(crate) fn read<T>(self, read: impl FnOnce(&State) -> T) -> T {
        self.state.with(read)
    }

    /// Reads the state as it is.
    pub(crate) fn peek<T>(self, read: impl FnOnce(&State) -> T) -> T {
        self.state.with_untracked(read)
    }

    /// Changes the state.
    pub(crate) fn change(self, change: impl FnOnce(&mut State)) {
        self.state.update(change);
    }

    /// A text that follows the state.
    pub(crate) fn words(self, words: fn(&State) -> String) -> Value {
        Value::words(move || self.read(words))
    }

    /// A condition that follows the state: the attribute is there while it holds.
    pub(crate) fn flag(self, flag: fn(&State) -> bool) -> Value {
        Value::Live(Box::new(move || self.read(flag).then(String::new)))
    }

    /// A route of this sale.
    pub(crate) fn route(self, rest: &str) -> String {
        self.peek(|state| ["/api/v1/sales/", state.info.sale.as_str(), rest].concat())
    }

    /// The call with a proof that this is the browser that joined.
    pub(crate) fn proven(self, call: Call) -> Call {
        call.proven(self.peek(State::clock_ahead))
    }

    /// Makes a call, and makes it again while the edge is only busy, for about a minute and a half.
    pub(crate) async fn patiently(self, call: Call) -> Result<Answer, Failure> {
        let mut pause = 1.0;
        for _ in 0..12 {
            let answer = call.send().await;
            let Some(wait) = answer.as_ref().err().and_then(Failure::retry_after) else {
                self.change(|state| state.retrying = false);
                return answer;
            };
            self.change(|state| state.retrying = true);
            page::sleep(jittered((wait * pause).min(15_000.0), 0.5, page::dice())).await;
            pause = (pause * 1.5_f64).min(8.0);
        }
        self.change(|state| state.retrying = false);
        call.send().await
    }

    /// Tells the shopper that an act failed.
    pub(crate) fn fail(self, failure: &Failure) {
        let text = self.text();
        let words = match failure {
            Failure::Refused(problem) => text.problem(problem),
            Failure::Offline => text.error_offline,
        };
        self.change(|state| state.problem = Some(words));
    }

    /// The next change of step takes the focus along.
    pub(crate) fn follow_focus(self) {
        self.ties.update_value(|ties| ties.follow_focus = true);
    }

    /// Tells the other tabs that something changed.
    pub(crate) fn tell_tabs(self) {
        self.ties.with_value(|ties| {
            if let Some(tabs) = &ties.tabs {
                tabs.tell();
            }
        });
    }
}
