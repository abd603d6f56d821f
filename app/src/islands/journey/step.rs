//! What to show when: the journey's only decisions, as pure functions.
//!
//! Page and island call the same functions with the same values, so what the server rendered is what
//! the browser wakes up. Nothing here knows about views, clocks or networks.

use protocol::place::Place;
use protocol::wire::{Authorization, AuthorizationStatus, Order, OrderStatus, Standing};
use protocol::{Phase, Snapshot};

/// Where a shopper is, in the order of the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The lobby is not open yet.
    Announced,
    /// May join, has not.
    Invited,
    /// The puzzle is being solved, or the place is being taken.
    Joining,
    /// Gave the place back.
    Left,
    /// Has a ticket; the draw is still to come.
    Lobby,
    /// In line.
    Line,
    /// Behind the frontier: may buy.
    Called,
    /// Has an order.
    Ordered,
    /// No unit is left, but one may still come back to the next in line.
    Waitlist,
    /// No unit is left, and none comes back.
    SoldOut,
    /// The sale is over.
    Over,
}

impl Step {
    /// The step by the newest snapshot, what this shopper has, and what this tab is doing.
    pub(crate) fn of(
        snapshot: &Snapshot,
        standing: Option<&Standing>,
        place: Option<Place>,
        busy: Busy,
    ) -> Self {
        let ordered = standing.is_some_and(|mine| mine.order.is_some());
        if ordered && another_card_until(snapshot, standing).is_none() {
            return Self::Ordered;
        }
        if busy == Busy::Buying {
            return Self::Called;
        }
        match snapshot.phase {
            Phase::SoldOut => {
                let waits = !snapshot.decided && standing.is_some_and(|mine| !mine.left);
                return if waits { Self::Waitlist } else { Self::SoldOut };
            }
            Phase::Closed => return Self::Over,
            _ => {}
        }
        let Some(mine) = standing else {
            return match (busy, snapshot.phase) {
                (Busy::Joining, _) => Self::Joining,
                (_, Phase::Scheduled) => Self::Announced,
                _ => Self::Invited,
            };
        };
        match place {
            _ if mine.left && busy == Busy::Joining => Self::Joining,
            _ if mine.left => Self::Left,
            Some(Place::Called { .. }) => Self::Called,
            Some(Place::Waiting { .. }) => Self::Line,
            _ => Self::Lobby,
        }
    }

    /// For the style and the tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Invited => "invited",
            Self::Joining => "joining",
            Self::Left => "left",
            Self::Lobby => "lobby",
            Self::Line => "line",
            Self::Called => "called",
            Self::Ordered => "ordered",
            Self::Waitlist => "waitlist",
            Self::SoldOut => "sold_out",
            Self::Over => "over",
        }
    }

    /// Which of the four stations of the way it is: join, wait, buy, yours.
    pub(crate) fn station(self) -> Option<usize> {
        match self {
            Self::Announced | Self::Invited | Self::Joining => Some(0),
            Self::Lobby | Self::Line | Self::Waitlist => Some(1),
            Self::Called => Some(2),
            Self::Ordered => Some(3),
            Self::Left | Self::SoldOut | Self::Over => None,
        }
    }

    /// Does the shopper hold a live place?
    pub(crate) fn in_line(self) -> bool {
        matches!(
            self,
            Self::Lobby | Self::Line | Self::Called | Self::Waitlist
        )
    }

    /// Nothing can be won any more.
    pub(crate) fn is_end(self) -> bool {
        matches!(self, Self::Left | Self::SoldOut | Self::Over)
    }
}

/// What this tab is in the middle of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Busy {
    /// Nothing.
    #[default]
    No,
    /// Joining.
    Joining,
    /// Buying.
    Buying,
}

/// How far the card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Card {
    /// None yet: ask for one.
    Wanted,
    /// It is kept, and held when the turn is near.
    Kept,
    /// The bank is being asked.
    Checking,
    /// The bank wants to see the shopper.
    Action,
    /// The bank said no: ask for another.
    Declined,
    /// The price is held.
    Held,
    /// The hold is being released.
    Releasing,
    /// The hold is released.
    Released,
    /// The card was kept, and no hold was ever asked for.
    Unheld,
    /// The price is taken.
    Paid,
}

impl Card {
    /// By the newest hold and the step the shopper is at.
    pub(crate) fn of(hold: Option<&Authorization>, step: Step) -> Self {
        use AuthorizationStatus as Status;
        match hold.map(|hold| hold.status) {
            None => Self::Wanted,
            Some(Status::Captured) => Self::Paid,
            Some(Status::Voided | Status::Unheld) if step.in_line() => Self::Wanted,
            Some(Status::Voided) => Self::Released,
            Some(Status::Unheld) => Self::Unheld,
            Some(Status::Saved) if step.is_end() => Self::Unheld,
            Some(Status::Declined) => Self::Declined,
            Some(Status::Voiding) => Self::Releasing,
            // At an end, whatever is still held is on its way back.
            Some(_) if step.is_end() => Self::Releasing,
            Some(Status::Saved) => Self::Kept,
            Some(Status::Processing) => Self::Checking,
            Some(Status::RequiresAction) => Self::Action,
            Some(Status::Authorized) => Self::Held,
        }
    }

    /// For the style and the tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Kept => "kept",
            Self::Checking => "checking",
            Self::Action => "action",
            Self::Declined => "declined",
            Self::Held => "held",
            Self::Releasing => "releasing",
            Self::Released => "released",
            Self::Unheld => "unheld",
            Self::Paid => "paid",
        }
    }

    /// Is a card asked for?
    pub(crate) fn asks(self) -> bool {
        matches!(self, Self::Wanted | Self::Declined)
    }
}

/// Until when another card may be tried, Unix ms: the bank refused the last one after the click, and the sale goes on.
/// Whose new hold is on its way or stands by then is not turned away.
pub(crate) fn another_card_until(snapshot: &Snapshot, standing: Option<&Standing>) -> Option<u64> {
    use AuthorizationStatus::{Authorized, Processing, RequiresAction};
    let mine = standing.filter(|mine| !mine.left)?;
    let until = mine.order.as_ref()?.another_card_until?;
    let tried = mine.authorization.as_ref().map(|hold| hold.status);
    let in_time =
        snapshot.at < until || matches!(tried, Some(Processing | RequiresAction | Authorized));
    let goes_on = matches!(snapshot.phase, Phase::Open | Phase::Paused);
    (in_time && goes_on).then_some(until)
}

/// Is something on its way that only the edge can tell? Then it is worth asking for the standing again.
pub(crate) fn is_pending(step: Step, standing: Option<&Standing>) -> bool {
    let Some(mine) = standing else { return false };
    let order = mine.order.as_ref().is_some_and(order_is_pending);
    let card = Card::of(mine.authorization.as_ref(), step);
    order
        || (step == Step::Called && card == Card::Kept)
        || (step != Step::Ordered
            && matches!(card, Card::Checking | Card::Action | Card::Releasing))
}

/// Will this order's state change by itself?
pub(crate) fn order_is_pending(order: &Order) -> bool {
    matches!(
        order.status,
        OrderStatus::Claimed | OrderStatus::Capturing | OrderStatus::Refunding
    )
}

/// The index of an order's state in [`crate::text::Text::order_states`].
pub(crate) fn order_state(status: OrderStatus) -> usize {
    match status {
        OrderStatus::Claimed => 0,
        OrderStatus::Capturing => 1,
        OrderStatus::Captured => 2,
        OrderStatus::Failed => 3,
        OrderStatus::Refunding => 4,
        OrderStatus::Refunded => 5,
    }
}

#[cfg(test)]
mod tests;
