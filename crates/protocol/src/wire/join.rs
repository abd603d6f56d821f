//! Getting a place: challenge, proof, join.

use crate::ids::TicketNumber;
use crate::snapshot::Phase;
use serde::{Deserialize, Serialize};

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

fn is_false(flag: &bool) -> bool {
    !flag
}
