//! Buyers: none has more than the limit (4), and what they did counts once (5).

use super::look::Look;
use super::row::Row;
use crate::pay::Whereabouts;
use crate::stock::mailbox;
use std::collections::BTreeMap;

pub(super) fn limits(look: &Look) -> Row {
    let limit = look.row.limit_per_buyer;
    let mut offenders = look.faults_of(4);
    // Counted again from what was typed and what the bank said, not from the hashes that keep the limit.
    let mut units: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for winner in &look.winners {
        let email = ("email", mailbox(&winner.email));
        let card = winner.card.clone().map(|card| ("card", card));
        for key in [Some(email), card].into_iter().flatten() {
            units.entry(key).or_default().push(&winner.order);
        }
    }
    for ((kind, _), orders) in &units {
        if orders.len() > limit as usize {
            offenders.push(format!(
                "one {kind} has {} units, orders {}",
                orders.len(),
                orders.join(", ")
            ));
        }
    }
    if let Ok(redis) = &look.redis {
        let mut counted: BTreeMap<&str, i64> = BTreeMap::new();
        for held in redis.reserved.iter().chain(&redis.claimed) {
            for buyer in &held.buyers {
                *counted.entry(buyer).or_default() += 1;
            }
        }
        let names = redis.buyers.keys().map(String::as_str);
        let names: std::collections::BTreeSet<&str> =
            names.chain(counted.keys().copied()).collect();
        for buyer in names {
            let (says, has) = (
                redis.buyers.get(buyer).copied().unwrap_or_default(),
                counted.get(buyer).copied().unwrap_or_default(),
            );
            if says != has {
                offenders.push(format!(
                    "redis counts {says} units for buyer {buyer}, who holds {has}"
                ));
            }
        }
    }
    let figures = format!("{} orders, at most {limit} for a buyer", look.winners.len());
    Row::judged(4, figures, offenders)
}

pub(super) fn once(look: &Look) -> Row {
    let mut offenders = look.faults_of(5);
    let listed = match &look.provider {
        Ok(listed) => listed,
        Err(why) => {
            let why = format!("orders are; calls to the provider are not: {why}");
            return Row::unless_broken(5, why, offenders);
        }
    };
    let mut holds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for it in listed {
        if let (Whereabouts::Held | Whereabouts::Taken, Some(payment)) = (it.money, &it.payment) {
            holds.entry(payment).or_default().push(&it.intent);
        }
    }
    // Listed newest first. Named by the first two, which stay the same while more come.
    for (payment, intents) in &holds {
        if let [.., second, first] = intents.as_slice() {
            offenders.push(format!(
                "payment {payment} was held or taken more than once, by {first} and {second}"
            ));
        }
    }
    let figures = format!("{} tickets paid once each", look.winners.len());
    Row::judged(5, figures, offenders)
}
