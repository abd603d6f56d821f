//! Units: never too many (1), never too few (2), each in one place (3), and said only when durable (7).

use super::look::Look;
use super::row::Row;
use crate::redis::{Held, Holdings};
use protocol::Phase;
use std::collections::BTreeMap;

/// A lease that ended longer ago than this should have been ended by an edge, ms.
const OVERDUE_MS: u64 = 10_000;

pub(super) fn oversell(look: &Look) -> Row {
    let (sold, total) = (look.tally.units, u64::from(look.row.units));
    let mut offenders = look.faults_of(1);
    if sold > total {
        offenders.push("more units have an owner than exist".to_owned());
    }
    Row::judged(1, format!("{sold} of {total} units sold"), offenders)
}

pub(super) fn undersell(look: &Look) -> Row {
    let (sold, total) = (look.tally.units, u64::from(look.row.units));
    let redis = match &look.redis {
        _ if sold == total => return Row::judged(2, "every unit is sold".to_owned(), Vec::new()),
        Ok(redis) => redis,
        Err(why) => return Row::unless_broken(2, why.clone(), Vec::new()),
    };
    let mut offenders: Vec<String> = overdue(redis)
        .map(|held| {
            format!(
                "unit {} is kept from the next in line: the lease of order {} is over",
                held.unit, held.order
            )
        })
        .collect();
    let sold_out = redis.phase().ok() == Some(Phase::SoldOut);
    if sold_out && look.still && redis.stock == 0 && redis.reserved.is_empty() {
        offenders.push(format!(
            "sold out was said with {sold} of {total} units sold"
        ));
    }
    let left = total.saturating_sub(sold);
    Row::unless_broken(
        2,
        format!(
            "{left} units are left; whether somebody wants them, only `herd crowd` and `make chaos` know"
        ),
        offenders,
    )
}

/// Reservations whose lease ended so long ago that no edge can be at work on them.
pub(super) fn overdue(redis: &Holdings) -> impl Iterator<Item = &Held> {
    redis.reserved.iter().filter(|held| {
        held.lease
            .is_some_and(|lease| lease + OVERDUE_MS < redis.now)
    })
}

pub(super) fn conservation(look: &Look) -> Row {
    let redis = match &look.redis {
        Ok(redis) => redis,
        Err(why) => return Row::unless_broken(3, why.clone(), Vec::new()),
    };
    let total = u64::from(look.row.units);
    let mut offenders = places(redis, total);
    if redis.number("epoch") == look.row.epoch {
        offenders.extend(disagreements(look, redis));
    }
    let (free, reserved, claimed) = (redis.stock, redis.reserved.len(), redis.claimed.len());
    let figures = format!("{free} + {reserved} + {claimed} = {total}");
    Row::judged(3, figures, offenders)
}

/// Every unit number from 0 is in exactly one place: claimed, reserved, returned, or not given out yet.
fn places(redis: &Holdings, total: u64) -> Vec<String> {
    let mut found: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    let held = [(&redis.claimed, "claimed"), (&redis.reserved, "reserved")];
    for (list, how) in held {
        for it in list {
            let place = format!("{how} by order {}", it.order);
            found.entry(it.unit).or_default().push(place);
        }
    }
    for unit in &redis.returned {
        found.entry(*unit).or_default().push("returned".to_owned());
    }
    let next = redis.number("next_unit");
    let mut offenders = Vec::new();
    for (unit, places) in &found {
        if places.len() > 1 {
            offenders.push(format!("unit {unit} is {}", places.join(" and ")));
        }
        if *unit >= total {
            offenders.push(format!("unit {unit} does not exist and is {}", places[0]));
        } else if *unit >= next {
            offenders.push(format!(
                "unit {unit} is {} and was never given out",
                places[0]
            ));
        }
    }
    let lost = (0..next.min(total)).filter(|unit| !found.contains_key(unit));
    offenders.extend(lost.map(|unit| format!("unit {unit} is nowhere")));
    let free = total as i64 - next as i64 + redis.returned.len() as i64;
    if redis.stock != free {
        offenders.push(format!(
            "the stock says {} and {free} units are free",
            redis.stock
        ));
    }
    offenders
}

/// Where Redis and the ledger tell different stories of a unit.
fn disagreements(look: &Look, redis: &Holdings) -> Vec<String> {
    let holders: BTreeMap<u64, &str> = redis
        .claimed
        .iter()
        .chain(&redis.reserved)
        .map(|held| (held.unit, held.order.as_str()))
        .collect();
    let owners: BTreeMap<u64, &str> = look
        .units
        .iter()
        .map(|unit| (unit.unit, unit.order.as_str()))
        .collect();
    let mut offenders = Vec::new();
    for (unit, order) in &owners {
        if holders.get(unit) != Some(order) {
            offenders.push(format!("redis does not hold unit {unit} for order {order}"));
        }
    }
    for held in &redis.claimed {
        let failed = look.orders.get(&held.order).map(String::as_str) == Some("failed");
        if failed && owners.get(&held.unit) != Some(&held.order.as_str()) {
            offenders.push(format!(
                "unit {} of failed order {} was not returned",
                held.unit, held.order
            ));
        }
    }
    offenders
}

pub(super) fn durable(look: &Look) -> Row {
    let redis = match &look.redis {
        Ok(redis) => redis,
        Err(why) => return Row::unless_broken(7, why.clone(), Vec::new()),
    };
    let unknown = redis.claimed.iter().filter(|held| {
        let status = look.orders.get(&held.order).map(String::as_str);
        status.is_none_or(|status| status == "abandoned")
    });
    let offenders = unknown.map(|held| {
        format!(
            "redis confirmed unit {} to order {}, which the ledger does not know",
            held.unit, held.order
        )
    });
    let offenders = offenders.collect();
    let figures = format!("{} confirmed claims are in the ledger", redis.claimed.len());
    Row::judged(7, figures, offenders)
}
