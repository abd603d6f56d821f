//! How often the provider may be called: one bucket for every process that works on this ledger.
//!
//! The generic cell rate algorithm (ITU-T I.371): a row holds when the next call is due, and each call moves
//! it on. Whoever wants to call locks the row, so two processes never spend the same call. In no second are
//! there more calls than the provider allows: the interval leaves room for the burst.

use super::{CLOCKS_APART_MS, Ledger, sql, unsigned};
use crate::Error;
use sqlx::AnyConnection;

/// Calls that a process which looks every few ms may make at once, as time, µs.
const BURST_US: u64 = 50_000;
const SECOND_US: u64 = 1_000_000;

/// The bucket, locked until the transaction ends.
#[derive(Debug)]
pub(super) struct Bucket {
    next_at: u64,
    now: u64,
    interval: u64,
    burst: u64,
}

/// Locks the bucket. `now` in ms.
pub(super) async fn lock(
    db: &mut AnyConnection,
    calls_per_s: u32,
    now: u64,
) -> Result<Bucket, Error> {
    let next_at: i64 = sqlx::query_scalar(
        "UPDATE pace SET next_at = next_at WHERE provider = 'provider' RETURNING next_at",
    )
    .fetch_one(db)
    .await?;
    Ok(Bucket::new(calls_per_s, unsigned(next_at), now * 1000))
}

impl Bucket {
    fn new(calls_per_s: u32, next_at: u64, now: u64) -> Self {
        let per_s = u64::from(calls_per_s.max(1));
        // A window of one second sees at most (1 s + burst) / interval + 1 calls.
        let (interval, burst) = match per_s {
            1 => (SECOND_US, 0),
            _ => ((SECOND_US + BURST_US).div_ceil(per_s - 1), BURST_US),
        };
        Self {
            // Nobody holds the calls for longer than a second or two.
            next_at: match next_at > now + 1000 * CLOCKS_APART_MS {
                true => now,
                false => next_at,
            },
            now,
            interval,
            burst,
        }
    }

    /// How many calls may be made now.
    pub(super) fn ready(&self) -> usize {
        let due = self.next_at.max(self.now);
        match (self.now + self.burst).checked_sub(due) {
            Some(left) => (left / self.interval) as usize + 1,
            None => 0,
        }
    }

    fn after(&self, calls: usize) -> u64 {
        self.next_at.max(self.now) + self.interval * calls as u64
    }

    /// So many calls are being made.
    pub(super) async fn spend(&self, db: &mut AnyConnection, calls: usize) -> Result<(), Error> {
        if calls > 0 {
            set(db, self.after(calls)).await?;
        }
        Ok(())
    }
}

async fn set(db: &mut AnyConnection, next_at: u64) -> Result<(), Error> {
    sqlx::query("UPDATE pace SET next_at = $1 WHERE provider = 'provider'")
        .bind(sql(next_at))
        .execute(db)
        .await?;
    Ok(())
}

impl Ledger {
    /// Takes one call from the bucket; `false` when there is none now.
    pub(crate) async fn take_call(&self, calls_per_s: u32, now: u64) -> Result<bool, Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    let bucket = lock(db, calls_per_s, now).await?;
                    let ready = bucket.ready() > 0;
                    bucket.spend(db, usize::from(ready)).await?;
                    Ok(ready)
                })
            })
            .await
    }

    /// The provider asked for fewer calls: nobody calls before `until`, Unix ms.
    pub(crate) async fn hold_calls(&self, until: u64) -> Result<(), Error> {
        self.writer
            .run(move |db| {
                Box::pin(async move {
                    sqlx::query(
                        "UPDATE pace SET next_at = $1 WHERE provider = 'provider' AND next_at < $1",
                    )
                    .bind(sql(until * 1000))
                    .execute(db)
                    .await?;
                    Ok(())
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_second_sees_more_calls_than_the_provider_allows(
            per_s in 1u32..500,
            steps in prop::collection::vec((0u64..300_000, 0usize..100), 1..200),
        ) {
            let (mut now, mut next_at) = (1_000_000_000, 0);
            let mut calls: Vec<(u64, usize)> = Vec::new();
            for (gap, wanted) in steps {
                now += gap;
                let bucket = Bucket::new(per_s, next_at, now);
                let made = bucket.ready().min(wanted);
                if made > 0 {
                    next_at = bucket.after(made);
                }
                calls.push((now, made));
            }
            for (start, _) in &calls {
                let within = |at: u64| at >= *start && at < start + SECOND_US;
                let window: usize = calls.iter().filter(|(at, _)| within(*at)).map(|(_, n)| n).sum();
                prop_assert!(window <= per_s as usize, "{window} calls in a second of {per_s}");
            }
        }

        #[test]
        fn whoever_asks_often_gets_most_of_what_is_allowed(per_s in 2u32..500) {
            let (mut next_at, mut calls) = (0, 0);
            for now in (1_000_000_000..1_010_000_000).step_by(10_000) {
                let bucket = Bucket::new(per_s, next_at, now);
                let made = bucket.ready();
                next_at = bucket.after(made).max(next_at);
                calls += made;
            }
            let fair = (u64::from(per_s) - 1) * 10 * 9 / 10;
            prop_assert!(calls as u64 >= fair, "{calls} of {per_s} a second in 10 s");
        }
    }

    #[test]
    fn a_clock_that_was_set_back_stops_no_payments() {
        let hour = 3600 * SECOND_US;
        assert!(Bucket::new(100, 2 * hour, hour).ready() > 0);
        assert_eq!(Bucket::new(100, hour + SECOND_US, hour).ready(), 0);
    }
}
