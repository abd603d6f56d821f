//! The card: asked for while waiting, held, and given back when nothing was won.
//!
//! The provider's form stays in the page for as long as a card is wanted, whatever step comes, so
//! that nobody loses what they typed. It is another origin's frame: this page cannot read it.

use super::state::State;
use super::step::{Card, Step};
use super::way::Way;
use crate::browser::page;
use crate::islands::parts::{Part, button, heading, note, p, stressed, whenever};
use crate::text::format;

/// The card's panel; hidden where no card matters.
pub(crate) fn view(way: Way) -> Part {
    let text = way.text();
    let hidden = way.flag(|state| {
        let step = state.step();
        !(step.in_line() || (step.is_end() && state.standing.is_some()))
    });
    let tone = way.words(|state| {
        match state.card() {
            Card::Held | Card::Paid => "good",
            Card::Declined if state.asks_for_card() => "bad",
            Card::Action => "warn",
            _ => "plain",
        }
        .to_owned()
    });
    let news = stressed(
        way.words(|state| state.card_news().0),
        way.words(|state| state.card_news().1),
    );
    let confirm = button("bank", "button button-main", text.action_open, move || {
        way.show_bank();
    })
    .with("hidden", way.flag(|state| state.card() != Card::Action));
    Part::parts(
        "section",
        vec![
            heading("card-title", text.card_title),
            Part::parts("div", vec![news.class("news")]).with("role", "status"),
            form(way),
            confirm,
            bank(way),
        ],
    )
    .class("panel card")
    .with("aria-labelledby", "card-title")
    .with("data-tone", tone)
    .with(
        "data-card",
        way.words(|state| state.card().name().to_owned()),
    )
    .with("hidden", hidden)
}

impl State {
    /// How the hold is: what matters, and what that means.
    fn card_news(&self) -> (String, String) {
        let text = self.text();
        let hold = self.hold();
        let amount = format::money(self.lang, hold.map_or(self.info.price, |hold| hold.amount));
        let card = hold.map_or_else(String::new, |hold| {
            format::card(text, hold.brand.as_deref(), hold.last4.as_deref())
        });
        let short = |words: String| (words, String::new());
        let long = |words: String| (String::new(), words);
        match self.card() {
            Card::Wanted | Card::Declined if !self.asks_for_card() => {
                long(text.hold_none.to_owned())
            }
            Card::Wanted => long(format::fill(text.card_intro, &[&amount])),
            Card::Kept => long(format::fill(text.card_kept, &[&amount])),
            Card::Checking => long(format::fill(text.holding, &[&amount])),
            Card::Action => (
                text.action_title.to_owned(),
                format::fill(text.action_text, &[&amount]),
            ),
            Card::Declined => {
                let reason = text.decline(hold.and_then(|hold| hold.decline_code.as_deref()));
                let title = [text.declined_title, " (", &card, ")."].concat();
                (title, [reason, " ", text.declined_retry].concat())
            }
            Card::Held => (
                format::fill(text.held, &[&amount, &card]),
                match self.step() {
                    Step::Waitlist => text.waitlist_held_note,
                    _ => text.held_note,
                }
                .to_owned(),
            ),
            Card::Unheld => long(text.hold_none.to_owned()),
            Card::Paid => short(format::fill(text.paid, &[&amount, &card])),
            Card::Releasing => long(format::fill(text.hold_releasing, &[&amount])),
            Card::Released => {
                let at = hold.map_or(0, |hold| hold.updated_at);
                let time = match self.awake {
                    true => page::local_time(at, self.lang.code(), false),
                    false => format::utc(self.lang, at),
                };
                long(format::fill(text.hold_released, &[&amount, &time]))
            }
        }
    }
}

fn form(way: Way) -> Part {
    let text = way.text();
    // The frame is filled in the browser, once a card is wanted; and anew for another card.
    let mut filled = None;
    whenever(move || {
        let wanted = way.read(|state| state.asks_for_card().then_some(state.attempt));
        if wanted.is_some() && wanted != filled {
            page::fill_frame("card-frame", &way.form_url());
        }
        // On the waitlist the form is away for a while, and comes back as it was.
        if wanted.is_some() || way.peek(State::step) != Step::Waitlist {
            filled = wanted;
        }
    });
    let price = way.peek(|state| format::money(way.lang, state.info.price));
    let email = Part::text("input", "")
        .with("id", "email")
        .with("type", "email")
        .with("autocomplete", "email")
        .with("aria-describedby", "email-error")
        .with(
            "aria-invalid",
            way.words(|state| if state.email_wrong { "true" } else { "" }.to_owned()),
        )
        .on("input", move || {
            way.change(|state| state.email_wrong = false);
        });
    let email_error = way.words(|state| {
        if state.email_wrong {
            state.text().email_error
        } else {
            ""
        }
        .to_owned()
    });
    let frame = Part::text("iframe", "")
        .with("id", "card-frame")
        .class("card-frame")
        .with("title", text.card_frame)
        .with("height", way.words(|state| state.form_height.to_string()))
        .with("hidden", way.flag(|state| state.saved.is_some()));
    let ready = way.words(|state| {
        let card = state.saved.as_ref();
        let name = card
            .map(|card| format::card(state.text(), card.brand.as_deref(), card.last4.as_deref()));
        format::fill(state.text().card_ready, &[&name.unwrap_or_default()])
    });
    let hold = button(
        "hold",
        "button button-main",
        format::fill(text.hold, &[&price]),
        move || way.hold_price(),
    )
    .with("disabled", way.flag(|state| state.paying));
    let holding = format::fill(text.holding, &[&price]);
    Part::parts(
        "div",
        vec![
            Part::text("label", text.email).with("for", "email"),
            email,
            p(email_error)
                .class("field-error")
                .with("id", "email-error")
                .with("role", "alert"),
            frame,
            Part::parts("div", vec![p(ready), hold])
                .with("hidden", way.flag(|state| state.saved.is_none())),
            note(holding)
                .with("role", "status")
                .with("hidden", way.flag(|state| !state.paying)),
        ],
    )
    .class("card-form")
    .with("hidden", way.flag(|state| !state.asks_for_card()))
}

/// 3-D Secure: the bank's own page, in a dialog.
fn bank(way: Way) -> Part {
    let text = way.text();
    let mut shown = None;
    whenever(move || {
        let wanted = way.read(|state| state.bank.clone());
        if wanted != shown {
            match &wanted {
                Some(url) => {
                    page::fill_frame("bank-frame", url);
                    page::open_dialog("bank-dialog");
                }
                None => page::close_dialog("bank-dialog"),
            }
            shown = wanted;
        }
    });
    let close = move || way.change(|state| state.bank = None);
    let bar = vec![
        p(text.action_frame),
        button("bank-close", "button button-quiet", text.close, close),
    ];
    let frame = Part::text("iframe", "")
        .with("id", "bank-frame")
        .with("title", text.action_frame);
    Part::parts(
        "dialog",
        vec![Part::parts("div", bar).class("bank-bar"), frame],
    )
    .class("bank")
    .with("id", "bank-dialog")
    .with("aria-label", text.action_frame)
    .on("close", close)
}
