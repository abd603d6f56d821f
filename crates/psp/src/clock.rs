//! The simulator's clock: the machine's, and as much ahead as somebody asked for, so that a test can
//! see a hold expire. The only place that reads the time; everything else gets it as a parameter.

use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds since 1970, by the machine. Signatures carry this one: the shop's clock stays where it is.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulator is a separate provider with a clock of its own; acts get it as a parameter"
)]
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The calendar year and month (1–12) of a time, in UTC: what a card's expiry is compared with.
pub(crate) fn year_and_month(seconds: u64) -> (u64, u64) {
    // Howard Hinnant's civil_from_days, for days after 1970 only.
    let days = seconds / 86_400 + 719_468;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + days / 146_097 * 400 + u64::from(month <= 2);
    (year, month)
}

#[cfg(test)]
mod tests {
    use super::year_and_month;

    #[test]
    fn a_month_ends_at_midnight() {
        assert_eq!(year_and_month(0), (1970, 1));
        assert_eq!(year_and_month(1_709_251_199), (2024, 2));
        assert_eq!(year_and_month(1_709_251_200), (2024, 3));
        assert_eq!(year_and_month(1_767_225_599), (2025, 12));
        assert_eq!(year_and_month(1_767_225_600), (2026, 1));
    }
}
