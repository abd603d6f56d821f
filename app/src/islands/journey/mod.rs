//! The shopper's way through a sale, as one island.
//!
//! [`step`] decides what to show, [`state`] holds what is known, the other files are what happens in
//! the order it happens: [`watch`], [`join`], [`pay`], [`buy`], [`leave`]. [`status`], [`panels`] and
//! [`card`] are what is seen. The card form stands beside the panels and not in them, so that no
//! change of step takes a half-typed card away.

mod buy;
mod card;
mod join;
mod leave;
mod panels;
mod pay;
mod state;
mod status;
pub(crate) mod step;
mod watch;
mod way;

use leptos::prelude::*;
use protocol::Snapshot;
use protocol::wire::{SaleInfo, Standing};
use serde::{Deserialize, Serialize};

use super::given::Given;
use super::parts::{Part, p, whenever};
use crate::CardElement;
use crate::text::Lang;
use way::Way;

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

/// Join, wait, pay, buy. Given a [`Start`].
#[island]
pub(crate) fn Journey() -> impl IntoView {
    Given::to(view)
}

fn view(start: Start) -> Part {
    let way = Way::new(start);
    whenever(move || way.wake());
    let said = way.words(|state| state.announcement.clone());
    Part::parts(
        "div",
        vec![
            status::view(way),
            status::countdown(way),
            status::paused(way),
            status::message(way),
            status::stations(way),
            panels::view(way),
            card::view(way),
            leave::view(way),
            p(said).class("visually-hidden").with("role", "status"),
        ],
    )
    .class("journey")
}
