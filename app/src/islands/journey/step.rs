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
            Some(Status::Voided) if step.in_line() => Self::Wanted,
            Some(Status::Voided) => Self::Released,
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
mod tests {
    use super::*;
    use protocol::snapshot::{Draw, Stock};
    use protocol::{Currency, Money, Rank, SaleId, TicketNumber, UnitNo, place::Odds};

    fn snapshot(phase: Phase) -> Snapshot {
        Snapshot {
            sale: SaleId::parse("s").unwrap(),
            phase,
            epoch: 1,
            seq: 1,
            at: 0,
            opens_at: 0,
            tail: 10,
            frontier: 0,
            rate: 500,
            stock: Stock::default(),
            draw: Draw::default(),
            decided: false,
            poll_after_ms: 1000,
            message: None,
            notice: None,
        }
    }

    fn standing() -> Standing {
        Standing {
            number: TicketNumber(3),
            left: false,
            authorization: None,
            order: None,
            snapshot: snapshot(Phase::Open),
        }
    }

    fn hold(status: AuthorizationStatus) -> Authorization {
        Authorization {
            status,
            amount: Money {
                minor: 1,
                currency: Currency::parse("EUR").unwrap(),
            },
            action_url: None,
            decline_code: None,
            brand: None,
            last4: None,
            updated_at: 0,
        }
    }

    fn order(status: OrderStatus) -> Order {
        Order {
            order: "o".to_owned(),
            sale: SaleId::parse("s").unwrap(),
            unit: UnitNo(0),
            status,
            amount: hold(AuthorizationStatus::Captured).amount,
            email: String::new(),
            brand: None,
            last4: None,
            claimed_at: 0,
            captured_at: None,
            another_card_until: None,
        }
    }

    const WAITING: Option<Place> = Some(Place::Waiting {
        rank: Rank(9),
        ahead: 9,
        eta_s: (1, 2),
        odds: Odds::Fair,
    });
    const CALLED: Option<Place> = Some(Place::Called { rank: Rank(9) });

    #[test]
    fn without_a_ticket_the_phase_decides() {
        for (phase, step) in [
            (Phase::Scheduled, Step::Announced),
            (Phase::Lobby, Step::Invited),
            (Phase::Open, Step::Invited),
            (Phase::Paused, Step::Invited),
            (Phase::SoldOut, Step::SoldOut),
            (Phase::Closed, Step::Over),
        ] {
            assert_eq!(Step::of(&snapshot(phase), None, None, Busy::No), step);
        }
    }

    #[test]
    fn with_a_ticket_the_place_decides() {
        let mine = standing();
        for (place, step) in [
            (None, Step::Lobby),
            (Some(Place::Lobby), Step::Lobby),
            (WAITING, Step::Line),
            (CALLED, Step::Called),
        ] {
            for phase in [Phase::Lobby, Phase::Open, Phase::Paused] {
                assert_eq!(
                    Step::of(&snapshot(phase), Some(&mine), place, Busy::No),
                    step
                );
            }
        }
    }

    #[test]
    fn an_order_outlives_the_sale() {
        let mine = Standing {
            order: Some(order(OrderStatus::Claimed)),
            ..standing()
        };
        for phase in [Phase::Open, Phase::SoldOut, Phase::Closed] {
            assert_eq!(
                Step::of(&snapshot(phase), Some(&mine), CALLED, Busy::No),
                Step::Ordered
            );
        }
    }

    #[test]
    fn after_a_refused_capture_another_card_may_be_tried_for_a_while() {
        use AuthorizationStatus as Status;
        let mut mine = Standing {
            order: Some(Order {
                another_card_until: Some(60_000),
                ..order(OrderStatus::Failed)
            }),
            authorization: Some(hold(Status::Voided)),
            ..standing()
        };
        let mut now = snapshot(Phase::Open);
        now.at = 59_999;
        let step = |now: &Snapshot, mine: &Standing| Step::of(now, Some(mine), CALLED, Busy::No);
        assert_eq!(step(&now, &mine), Step::Called);
        let asked = Card::of(mine.authorization.as_ref(), Step::Called);
        assert!(asked.asks());
        assert_eq!(step(&snapshot(Phase::SoldOut), &mine), Step::Ordered);
        now.at = 60_000;
        assert_eq!(step(&now, &mine), Step::Ordered);
        mine.authorization = Some(hold(Status::Authorized));
        assert_eq!(step(&now, &mine), Step::Called);
    }

    #[test]
    fn a_click_on_buy_waits_for_its_answer_even_when_the_sale_sells_out_meanwhile() {
        let mine = standing();
        let now = snapshot(Phase::SoldOut);
        assert_eq!(
            Step::of(&now, Some(&mine), CALLED, Busy::Buying),
            Step::Called
        );
        assert_eq!(
            Step::of(&now, Some(&mine), CALLED, Busy::No),
            Step::Waitlist
        );
    }

    #[test]
    fn sold_out_is_a_waitlist_for_those_in_line_until_every_unit_is_paid() {
        let mine = standing();
        let left = Standing {
            left: true,
            ..standing()
        };
        let mut now = snapshot(Phase::SoldOut);
        for place in [WAITING, CALLED] {
            assert_eq!(Step::of(&now, Some(&mine), place, Busy::No), Step::Waitlist);
            assert_eq!(Step::of(&now, Some(&left), place, Busy::No), Step::SoldOut);
        }
        assert_eq!(Step::of(&now, None, None, Busy::No), Step::SoldOut);
        now.decided = true;
        assert_eq!(
            Step::of(&now, Some(&mine), WAITING, Busy::No),
            Step::SoldOut
        );
    }

    #[test]
    fn on_the_waitlist_a_hold_stays() {
        let hold = hold(AuthorizationStatus::Authorized);
        assert_eq!(Card::of(Some(&hold), Step::Waitlist), Card::Held);
    }

    #[test]
    fn who_left_is_told_and_may_join_again() {
        let mine = Standing {
            left: true,
            ..standing()
        };
        let now = snapshot(Phase::Open);
        assert_eq!(Step::of(&now, Some(&mine), WAITING, Busy::No), Step::Left);
        assert_eq!(
            Step::of(&now, Some(&mine), WAITING, Busy::Joining),
            Step::Joining
        );
    }

    #[test]
    fn at_an_end_a_hold_is_on_its_way_back() {
        use AuthorizationStatus as Status;
        for status in [
            Status::Processing,
            Status::RequiresAction,
            Status::Authorized,
            Status::Voiding,
        ] {
            let hold = hold(status);
            for step in [Step::SoldOut, Step::Over, Step::Left] {
                assert_eq!(
                    Card::of(Some(&hold), step),
                    Card::Releasing,
                    "{status:?} {step:?}"
                );
            }
        }
        assert_eq!(
            Card::of(Some(&hold(Status::Voided)), Step::SoldOut),
            Card::Released
        );
        assert_eq!(
            Card::of(Some(&hold(Status::Declined)), Step::SoldOut),
            Card::Declined
        );
    }

    #[test]
    fn only_what_changes_by_itself_is_asked_for_again() {
        use AuthorizationStatus as Status;
        let with = |status| Standing {
            authorization: Some(hold(status)),
            ..standing()
        };
        assert!(!is_pending(Step::Line, None));
        assert!(!is_pending(Step::Line, Some(&standing())));
        assert!(!is_pending(Step::Line, Some(&with(Status::Authorized))));
        assert!(is_pending(Step::Line, Some(&with(Status::Processing))));
        assert!(is_pending(Step::SoldOut, Some(&with(Status::Authorized))));
        assert!(!is_pending(Step::SoldOut, Some(&with(Status::Voided))));
        let ordered = |status| Standing {
            order: Some(order(status)),
            ..with(Status::Authorized)
        };
        assert!(is_pending(
            Step::Ordered,
            Some(&ordered(OrderStatus::Capturing))
        ));
        assert!(!is_pending(
            Step::Ordered,
            Some(&ordered(OrderStatus::Captured))
        ));
    }
}
