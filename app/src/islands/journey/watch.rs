//! Waking up and watching: the feed, the clock, the other tabs, and what is said aloud.
//!
//! Watching asks nothing of the edge that costs it anything: the place, the wait and the odds follow
//! from the broadcast. Only what is on its way at the bank is asked for, rarely and less and less often.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::Phase;
use protocol::ProblemKind::{TicketInvalid, TicketLeft, TicketMissing};
use protocol::place::Place;
use protocol::wire::Standing;

use super::state::State;
use super::step::{Busy, Step, is_pending};
use super::way::Way;
use crate::browser::{feed::Feed, http::Call, page, tabs::Tabs};
use crate::islands::clock::jittered;
use crate::islands::parts::whenever;
use crate::text::format;

/// A place is read out at most this often.
const SAY_EVERY_MS: f64 = 30_000.0;
/// How soon, and how rarely in the end, a pending state is asked for.
const LOOK_MS: (f64, f64) = (900.0, 20_000.0);

impl Way {
    /// Comes alive; called once, in the browser.
    pub(crate) fn wake(self) {
        // The page may have been rendered long ago (a restored tab): what it says of the time is a
        // lower bound, and the first snapshot of the feed corrects it.
        self.change(|state| {
            state.awake = true;
            state.observe(state.snapshot.clone(), page::monotonic());
        });
        let sale = self.peek(|state| state.info.sale.clone());
        let feed = Feed::open(&self.route(""), move |snapshot| {
            self.change(|state| state.observe(snapshot, page::monotonic()));
            self.peek(State::calm_ms)
        });
        let tabs = Tabs::join(sale.as_str(), move || self.refresh());
        self.ties.update_value(|ties| {
            ties.feed = Some(feed);
            ties.tabs = Some(tabs);
        });

        let hidden_at = Cell::new(page::monotonic());
        page::on_visibility(move |hidden| {
            if hidden {
                hidden_at.set(page::monotonic());
            } else if page::monotonic() - hidden_at.get() > 5000.0 {
                self.refresh();
            }
        });

        self.follow_steps();
        self.claim_when_called();
        self.wake_payment();
        self.go_on_joining();
        let mut rounds = Rounds::default();
        page::every(250, move || self.tick(&mut rounds));
    }

    fn tick(self, rounds: &mut Rounds) {
        let monotonic = page::monotonic();
        let now_s = self.peek(|state| state.clock_s(monotonic));
        if self.peek(|state| state.now_s) != now_s {
            self.change(|state| state.now_s = now_s);
        }
        let pending = self.peek(|state| is_pending(state.step(), state.standing.as_ref()));
        if !pending {
            rounds.pause = LOOK_MS.0;
            rounds.look_at = monotonic + jittered(LOOK_MS.0, 0.4, page::dice());
        } else if monotonic >= rounds.look_at {
            rounds.pause = (rounds.pause * 1.4).min(LOOK_MS.1);
            rounds.look_at = monotonic + jittered(rounds.pause, 0.4, page::dice());
            self.refresh();
        }
        if self.step.get_untracked() == Step::Line && monotonic >= self.peek(|state| state.say_at) {
            self.change(|state| state.say(state.place_words(), monotonic));
        }
    }

    /// Asks the edge what this shopper has.
    pub(crate) fn refresh(self) {
        spawn_local(async move {
            let answer = Call::get(&self.route("/tickets/me")).send().await;
            match answer.and_then(|answer| answer.read::<Standing>()) {
                Ok(standing) => {
                    self.change(|state| state.settle(Some(standing), page::monotonic()));
                }
                Err(failure) if failure.is(TicketMissing) || failure.is(TicketInvalid) => {
                    self.change(|state| state.settle(None, page::monotonic()));
                }
                Err(failure) if failure.is(TicketLeft) => self.change(State::mark_left),
                // Anything else is a matter of time; what is known stays.
                Err(_) => {}
            }
        });
    }

    /// On a new step: says it, names the tab by it, moves the focus along, forgets old trouble.
    fn follow_steps(self) {
        let page_title = page::title();
        let mut before = None;
        whenever(move || {
            let step = self.step.get();
            if before.replace(step).is_some_and(|before| before != step) {
                self.change(|state| {
                    state.say(state.step_words(), page::monotonic());
                    state.problem = None;
                });
                let title = self.peek(State::step_title);
                match step {
                    Step::Called | Step::Waitlist | Step::SoldOut => {
                        page::set_title(&[title, " · ", &page_title].concat());
                    }
                    _ => page::set_title(&page_title),
                }
                if self.ties.with_value(|ties| ties.follow_focus) {
                    // A press may lead through several steps, and each makes its title anew.
                    let arrived = self.peek(|state| state.busy == Busy::No);
                    self.ties.update_value(|ties| ties.follow_focus = !arrived);
                    page::focus_soon("step-title");
                }
            }
        });
    }
}

impl State {
    /// Says it to those who listen instead of look. After anything that was said the place is silent for a while.
    fn say(&mut self, words: String, monotonic: f64) {
        self.announcement = words;
        self.say_at = monotonic + SAY_EVERY_MS;
    }

    /// That the sale is held, and that it goes on, is said at once.
    pub(super) fn say_pause(&mut self, before: Phase, monotonic: f64) {
        let text = self.text();
        match (before, self.snapshot.phase) {
            (Phase::Paused, Phase::Open) => self.say(text.resumed.to_owned(), monotonic),
            (before, Phase::Paused) if before != Phase::Paused => {
                self.say(
                    [text.paused_title, ". ", text.paused_text].concat(),
                    monotonic,
                );
            }
            _ => {}
        }
    }

    /// The step, and in line the place too.
    fn step_words(&self) -> String {
        let place = match self.step() {
            Step::Line => self.place_words(),
            Step::Waitlist => self.ahead_words(),
            _ => String::new(),
        };
        match place.is_empty() {
            true => self.step_title().to_owned(),
            false => [self.step_title(), ". ", &place].concat(),
        }
    }

    /// People ahead, and the wait.
    fn place_words(&self) -> String {
        match self.place {
            Some(Place::Waiting { eta_s, .. }) => {
                [&self.ahead_words(), ", ", &format::wait(self.lang, eta_s)].concat()
            }
            _ => String::new(),
        }
    }

    fn ahead_words(&self) -> String {
        let text = self.text();
        let (ahead, people) = match self.place {
            Some(Place::Waiting { ahead: 1, .. }) => (1, text.ahead.0),
            Some(Place::Waiting { ahead, .. }) if ahead > 1 => (ahead, text.ahead.1),
            _ => return text.next.to_owned(),
        };
        [&format::count(self.lang, ahead), " ", people].concat()
    }
}

/// When the next rounds of the ticker are due, in monotonic milliseconds.
#[derive(Default)]
struct Rounds {
    look_at: f64,
    pause: f64,
}
