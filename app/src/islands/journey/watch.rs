//! Waking up and watching: the feed, the clock, the other tabs, and what is said aloud.
//!
//! Watching asks nothing of the edge that costs it anything: the place, the wait and the odds follow
//! from the broadcast. Only what is on its way at the bank is asked for, rarely and less and less often.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind;
use protocol::place::Place;
use protocol::wire::Standing;

use super::state::Way;
use super::step::{Step, is_pending};
use crate::browser::{channel::Tabs, feed::Feed, http::Call, page};
use crate::islands::clock::jittered;
use crate::text::format;

/// A place is read out at most this often.
const SAY_EVERY_MS: f64 = 30_000.0;
/// How soon, and how rarely in the end, a pending state is asked for.
const LOOK_MS: (f64, f64) = (900.0, 20_000.0);

impl Way {
    /// Comes alive; called once, in the browser.
    pub(crate) fn wake(self) {
        let sale = self.info.with_value(|info| info.sale.clone());
        // The page may have been rendered long ago (a restored tab): what it says of the time is a
        // lower bound, and the first snapshot of the feed corrects it.
        let rendered = self.snapshot.get_untracked();
        self.observe(rendered);

        let feed = Feed::open(&self.route(""), move |snapshot| self.observe(snapshot));
        self.feed.set_value(Some(feed));
        self.tabs.set_value(Some(Tabs::join(sale.as_str(), move || self.refresh())));

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
        let mut rounds = Rounds::default();
        page::every(250, move || self.tick(&mut rounds));
    }

    fn tick(self, rounds: &mut Rounds) {
        let now_s = self.now() / 1000;
        if self.now_s.get_untracked() != now_s {
            self.now_s.set(now_s);
        }
        self.feed.with_value(|feed| {
            if let Some(feed) = feed {
                feed.tick();
            }
        });
        let monotonic = page::monotonic();
        let step = self.step.get_untracked();
        if !self.standing.with_untracked(|mine| is_pending(step, mine.as_ref())) {
            rounds.pause = LOOK_MS.0;
            rounds.look_at = monotonic + jittered(LOOK_MS.0, 0.4, page::dice());
        } else if monotonic >= rounds.look_at {
            rounds.pause = (rounds.pause * 1.4).min(LOOK_MS.1);
            rounds.look_at = monotonic + jittered(rounds.pause, 0.4, page::dice());
            self.refresh();
        }
        if monotonic >= rounds.say_at && step == Step::Line {
            rounds.say_at = monotonic + SAY_EVERY_MS;
            self.say_place();
        }
    }

    /// Asks the edge what this shopper has.
    pub(crate) fn refresh(self) {
        spawn_local(async move {
            let route = self.route("/tickets/me");
            let answer = Call::get(&route).send().await;
            match answer.and_then(|answer| answer.read::<Standing>()) {
                Ok(standing) => self.settle(Some(standing)),
                Err(failure)
                    if failure.is(ProblemKind::TicketMissing) || failure.is(ProblemKind::TicketInvalid) =>
                {
                    self.settle(None);
                }
                Err(failure) if failure.is(ProblemKind::TicketLeft) => self.mark_left(),
                // Anything else is a matter of time; what is known stays.
                Err(_) => {}
            }
        });
    }

    /// Remembers that the place was given back.
    pub(crate) fn mark_left(self) {
        self.pass.set(None);
        self.standing.update(|mine| {
            if let Some(mine) = mine {
                mine.left = true;
            }
        });
    }

    /// Tells the other tabs that something changed.
    pub(crate) fn tell_tabs(self) {
        self.tabs.with_value(|tabs| {
            if let Some(tabs) = tabs {
                tabs.tell();
            }
        });
    }

    /// On a new step: says it, names the tab by it, moves the focus along, forgets old trouble.
    fn follow_steps(self) {
        let title = page::document().map(|d| d.title()).unwrap_or_default();
        Effect::new(move |before: Option<Step>| {
            let step = self.step.get();
            if before.is_some_and(|before| before != step) {
                self.announcement.set(self.step_title().to_owned());
                let called = step == Step::Called;
                page::set_title(&if called { [self.step_title(), " · ", &title].concat() } else { title.clone() });
                self.problem.set(None);
                let follow = self.follow_focus.get_value();
                self.follow_focus.set_value(false);
                if follow {
                    // After the new panel is in the page.
                    spawn_local(async {
                        page::sleep(0.0).await;
                        page::focus("step-title");
                    });
                }
            }
            step
        });
    }

    fn say_place(self) {
        if let Some(Place::Waiting { ahead, eta_s, .. }) = self.place.get_untracked() {
            let (one, many) = self.text().ahead;
            let people = if ahead == 1 { one } else { many };
            let wait = format::wait(self.lang, eta_s);
            let said = [&format::count(self.lang, ahead), " ", people, ", ", &wait].concat();
            self.announcement.set(said);
        }
    }
}

/// When the next rounds of the ticker are due, in monotonic milliseconds.
#[derive(Default)]
struct Rounds {
    look_at: f64,
    pause: f64,
    say_at: f64,
}
