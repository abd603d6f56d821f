//! What the JSON routes take and answer, in the order a shopper calls them: [`SaleInfo`], `join`, `captcha`, `buy`;
//! and the `operator`'s.
//!
//! Requests refuse unknown fields, so that a typing error is told and not ignored.

mod buy;
mod captcha;
mod join;
mod operator;

pub use buy::*;
pub use captcha::*;
pub use join::*;
pub use operator::*;

use crate::ids::SaleId;
use crate::money::Money;
use crate::snapshot::Phase;
use serde::{Deserialize, Serialize};

/// A sale as it is announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SaleInfo {
    /// Its name in URLs.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sale: SaleId,
    /// What is sold.
    pub title: String,
    /// A sentence about it.
    pub description: String,
    /// Price of one unit.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub price: Money,
    /// Units of the sale.
    pub units: u32,
    /// Most of them for one email, browser or card.
    pub limit_per_buyer: u32,
    /// The opening, Unix milliseconds.
    pub opens_at: u64,
    /// Where it stands.
    pub phase: Phase,
}
