//! The operator's sales, their holds, refunds and decisions.

use crate::ids::{SaleId, UnitNo};
use crate::money::Money;
use serde::{Deserialize, Serialize};

/// `POST /api/v1/operator/login`.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The operator's password.
    pub password: String,
}

/// `POST /api/v1/operator/sales`: announce a sale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewSale {
    /// Its name in URLs.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sale: SaleId,
    /// What is sold; 1 to 120 characters.
    pub title: String,
    /// A sentence about it; up to 500 characters.
    #[serde(default)]
    pub description: String,
    /// Price of one unit.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub price: Money,
    /// Units, 1 to 1,000,000.
    pub units: u32,
    /// When the lobby opens, Unix milliseconds; now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lobby_at: Option<u64>,
    /// The opening, Unix milliseconds.
    pub opens_at: u64,
    /// Admissions per second, 1 to 100,000; the configured rate when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Most units for one email or card, 1 to 100. A browser buys one.
    #[serde(default = "one")]
    pub limit_per_buyer: u32,
    /// How many people may come; decides the policy when none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u32>,
    /// When cards are held; the one that suits the expected crowd when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<HoldPolicy>,
}

/// When the price is held on a shopper's card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum HoldPolicy {
    /// Everybody's, as they come, as fast as the provider allows.
    OnEntry,
    /// The card is kept, and held in waves as the frontier nears.
    ByRank,
}

impl HoldPolicy {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnEntry => "on_entry",
            Self::ByRank => "by_rank",
        }
    }
}

impl std::str::FromStr for HoldPolicy {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::OnEntry, Self::ByRank]
            .into_iter()
            .find(|policy| policy.as_str() == text)
            .ok_or("a policy is on_entry or by_rank")
    }
}

/// What a sale's holds come to under each policy, and why one was chosen. Figures are for all who are expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldPlan {
    /// The policy of the sale.
    pub policy: HoldPolicy,
    /// One sentence with the numbers that decided.
    pub why: String,
    /// How many people are expected; `None` when nobody said.
    pub expected: Option<u32>,
    /// Calls per second that the provider allows.
    pub calls_per_s: u32,
    /// From the lobby's opening to the sale's, s.
    pub lobby_s: u64,
    /// Everybody's cards held as they come.
    pub on_entry: HoldCost,
    /// Those that come near.
    pub by_rank: HoldCost,
}

/// What a policy costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HoldCost {
    /// Holds that are asked for.
    pub holds: u64,
    /// How long that takes at the provider's rate, s.
    pub authorize_s: u64,
    /// Holds of people who win nothing.
    pub voids: u64,
    /// How long their release takes at the provider's rate, s.
    pub void_s: u64,
    /// Money on their cards until then, minor units.
    pub blocked_minor: i64,
    /// The provider's fees for all of it, minor units, at the configured fee for a hold.
    pub fees_minor: i64,
}

/// `POST /api/v1/operator/sales/{sale}/orders/{order}/refund`
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RefundRequest {
    /// Minor units; all that is left of the price when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<i64>,
    /// Give the unit to the next in line; only with all of the price.
    #[serde(default)]
    pub restock: bool,
}

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refund {
    /// Its name.
    pub refund: String,
    /// How much.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// `refunding`, `refunded` or `refused`.
    pub status: String,
    /// Why the provider refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An order as the operator sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SoldOrder {
    /// Its name.
    pub order: String,
    /// Which unit it has, or had.
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    pub unit: UnitNo,
    /// How far it is, as in [`OrderStatus`].
    pub status: String,
    /// Where the shop reaches the shopper.
    pub email: String,
    /// The price.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// What went back of it, or is on its way, minor units.
    pub refunded_minor: i64,
    /// When it became final, Unix milliseconds.
    pub claimed_at: u64,
    /// When the money was taken, Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<u64>,
}

/// `PATCH /api/v1/operator/sales/{sale}`: what is absent stays. Price, units, limit and policy are promised, and stay
/// anyway.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SaleEdit {
    /// What is sold; 1 to 120 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// A sentence about it; up to 500 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The opening, Unix milliseconds; only while it has not opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens_at: Option<u64>,
}

/// What was done to a sale, by the operator or by a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LoggedAct {
    /// When, Unix milliseconds.
    pub at: u64,
    /// Such as `announce`, `open`, `pause`, `rate`, `refund`, `reconcile`.
    pub act: String,
    /// With what: the commitment, the message, the rate, the order.
    pub detail: String,
}

/// Why a shopper was asked for more than others, as the operator reads it. Nobody was refused for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Decision {
    /// The shopper's reference, which they were shown: device and network under a key of the sale, 16 hexadecimal digits.
    pub who: String,
    /// The names of what was noticed.
    pub reasons: Vec<String>,
    /// The sum of their weights, at most 100.
    pub suspicion: u8,
    /// How many challenges were given out so.
    pub times: u64,
    /// The first, Unix milliseconds.
    pub first_at: u64,
    /// The last, Unix milliseconds.
    pub last_at: u64,
    /// The operator has cleared this shopper: nothing is held against them any more.
    pub cleared: bool,
}

fn one() -> u32 {
    1
}
