//! Moments for people and their tables: UTC as RFC 3339 writes it.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `ms` is Unix milliseconds; fails beyond the year 9999.
pub(crate) fn rfc3339(ms: u64) -> Result<String, time::Error> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)?;
    Ok(at.format(&Rfc3339)?)
}
