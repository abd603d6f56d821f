//! The card: asked for while waiting, held, and given back when nothing was won.
//!
//! The provider's form stays in the page for as long as a card is wanted, whatever step comes, so
//! that nobody loses what they typed. It is another origin's frame: this page cannot read it.

use leptos::html;
use leptos::prelude::*;
use protocol::wire::AuthorizationStatus;

use super::state::Way;
use super::step::Card;
use crate::browser::page;
use crate::text::format;

/// The card's panel; hidden where no card matters.
pub(crate) fn view(way: Way) -> AnyView {
    let shown = move || {
        let step = way.step.get();
        step.in_line() || (step.is_end() && way.standing.with(Option::is_some))
    };
    let asks = move || way.step.get().in_line() && way.card.get().asks();
    let tone = move || match way.card.get() {
        Card::Held | Card::Paid => "good",
        Card::Declined if asks() => "bad",
        Card::Action => "warn",
        _ => "plain",
    };
    view! {
        <section
            class="panel card"
            aria-labelledby="card-title"
            data-tone=tone
            data-card=move || format!("{:?}", way.card.get())
            hidden=move || !shown()
        >
            <h2 id="card-title">{way.text().card_title}</h2>
            <div role="status">{move || state(way)}</div>
            {form(way, asks)}
            {bank(way)}
        </section>
    }
    .into_any()
}

/// How the hold is, in words.
fn state(way: Way) -> AnyView {
    let text = way.text();
    let hold = way.hold();
    let amount = match &hold {
        Some(hold) => format::money(way.lang, hold.amount),
        None => way.price(),
    };
    let name = |hold: &protocol::wire::Authorization| {
        format::card(text, hold.brand.as_deref(), hold.last4.as_deref())
    };
    let line = |words: String| view! { <p>{words}</p> }.into_any();
    let end = way.step.get().is_end();
    match (way.card.get(), hold) {
        (Card::Wanted, None) | (Card::Declined, _) if end => line(text.hold_none.to_owned()),
        (Card::Checking, _) => line(format::fill(text.holding, &[&amount])),
        (Card::Action, _) => view! {
            <p><strong>{text.action_title}</strong></p>
            <p>{format::fill(text.action_text, &[&amount])}</p>
        }
        .into_any(),
        (Card::Declined, Some(hold)) => view! {
            <p><strong>{text.declined_title}</strong> " " {name(&hold)}</p>
            <p>{text.decline(hold.decline_code.as_deref())} " " {text.declined_retry}</p>
        }
        .into_any(),
        (Card::Held, Some(hold)) => view! {
            <p class="held"><strong>{format::fill(text.held, &[&amount, &name(&hold)])}</strong></p>
            <p>{text.held_note}</p>
        }
        .into_any(),
        (Card::Paid, Some(hold)) => line(format::fill(text.paid, &[&amount, &name(&hold)])),
        (Card::Releasing, Some(hold)) if hold.status != AuthorizationStatus::Voided => {
            line(format::fill(text.hold_releasing, &[&amount]))
        }
        (Card::Released, Some(hold)) => line(format::fill(text.hold_released, &[&amount, &clock(way, hold.updated_at)])),
        _ => line(format::fill(text.card_intro, &[&amount])),
    }
}

/// The hour of a moment: the reader's own in the browser, UTC on the edge.
fn clock(way: Way, ms: u64) -> String {
    if cfg!(feature = "hydrate") {
        page::local_time(ms, way.lang.code(), false)
    } else {
        format::utc(way.lang, ms)
    }
}

fn form(way: Way, asks: impl Fn() -> bool + Copy + Send + Sync + 'static) -> AnyView {
    let text = way.text();
    let form = way.form;
    let frame = NodeRef::<html::Iframe>::new();
    // The frame is filled in the browser, once a card is wanted; and anew for another card.
    let wanted = Memo::new(move |_| asks().then(|| form.attempt.get()));
    Effect::new(move || {
        if wanted.get().is_some()
            && let Some(frame) = frame.get()
        {
            frame.set_src(&way.form_url());
        }
    });
    let ready = move || {
        let card = form.saved.get()?;
        let name = format::card(text, card.brand.as_deref(), card.last4.as_deref());
        Some(format::fill(text.card_ready, &[&name]))
    };
    let paying = move || way.paying.get();
    view! {
        <div class="card-form" hidden=move || !asks()>
            <label for="email">{text.email}</label>
            <input
                id="email"
                type="email"
                name="email"
                autocomplete="email"
                inputmode="email"
                required
                aria-describedby="email-error"
                aria-invalid=move || form.email_wrong.get().then_some("true")
                prop:value=form.email
                on:input=move |event| {
                    form.email.set(event_target_value(&event));
                    form.email_wrong.set(false);
                }
            />
            <p id="email-error" class="field-error" role="alert">
                {move || form.email_wrong.get().then_some(text.email_error)}
            </p>
            <iframe
                node_ref=frame
                class="card-frame"
                title=text.card_frame
                height=move || form.height.get().to_string()
                hidden=move || form.saved.get().is_some()
            ></iframe>
            <div hidden=move || form.saved.get().is_none()>
                <p>{ready}</p>
                <button
                    type="button"
                    class="button button-main"
                    disabled=paying
                    on:click=move |_| way.hold_price()
                >
                    {format::fill(text.hold, &[&way.price()])}
                </button>
            </div>
            <p class="note" role="status" hidden=move || !paying()>
                {format::fill(text.holding, &[&way.price()])}
            </p>
        </div>
    }
    .into_any()
}

/// 3-D Secure: the bank's own page, in a dialog.
fn bank(way: Way) -> AnyView {
    let text = way.text();
    let form = way.form;
    let dialog = NodeRef::<html::Dialog>::new();
    let frame = NodeRef::<html::Iframe>::new();
    Effect::new(move || {
        let (Some(dialog), Some(frame)) = (dialog.get(), frame.get()) else { return };
        match form.action.get() {
            Some(url) => {
                frame.set_src(&url);
                if !dialog.open() {
                    let _ = dialog.show_modal();
                }
            }
            None if dialog.open() => dialog.close(),
            None => {}
        }
    });
    let open = move |_| way.show_bank(way.hold().and_then(|hold| hold.action_url));
    let needed = move || way.card.get() == Card::Action;
    view! {
        <button type="button" class="button button-main" id="bank" hidden=move || !needed() on:click=open>
            {text.action_open}
        </button>
        <dialog node_ref=dialog class="bank" aria-label=text.action_frame on:close=move |_| form.action.set(None)>
            <div class="bank-bar">
                <p>{text.action_frame}</p>
                <button type="button" class="button button-quiet" on:click=move |_| form.action.set(None)>
                    {text.close}
                </button>
            </div>
            <iframe node_ref=frame title=text.action_frame></iframe>
        </dialog>
    }
    .into_any()
}
