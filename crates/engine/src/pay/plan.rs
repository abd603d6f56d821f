//! What a sale's holds cost under each policy, computed when it is announced, so that the operator knows before
//! the crowd does.

use crate::settings::PaymentSettings;
use protocol::Money;
use protocol::wire::{HoldCost, HoldPlan, HoldPolicy, NewSale};

/// Compares the policies for a sale whose lobby is open for `lobby_ms`. Without an expected crowd there is nothing to
/// compare: cards are held as people come, and the plan says up to how many that goes well.
pub(crate) fn of(new: &NewSale, lobby_ms: u64, settings: &PaymentSettings) -> HoldPlan {
    let units = u64::from(new.units);
    let crowd = new.expected.map_or(0, u64::from);
    // The first wave; the horizon only comes nearer to the frontier after it.
    let near = (u64::from(settings.horizon.max(1)) * units).min(crowd);
    let cost = |holds: u64| cost(holds, units.min(holds), new.price, settings);
    let (on_entry, by_rank) = (cost(crowd), cost(near));
    let lobby_s = lobby_ms / 1000;
    let (chosen, why) = choose(new, &on_entry, lobby_ms, settings);
    HoldPlan {
        policy: new.policy.unwrap_or(chosen),
        why: match new.policy {
            Some(asked) if asked != chosen => {
                format!("{} was asked for, although {why}", asked.as_str())
            }
            _ => why,
        },
        expected: new.expected,
        calls_per_s: settings.calls_per_s,
        lobby_s,
        on_entry,
        by_rank,
    }
}

fn choose(
    new: &NewSale,
    on_entry: &HoldCost,
    lobby_ms: u64,
    settings: &PaymentSettings,
) -> (HoldPolicy, String) {
    let (rate, lobby_s) = (settings.calls_per_s, lobby_ms / 1000);
    if lobby_ms > settings.hold_ms {
        let (days, kept) = (lobby_ms / 86_400_000, settings.hold_ms / 86_400_000);
        let why = format!(
            "the lobby lasts {days} days and banks keep a hold for {kept}: cards are held as the turn nears"
        );
        return (HoldPolicy::ByRank, why);
    }
    let Some(expected) = new.expected else {
        let most = u64::from(rate) * lobby_s;
        let why = format!(
            "nobody said how many people are expected: cards are held as they come, which is done before the \
             opening for up to {most} people ({rate} calls/s, {lobby_s} s of lobby); for more say how many, or by_rank"
        );
        return (HoldPolicy::OnEntry, why);
    };
    if on_entry.authorize_s > lobby_s {
        let why = format!(
            "{expected} holds take {} s at {rate} calls/s and the lobby lasts {lobby_s} s: cards are held as the turn nears",
            on_entry.authorize_s
        );
        return (HoldPolicy::ByRank, why);
    }
    let why = format!(
        "{expected} holds take {} s at {rate} calls/s and the lobby lasts {lobby_s} s: everybody's card is held before the opening",
        on_entry.authorize_s
    );
    (HoldPolicy::OnEntry, why)
}

fn cost(holds: u64, winners: u64, price: Money, settings: &PaymentSettings) -> HoldCost {
    let voids = holds - winners;
    let seconds = |calls: u64| calls.div_ceil(u64::from(settings.calls_per_s.max(1)));
    let times =
        |calls: u64, minor: i64| minor.saturating_mul(i64::try_from(calls).unwrap_or(i64::MAX));
    HoldCost {
        holds,
        authorize_s: seconds(holds),
        voids,
        void_s: seconds(voids),
        blocked_minor: times(voids, price.minor),
        fees_minor: times(voids, settings.hold_fee_minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Currency, SaleId};

    fn sale(expected: Option<u32>) -> NewSale {
        NewSale {
            sale: SaleId::parse("s").unwrap(),
            title: "A test".into(),
            description: String::new(),
            price: Money {
                minor: 12_900,
                currency: Currency::parse("EUR").unwrap(),
            },
            units: 1000,
            lobby_at: None,
            opens_at: 0,
            rate: None,
            limit_per_buyer: 1,
            expected,
            policy: None,
        }
    }

    fn settings() -> PaymentSettings {
        PaymentSettings {
            worker: true,
            calls_per_s: 100,
            concurrency: 1,
            wait_ms: 1,
            timeout_ms: 1,
            lease_ms: 1,
            look_ms: 1,
            sweep_ms: 1,
            hold_ms: 561_600_000,
            horizon: 3,
            hold_fee_minor: 2,
        }
    }

    #[test]
    fn a_crowd_that_cannot_be_held_before_the_opening_is_held_by_rank() {
        let plan = of(&sale(Some(100_000)), 600_000, &settings());
        assert_eq!(plan.policy, HoldPolicy::ByRank);
        assert_eq!(
            (plan.on_entry.authorize_s, plan.on_entry.voids),
            (1000, 99_000)
        );
        assert_eq!(
            (plan.on_entry.void_s, plan.on_entry.fees_minor),
            (990, 198_000)
        );
        assert_eq!(plan.on_entry.blocked_minor, 99_000 * 12_900);
        assert_eq!((plan.by_rank.holds, plan.by_rank.voids), (3000, 2000));
        assert!(
            plan.why
                .contains("100000 holds take 1000 s at 100 calls/s and the lobby lasts 600 s"),
            "{}",
            plan.why
        );
    }

    #[test]
    fn a_crowd_that_can_is_held_as_it_comes_and_the_operator_may_differ() {
        let plan = of(&sale(Some(5000)), 600_000, &settings());
        assert_eq!(plan.policy, HoldPolicy::OnEntry);
        let asked = NewSale {
            policy: Some(HoldPolicy::ByRank),
            ..sale(Some(5000))
        };
        let plan = of(&asked, 600_000, &settings());
        assert_eq!(plan.policy, HoldPolicy::ByRank);
        assert!(
            plan.why
                .starts_with("by_rank was asked for, although 5000 holds take 50 s"),
            "{}",
            plan.why
        );
    }

    #[test]
    fn when_nobody_says_how_many_come_the_plan_says_how_many_may() {
        let plan = of(&sale(None), 600_000, &settings());
        assert_eq!(plan.policy, HoldPolicy::OnEntry);
        assert!(plan.why.contains("up to 60000 people"), "{}", plan.why);
        let week = of(&sale(None), 8 * 86_400_000, &settings());
        assert_eq!(week.policy, HoldPolicy::ByRank, "{}", week.why);
    }

    #[test]
    fn a_lobby_that_outlasts_a_hold_keeps_the_cards() {
        let week = 8 * 86_400_000;
        let plan = of(&sale(Some(10)), week, &settings());
        assert_eq!(plan.policy, HoldPolicy::ByRank);
        assert!(
            plan.why
                .contains("lasts 8 days and banks keep a hold for 6"),
            "{}",
            plan.why
        );
    }
}
