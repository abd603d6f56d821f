//! The card: asked for while waiting, held, and given back when nothing was won.
//!
//! The provider's form stays in the page for as long as a card is wanted, whatever step comes, so
//! that nobody loses what they typed. It is another origin's frame: this page cannot read it.

use leptos::html;
use leptos::prelude::*;

use super::state::State;
use super::step::Card;
use super::way::Way;
use crate::browser::page;
use crate::islands::parts::{Button, block, fixed, heading, never, paragraph, stressed};
use crate::text::format;

/// The card's panel; hidden where no card matters.
pub(crate) fn view(way: Way) -> AnyView {
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
    let name = way.words(|state| state.card().name().to_owned());
    let news = vec![stressed(
        "news",
        way.words(|state| state.card_news().0),
        way.words(|state| state.card_news().1),
        never(),
    )];
    view! {
        <section class="panel card" aria-labelledby="card-title" data-tone=tone data-card=name hidden=hidden>
            {heading("card-title", fixed(way.text().card_title))}
            {block("", Some("status"), never(), news)}
            {form(way)}
            {bank(way)}
        </section>
    }
    .into_any()
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
            Card::Wanted | Card::Declined if self.step().is_end() => {
                long(text.hold_none.to_owned())
            }
            Card::Wanted => long(format::fill(text.card_intro, &[&amount])),
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
                text.held_note.to_owned(),
            ),
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

fn form(way: Way) -> AnyView {
    let text = way.text();
    let frame = NodeRef::<html::Iframe>::new();
    // The frame is filled in the browser, once a card is wanted; and anew for another card.
    Effect::new(move |before: Option<Option<u32>>| {
        let wanted = way.read(|state| state.asks_for_card().then_some(state.attempt));
        if wanted.is_some()
            && before != Some(wanted)
            && let Some(frame) = frame.get()
        {
            frame.set_src(&way.form_url());
        }
        wanted
    });
    let price = way.peek(|state| format::money(way.lang, state.info.price));
    let email = way.words(|state| state.email.clone());
    let email_error = way.words(|state| {
        if state.email_wrong {
            state.text().email_error
        } else {
            ""
        }
        .to_owned()
    });
    let invalid = way.words(|state| state.email_wrong.to_string());
    let height = way.words(|state| state.form_height.to_string());
    let ready = way.words(|state| {
        let card = state.saved.as_ref();
        let name = card
            .map(|card| format::card(state.text(), card.brand.as_deref(), card.last4.as_deref()));
        format::fill(state.text().card_ready, &[&name.unwrap_or_default()])
    });
    let hold = Button {
        disabled: way.flag(|state| state.paying),
        ..Button::new(
            "hold",
            "button button-main",
            &format::fill(text.hold, &[&price]),
        )
    };
    let saved = vec![
        paragraph("", None, ready, never()),
        hold.view(move || way.hold_price()),
    ];
    let holding = format::fill(text.holding, &[&price]);
    view! {
        <div class="card-form" hidden=way.flag(|state| !state.asks_for_card())>
            <label for="email">{text.email}</label>
            <input
                id="email"
                type="email"
                autocomplete="email"
                aria-describedby="email-error"
                aria-invalid=invalid
                prop:value=email
                on:input=move |event| {
                    let typed = event_target_value(&event);
                    way.change(|state| {
                        state.email = typed;
                        state.email_wrong = false;
                    });
                }
            />
            <p id="email-error" class="field-error" role="alert">{email_error}</p>
            <iframe
                node_ref=frame
                class="card-frame"
                title=text.card_frame
                height=height
                hidden=way.flag(|state| state.saved.is_some())
            ></iframe>
            {block("card-saved", None, way.flag(|state| state.saved.is_none()), saved)}
            {paragraph("note", Some("status"), fixed(&holding), way.flag(|state| !state.paying))}
        </div>
    }
    .into_any()
}

/// 3-D Secure: the bank's own page, in a dialog.
fn bank(way: Way) -> AnyView {
    let text = way.text();
    let dialog = NodeRef::<html::Dialog>::new();
    let frame = NodeRef::<html::Iframe>::new();
    Effect::new(move |before: Option<Option<String>>| {
        let wanted = way.read(|state| state.bank.clone());
        if before.as_ref() != Some(&wanted)
            && let (Some(dialog), Some(frame)) = (dialog.get_untracked(), frame.get_untracked())
        {
            match &wanted {
                Some(url) => {
                    frame.set_src(url);
                    let _ = dialog.show_modal();
                }
                None => dialog.close(),
            }
        }
        wanted
    });
    let close = move || way.change(|state| state.bank = None);
    let open = Button {
        hidden: way.flag(|state| state.card() != Card::Action),
        ..Button::new("bank", "button button-main", text.action_open)
    };
    view! {
        {open.view(move || way.show_bank())}
        <dialog node_ref=dialog class="bank" aria-label=text.action_frame on:close=move |_| close()>
            <div class="bank-bar">
                <p>{text.action_frame}</p>
                {Button::new("bank-close", "button button-quiet", text.close).view(close)}
            </div>
            <iframe node_ref=frame title=text.action_frame></iframe>
        </dialog>
    }
    .into_any()
}
