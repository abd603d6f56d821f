//! What the journey knows, as signals that panels and acts share.

use leptos::prelude::*;
use protocol::Snapshot;
use protocol::place::{Place, Watcher};
use protocol::wire::{Authorization, PassAnswer, SaleInfo, Standing};

use super::Start;
use super::pay::Form;
use super::step::{Busy, Card, Step};
use crate::CardElement;
use crate::browser::{channel::Tabs, feed::Feed, http::Failure, page};
use crate::islands::clock::{Clock, jittered};
use crate::text::{Lang, Text};

/// A handle on the journey's state; copied into every closure.
#[derive(Clone, Copy)]
pub(crate) struct Way {
    pub(crate) lang: Lang,
    pub(crate) info: StoredValue<SaleInfo>,
    pub(crate) element: StoredValue<CardElement>,

    /// The newest snapshot.
    pub(crate) snapshot: RwSignal<Snapshot>,
    /// What this shopper has.
    pub(crate) standing: RwSignal<Option<Standing>>,
    /// The place to show; never worse than the one before.
    pub(crate) place: RwSignal<Option<Place>>,
    /// The edge's time, in whole seconds.
    pub(crate) now_s: RwSignal<u64>,
    /// What to show.
    pub(crate) step: Memo<Step>,
    /// How far the card is.
    pub(crate) card: Memo<Card>,

    /// What this tab is in the middle of.
    pub(crate) busy: RwSignal<Busy>,
    /// Rounds of the puzzle done, and how many there are.
    pub(crate) puzzle: RwSignal<Option<(u32, u32)>>,
    /// The edge is overrun and the same call is made again in a moment.
    pub(crate) retrying: RwSignal<bool>,
    /// What went wrong with the last act.
    pub(crate) problem: RwSignal<Option<&'static str>>,
    /// The right to buy.
    pub(crate) pass: RwSignal<Option<PassAnswer>>,
    /// The card form.
    pub(crate) form: Form,
    /// The bank is being asked for a hold.
    pub(crate) paying: RwSignal<bool>,
    /// For those who listen instead of look.
    pub(crate) announcement: RwSignal<String>,

    watcher: StoredValue<Watcher>,
    clock: StoredValue<Clock>,
    /// The next change of step follows a press of this shopper, so the focus goes with it.
    pub(crate) follow_focus: StoredValue<bool>,
    pub(crate) tabs: StoredValue<Option<Tabs>, LocalStorage>,
    pub(crate) feed: StoredValue<Option<Feed>, LocalStorage>,
}

impl Way {
    /// The state a page starts from, on the edge as in the browser.
    pub(crate) fn new(start: Start) -> Self {
        let Start { info, mut snapshot, standing, element, lang } = start;
        if let Some(mine) = &standing
            && mine.snapshot.is_newer_than(&snapshot)
        {
            snapshot = mine.snapshot.clone();
        }
        let mut watcher = Watcher::default();
        watcher.observe(snapshot.clone());
        let place = standing.as_ref().and_then(|mine| watcher.place(mine.number));
        let now_s = snapshot.at / 1000;

        let snapshot = RwSignal::new(snapshot);
        let standing = RwSignal::new(standing);
        let place = RwSignal::new(place);
        let busy = RwSignal::new(Busy::No);
        let step = Memo::new(move |_| {
            snapshot.with(|snapshot| {
                standing.with(|mine| Step::of(snapshot, mine.as_ref(), place.get(), busy.get()))
            })
        });
        let card = Memo::new(move |_| {
            standing.with(|mine| Card::of(mine.as_ref().and_then(|m| m.authorization.as_ref()), step.get()))
        });
        Self {
            lang,
            info: StoredValue::new(info),
            element: StoredValue::new(element),
            snapshot,
            standing,
            place,
            now_s: RwSignal::new(now_s),
            step,
            card,
            busy,
            puzzle: RwSignal::new(None),
            retrying: RwSignal::new(false),
            problem: RwSignal::new(None),
            pass: RwSignal::new(None),
            form: Form::new(),
            paying: RwSignal::new(false),
            announcement: RwSignal::new(String::new()),
            watcher: StoredValue::new(watcher),
            clock: StoredValue::new(Clock::default()),
            follow_focus: StoredValue::new(false),
            tabs: StoredValue::new_local(None),
            feed: StoredValue::new_local(None),
        }
    }

    /// The texts.
    pub(crate) fn text(self) -> &'static Text {
        self.lang.text()
    }

    /// A route of this sale.
    pub(crate) fn route(self, rest: &str) -> String {
        self.info.with_value(|info| ["/api/v1/sales/", info.sale.as_str(), rest].concat())
    }

    /// The price, as people write it.
    pub(crate) fn price(self) -> String {
        self.info.with_value(|info| crate::text::format::money(self.lang, info.price))
    }

    /// The newest hold.
    pub(crate) fn hold(self) -> Option<Authorization> {
        self.standing.with(|mine| mine.as_ref()?.authorization.clone())
    }

    /// The edge's time now, Unix milliseconds.
    pub(crate) fn now(self) -> u64 {
        self.clock.with_value(|clock| clock.now(page::monotonic()))
    }

    /// Takes a snapshot, if it is news.
    pub(crate) fn observe(self, snapshot: Snapshot) {
        self.clock.update_value(|clock| clock.observe(&snapshot, page::monotonic()));
        let mut news = false;
        self.watcher.update_value(|watcher| news = watcher.observe(snapshot.clone()));
        if news {
            self.snapshot.set(snapshot);
            self.look();
        }
    }

    /// Finds the place anew.
    fn look(self) {
        let number = self.standing.with_untracked(|mine| mine.as_ref().map(|m| m.number));
        let mut place = None;
        if let Some(number) = number {
            self.watcher.update_value(|watcher| place = watcher.place(number));
        }
        if self.place.get_untracked() != place {
            self.place.set(place);
        }
    }

    /// Takes what the edge says this shopper has.
    pub(crate) fn settle(self, standing: Option<Standing>) {
        let number = |mine: &Option<Standing>| mine.as_ref().map(|m| m.number);
        let other_ticket = self.standing.with_untracked(|mine| number(mine)) != number(&standing);
        if other_ticket {
            // Another ticket is another place: what was best for the old one says nothing.
            let newest = self.snapshot.get_untracked();
            let mut watcher = Watcher::default();
            watcher.observe(newest);
            self.watcher.set_value(watcher);
            self.pass.set(None);
        }
        let snapshot = standing.as_ref().map(|mine| mine.snapshot.clone());
        self.standing.set(standing);
        if let Some(snapshot) = snapshot {
            self.observe(snapshot);
        }
        self.look();
    }

    /// Takes news of the hold.
    pub(crate) fn settle_hold(self, hold: Authorization) {
        self.standing.update(|mine| {
            if let Some(mine) = mine {
                mine.authorization = Some(hold);
            }
        });
    }

    /// Tells the shopper that an act failed.
    pub(crate) fn fail(self, failure: &Failure) {
        let text = self.text();
        self.problem.set(Some(match failure {
            Failure::Refused(problem) => text.problem(problem),
            Failure::Offline => text.error_offline,
        }));
    }

    /// Makes a call, and makes it again while the edge is only busy, for about a minute and a half.
    pub(crate) async fn patiently<T>(self, call: impl AsyncFn() -> Result<T, Failure>) -> Result<T, Failure> {
        let mut pause = 1.0;
        for _ in 0..12 {
            match call().await {
                Err(failure) if failure.retry_after().is_some() => {
                    self.retrying.set(true);
                    let wait = failure.retry_after().unwrap_or_default() * pause;
                    page::sleep(jittered(wait.min(15_000.0), 0.5, page::dice())).await;
                    pause = (pause * 1.5_f64).min(8.0);
                }
                other => {
                    self.retrying.set(false);
                    return other;
                }
            }
        }
        self.retrying.set(false);
        call().await
    }
}
