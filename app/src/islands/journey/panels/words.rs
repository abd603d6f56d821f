//! What a panel says where that follows from more than one value.

use super::super::state::State;
use super::super::step::{Step, another_card_until};
use crate::text::format;
use protocol::place::{Odds, Place};
use protocol::wire::{Order, OrderStatus};

impl State {
    /// What the present step is called.
    pub(crate) fn step_title(&self) -> &'static str {
        let text = self.text();
        match self.step() {
            Step::Announced => text.announced_title,
            Step::Invited if self.draw_is_made() => text.late_invite_title,
            Step::Invited => text.lobby_invite_title,
            Step::Joining => text.joining_title,
            Step::Lobby => text.lobby_title,
            Step::Line if self.waited => text.line_back_title,
            Step::Line => text.line_title,
            Step::Called if self.order_failed() => text.order_failed_title,
            Step::Called if self.waited => text.called_back_title,
            Step::Called => text.called_title,
            Step::Ordered if self.order_failed() => text.order_failed_title,
            Step::Ordered => text.ordered_title,
            Step::Waitlist => text.waitlist_title,
            Step::SoldOut => text.sold_out_title,
            Step::Over => text.over_title,
            Step::Left => text.left_title,
        }
    }

    pub(super) fn draw_is_made(&self) -> bool {
        self.snapshot.draw.size.is_some()
    }

    pub(super) fn order(&self) -> Option<&Order> {
        self.standing.as_ref()?.order.as_ref()
    }

    pub(super) fn order_failed(&self) -> bool {
        self.order()
            .is_some_and(|order| order.status == OrderStatus::Failed)
    }

    /// Why a card is needed, and for how long another one may be tried after the bank refused the last.
    pub(super) fn needs_card(&self) -> String {
        let text = self.text();
        match another_card_until(&self.snapshot, self.standing.as_ref()) {
            None => text.called_needs_card.to_owned(),
            Some(until) => {
                let left = format::countdown(self.lang, self.seconds_until(until));
                let another = format::fill(text.another_card, &[&left]);
                [text.order_failed_text, " ", &another].concat()
            }
        }
    }

    /// The ticket's number as people count, from 1.
    pub(super) fn ticket(&self) -> u64 {
        self.standing.as_ref().map_or(0, |mine| mine.number.0 + 1)
    }

    /// What the wait follows from, and why it may have grown.
    pub(super) fn pace(&self) -> String {
        let text = self.text();
        let words = match self.is_slowed() {
            true => text.pace_slowed,
            false => text.pace,
        };
        let people = format::plural(self.lang, text.people, self.snapshot.rate.into());
        format::fill(words, &[&people])
    }

    /// Rank from 1, people ahead, seconds to wait, odds.
    pub(super) fn waiting(&self) -> (u64, u64, (u64, u64), Odds) {
        match self.place {
            Some(Place::Waiting {
                rank,
                ahead,
                eta_s,
                odds,
            }) => (rank.0 + 1, ahead, eta_s, odds),
            _ => (0, 0, (0, 0), Odds::None),
        }
    }
}
