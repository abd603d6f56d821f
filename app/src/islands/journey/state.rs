//! What the journey knows. Plain values: the rules of what follows from what are tested natively.

use protocol::place::{Place, Watcher, calm_ms};
use protocol::wire::{Authorization, PassAnswer, SaleInfo, Standing};
use protocol::{Phase, Snapshot};

use super::Start;
use super::step::{Busy, Card, Step};
use crate::CardElement;
use crate::islands::clock::{Clock, seconds_until};
use crate::text::{Lang, Text};

/// A card that the provider's form has saved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedCard {
    /// The provider's name for it.
    pub(crate) payment_method: String,
    /// Its brand.
    pub(crate) brand: Option<String>,
    /// Its last four digits.
    pub(crate) last4: Option<String>,
}

/// The whole state of one journey.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) lang: Lang,
    pub(crate) info: SaleInfo,
    pub(crate) element: CardElement,

    /// The newest snapshot.
    pub(crate) snapshot: Snapshot,
    /// What this shopper has.
    pub(crate) standing: Option<Standing>,
    /// The place to show; never worse than the one before.
    pub(crate) place: Option<Place>,
    /// Waited for a unit to come back.
    pub(crate) waited: bool,
    /// The edge's time, in whole seconds.
    pub(crate) now_s: u64,
    /// The browser is awake: its own clock may be asked.
    pub(crate) awake: bool,

    /// What this tab is in the middle of.
    pub(crate) busy: Busy,
    /// Rounds of the puzzle done, and how many there are.
    pub(crate) puzzle: Option<(u32, u32)>,
    /// A CAPTCHA is asked.
    pub(crate) asked: bool,
    /// The edge is overrun and the same call is made again in a moment.
    pub(crate) retrying: bool,
    /// What went wrong with the last act.
    pub(crate) problem: Option<&'static str>,
    /// The right to buy.
    pub(crate) pass: Option<PassAnswer>,
    /// The question whether to leave is open.
    pub(crate) leaving: bool,
    /// For those who listen instead of look.
    pub(crate) announcement: String,
    /// When the place may be read out again, in monotonic milliseconds.
    pub(crate) say_at: f64,

    /// What was typed cannot be an email address.
    pub(crate) email_wrong: bool,
    /// The card that the form has saved.
    pub(crate) saved: Option<SavedCard>,
    /// Height of the provider's form, in pixels.
    pub(crate) form_height: u32,
    /// Counts the cards tried: another card gets an empty form.
    pub(crate) attempt: u32,
    /// The bank is being asked.
    pub(crate) paying: bool,
    /// The bank's page, while it is shown.
    pub(crate) bank: Option<String>,
    /// The shopper gives no device signals.
    pub(crate) refuses: bool,

    watcher: Watcher,
    clock: Clock,
}

impl State {
    /// What a page starts from, on the edge as in the browser.
    pub(crate) fn new(start: Start) -> Self {
        let Start {
            info,
            mut snapshot,
            standing,
            element,
            lang,
        } = start;
        if let Some(mine) = &standing
            && mine.snapshot.is_newer_than(&snapshot)
        {
            snapshot = mine.snapshot.clone();
        }
        let mut watcher = Watcher::default();
        watcher.observe(snapshot.clone());
        let place = standing
            .as_ref()
            .and_then(|mine| watcher.place(mine.number));
        let mut state = Self {
            lang,
            info,
            element,
            now_s: snapshot.at / 1000,
            snapshot,
            standing,
            place,
            waited: false,
            awake: false,
            busy: Busy::No,
            puzzle: None,
            asked: false,
            retrying: false,
            problem: None,
            pass: None,
            leaving: false,
            announcement: String::new(),
            say_at: 0.0,
            email_wrong: false,
            saved: None,
            form_height: 320,
            attempt: 0,
            paying: false,
            bank: None,
            refuses: false,
            watcher,
            clock: Clock::default(),
        };
        state.note_waiting();
        state
    }

    /// The texts.
    pub(crate) fn text(&self) -> &'static Text {
        self.lang.text()
    }

    /// What to show.
    pub(crate) fn step(&self) -> Step {
        Step::of(
            &self.snapshot,
            self.standing.as_ref(),
            self.place,
            self.busy,
        )
    }

    /// How far the card is.
    pub(crate) fn card(&self) -> Card {
        Card::of(self.hold(), self.step())
    }

    /// The newest hold.
    pub(crate) fn hold(&self) -> Option<&Authorization> {
        self.standing.as_ref()?.authorization.as_ref()
    }

    /// Is the card form shown?
    pub(crate) fn asks_for_card(&self) -> bool {
        let step = self.step();
        step.in_line() && step != Step::Waitlist && self.card().asks()
    }

    /// May the Buy button be pressed?
    pub(crate) fn may_buy(&self) -> bool {
        self.card() == Card::Held
            && self.pass.is_some()
            && self.busy == Busy::No
            && self.snapshot.phase != Phase::Paused
    }

    /// Is a pass wanted? There is none, or it ran out; and while the sale is held none is given.
    pub(crate) fn wants_pass(&self) -> bool {
        let valid = self
            .pass
            .as_ref()
            .is_some_and(|pass| self.seconds_until(pass.expires_at) > 0);
        let held = self.snapshot.phase == Phase::Paused;
        self.step() == Step::Called && self.busy == Busy::No && !held && !valid
    }

    /// How long nothing can happen that this shopper has to know at once, in milliseconds.
    pub(crate) fn calm_ms(&self) -> u64 {
        self.place.map_or(0, |place| calm_ms(place, &self.snapshot))
    }

    /// Are people let in more slowly than before?
    pub(crate) fn is_slowed(&self) -> bool {
        self.watcher.is_slowed()
    }

    /// Whole seconds until a moment.
    pub(crate) fn seconds_until(&self, then: u64) -> u64 {
        seconds_until(then, self.now_s * 1000)
    }

    /// Milliseconds until a moment, as far as this tab knows the time.
    pub(crate) fn ms_until(&self, then: u64) -> f64 {
        then.saturating_sub(self.now_s * 1000) as f64
    }

    /// Is the puzzle being solved, or a CAPTCHA asked, so that it may still be stopped?
    pub(crate) fn may_stop(&self) -> bool {
        self.asked || self.puzzle.is_some_and(|(done, of)| done < of)
    }

    /// The edge's time now, in whole seconds.
    pub(crate) fn clock_s(&self, monotonic: f64) -> u64 {
        self.clock.now(monotonic) / 1000
    }

    /// How far the edge's time is ahead of the monotonic one, ms.
    pub(crate) fn clock_ahead(&self) -> f64 {
        self.clock.ahead()
    }

    /// Takes a snapshot, if it is news.
    pub(crate) fn observe(&mut self, snapshot: Snapshot, monotonic: f64) {
        self.clock.observe(&snapshot, monotonic);
        if self.watcher.observe(snapshot.clone()) {
            let before = std::mem::replace(&mut self.snapshot, snapshot).phase;
            self.find_place();
            self.say_pause(before, monotonic);
        }
    }

    /// Takes what the edge says this shopper has.
    pub(crate) fn settle(&mut self, standing: Option<Standing>, monotonic: f64) {
        let number = |mine: &Option<Standing>| mine.as_ref().map(|m| m.number);
        if number(&self.standing) != number(&standing) {
            // Another ticket is another place: what was best for the old one says nothing.
            self.watcher = Watcher::default();
            self.watcher.observe(self.snapshot.clone());
            self.pass = None;
            self.waited = false;
        }
        if let Some(mine) = &standing {
            self.observe(mine.snapshot.clone(), monotonic);
        }
        self.standing = standing;
        self.find_place();
    }

    /// Remembers that the place was given back.
    pub(crate) fn mark_left(&mut self) {
        self.pass = None;
        if let Some(mine) = &mut self.standing {
            mine.left = true;
        }
    }

    fn find_place(&mut self) {
        let number = self.standing.as_ref().map(|mine| mine.number);
        self.place = number.and_then(|number| self.watcher.place(number));
        self.note_waiting();
    }

    /// Who waited for a unit to come back is told so when one does.
    fn note_waiting(&mut self) {
        self.waited |= self.step() == Step::Waitlist;
    }
}

#[cfg(test)]
mod tests;
