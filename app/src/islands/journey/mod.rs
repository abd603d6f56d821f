//! The shopper's way through a sale, as one island.
//!
//! [`step`] decides what to show, [`state`] holds what is known, the other files are what happens in
//! the order it happens: [`watch`], [`join`], [`pay`], [`buy`], [`leave`]. [`panels`] and [`card`] are
//! what is seen. The card form stands beside the panels and not in them, so that no change of step
//! takes a half-typed card away.

mod buy;
mod card;
mod join;
mod leave;
mod panels;
mod pay;
mod progress;
mod state;
mod status;
pub(crate) mod step;
mod watch;

use leptos::prelude::*;
use protocol::Snapshot;
use protocol::wire::{SaleInfo, Standing};
use serde::{Deserialize, Serialize};

use crate::CardElement;
use crate::text::Lang;
use state::Way;

/// What the page knows when it is rendered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The sale.
    pub(crate) info: SaleInfo,
    /// Where it stands.
    pub(crate) snapshot: Snapshot,
    /// What this shopper has in it, by the ticket cookie.
    pub(crate) standing: Option<Standing>,
    /// The provider's card form.
    pub(crate) element: CardElement,
    /// The reader's language.
    pub(crate) lang: Lang,
}

/// Join, wait, pay, buy.
#[island]
pub(crate) fn Journey(start: Start) -> impl IntoView {
    let way = Way::new(start);
    Effect::new(move || way.wake());
    view! {
        <div class="journey">
            {status::view(way)}
            {progress::view(way)}
            {panels::view(way)}
            {card::view(way)}
            {leave::view(way)}
            <p class="visually-hidden" aria-live="polite" role="status">{way.announcement}</p>
        </div>
    }
}
