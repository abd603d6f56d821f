//! What the JSON routes take and answer, in the order a shopper calls them.
//!
//! Requests refuse unknown fields, so that a typing error is told and not ignored.

use crate::ids::{SaleId, TicketNumber, UnitNo};
use crate::money::Money;
use crate::snapshot::{Phase, Snapshot};
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

/// `POST …/challenge`: who asks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChallengeRequest {
    /// SHA-256 of the device signals, hashed in the browser; 64 hexadecimal digits. Empty for a shopper who gives none.
    #[serde(default)]
    pub device: String,
    /// What in the browser looks like automation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// No key comes with the join: this browser has no WebCrypto or keeps nothing.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keyless: bool,
    /// The field of the page that people do not see. Leave it out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub website: String,
}

/// One thing in a browser that looks like automation. Each has a name, so that whoever is asked for more can be told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// `navigator.webdriver` is true (W3C WebDriver, section 4).
    Webdriver,
    /// The browser names itself headless.
    Headless,
    /// A driver has left its globals in the window.
    DriverGlobals,
    /// `navigator.languages` is empty.
    NoLanguages,
    /// The window around the page has no size.
    NoWindow,
}

/// The puzzle to solve before joining.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChallengeAnswer {
    /// Send it back with the proof, unchanged.
    pub challenge: String,
    /// 32 bytes, hexadecimal.
    pub seed: String,
    /// Rounds to solve.
    pub rounds: u8,
    /// Leading zero bits each round needs.
    pub difficulty: u8,
    /// Unix milliseconds; join before.
    pub expires_at: u64,
    /// A CAPTCHA is asked for too: the join has to bring its seal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub captcha: bool,
}

/// The public half of the browser's WebCrypto key, as a JWK (RFC 7517) on P-256.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BrowserKey {
    /// Always `EC`.
    pub kty: String,
    /// Always `P-256`.
    pub crv: String,
    /// 32 bytes, base64url.
    pub x: String,
    /// 32 bytes, base64url.
    pub y: String,
}

/// `POST …/tickets`: join.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JoinRequest {
    /// The challenge, as it was given.
    pub challenge: String,
    /// One nonce for each round.
    pub nonces: Vec<u64>,
    /// The same device hash as the challenge was asked with.
    #[serde(default)]
    pub device: String,
    /// The browser's key, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<BrowserKey>,
    /// The seal of a CAPTCHA, where the challenge asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captcha: Option<String>,
}

/// What a CAPTCHA of ours is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum CaptchaKind {
    /// A picture of five digits.
    Image,
    /// A sound of five groups of beeps, to be counted.
    Sound,
}

/// `POST …/captcha`: something to solve, for a challenge whose work is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaptchaRequest {
    /// The challenge, as it was given.
    pub challenge: String,
    /// One nonce for each round.
    pub nonces: Vec<u64>,
    /// The same device hash as the challenge was asked with.
    #[serde(default)]
    pub device: String,
    /// What is wanted; absent for the outside service, where one is configured.
    #[serde(default)]
    pub kind: Option<CaptchaKind>,
}

/// Something to solve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptchaAnswer {
    /// Send it back with the answer, unchanged.
    pub captcha: String,
    /// Picture or sound, as a `data:` URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// The outside service that asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<CaptchaService>,
    /// By which the operator finds this shopper, see [`Decision::who`].
    pub reference: String,
    /// Never there, but in a test build that was told so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
}

/// An outside service, and what its widget needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptchaService {
    /// `turnstile`, `hcaptcha` or `recaptcha`.
    pub name: String,
    /// Our public key there.
    pub site_key: String,
    /// What it is for.
    pub action: String,
}

/// `POST …/captcha/answers`: the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CaptchaSolution {
    /// What came with the picture or sound.
    pub captcha: String,
    /// Digits; the service's token where an outside service asked.
    pub answer: String,
}

/// It is solved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaptchaSeal {
    /// For the join with this challenge.
    pub seal: String,
}

/// The place that was given: 201 when it is new, 200 when this shopper already had it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JoinAnswer {
    /// The ticket; also set as an HttpOnly cookie.
    pub ticket: String,
    /// Order of issue.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub number: TicketNumber,
    /// Where the sale stands.
    pub phase: Phase,
    /// Proof that this join is in the transcript of the draw; only with a new place. Keep it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inclusion: Option<InclusionProof>,
}

/// The way from one join to the root of its batch (see [`crate::transcript`]). Its leaf follows from the
/// challenge that was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InclusionProof {
    /// Place in the batch, from 0.
    pub index: u32,
    /// Joins in the batch.
    pub size: u32,
    /// The neighbours on the way up, lowest first: 64 hexadecimal digits for each, one after the other.
    pub path: String,
}

/// One batch of the join transcript.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TranscriptEntry {
    /// The first number it gave out.
    pub first: u64,
    /// How many numbers.
    pub count: u32,
    /// The root over its joins; hexadecimal.
    pub root: String,
}

/// `POST …/authorizations`: hold the price on this card, or look again at the hold that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AuthorizeRequest {
    /// The provider's name for the card; the card itself never comes here.
    pub payment_method: String,
    /// Where the receipt goes.
    pub email: String,
}

/// How far the hold on a shopper's card is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthorizationStatus {
    /// On its way to the provider; look again.
    Processing,
    /// The bank wants to see the shopper (3-D Secure).
    RequiresAction,
    /// The price is held; nothing is taken.
    Authorized,
    /// The bank said no; another card may be tried.
    Declined,
    /// The hold is taken: the order is paid.
    Captured,
    /// The hold is being released.
    Voiding,
    /// The hold is released.
    Voided,
    /// The card is kept; the hold is asked for when the turn is near.
    Saved,
}

/// The hold on a shopper's card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Authorization {
    /// How far it is.
    pub status: AuthorizationStatus,
    /// How much.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// Where the shopper approves, when the bank wants to see them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_url: Option<String>,
    /// Why the bank said no: the provider's decline code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decline_code: Option<String>,
    /// Brand of the card, such as `visa`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Its last four digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// When the status was reached, Unix milliseconds.
    pub updated_at: u64,
}

/// `POST …/passes`: the right to buy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassAnswer {
    /// Send it as the bearer token of the order.
    pub pass: String,
    /// Unix milliseconds.
    pub expires_at: u64,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The unit is the shopper's for good; the payment is about to be taken.
    Claimed,
    /// The payment is being taken.
    Capturing,
    /// Paid.
    Captured,
    /// The bank refused at the last step; the unit went to the next in line.
    Failed,
    /// The money is on its way back.
    Refunding,
    /// The money went back.
    Refunded,
}

/// What a winner has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Order {
    /// Its name.
    pub order: String,
    /// The sale it is from.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub sale: SaleId,
    /// Which unit.
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    pub unit: UnitNo,
    /// How far it is.
    pub status: OrderStatus,
    /// What it costs.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// Where the receipt goes.
    pub email: String,
    /// Brand of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// Last four digits of the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last4: Option<String>,
    /// When the claim became durable, Unix milliseconds.
    pub claimed_at: u64,
    /// When the payment was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub captured_at: Option<u64>,
    /// With `failed`: until then another card may be tried, while units last. Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another_card_until: Option<u64>,
}

/// `GET …/tickets/me`: everything one shopper has in a sale. A page that was reloaded starts from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Standing {
    /// Order of issue.
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub number: TicketNumber,
    /// The shopper gave the place back.
    pub left: bool,
    /// The newest hold, if one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization: Option<Authorization>,
    /// The order, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    /// The sale at this moment.
    pub snapshot: Snapshot,
}

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
    /// Most units for one email, browser or card, 1 to 100.
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
    /// Where the receipt goes.
    pub email: String,
    /// The price.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub amount: Money,
    /// What went back of it, or is on its way, minor units.
    pub refunded_minor: i64,
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it so")]
fn is_false(flag: &bool) -> bool {
    !flag
}
