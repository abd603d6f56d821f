//! The CAPTCHA between proof and place.

use serde::{Deserialize, Serialize};

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
