//! Names and numbers that must not be mixed up.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A sale's name in URLs, keys and tokens: 1 to 40 of `a-z`, `0-9` and `-`, not starting or ending with `-`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SaleId(String);

/// The text is not a sale's name.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("a sale is named by 1 to 40 of a-z, 0-9 and '-', without '-' at either end")]
pub struct InvalidSaleId;

impl SaleId {
    /// Reads a sale's name, refusing anything that could be confused in a key or a path.
    pub fn parse(text: &str) -> Result<Self, InvalidSaleId> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        let valid = (1..=40).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if valid {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidSaleId)
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SaleId {
    type Error = InvalidSaleId;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for SaleId {
    type Err = InvalidSaleId;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl From<SaleId> for String {
    fn from(sale: SaleId) -> Self {
        sale.0
    }
}

impl fmt::Display for SaleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Order of issue within a sale, 0-based. Given once, never given again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketNumber(pub u64);

/// Place in the line after the draw, 0-based: rank 0 is called first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Rank(pub u64);

/// One unit of a sale, in `0..total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnitNo(pub u32);

macro_rules! number {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}
number!(TicketNumber, Rank, UnitNo);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_break_a_key_are_refused() {
        for bad in [
            "",
            "-a",
            "a-",
            "A",
            "a b",
            "a}b",
            "a:b",
            "ü",
            &"a".repeat(41),
        ] {
            assert_eq!(SaleId::parse(bad), Err(InvalidSaleId), "{bad:?}");
        }
        assert!(SaleId::parse("drop-2026").is_ok());
    }
}
