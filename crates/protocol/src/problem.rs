//! How a request is refused: problem details (RFC 9457) with a stable `type`.

use serde::{Deserialize, Serialize};

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident = $name:literal, $status:literal, $title:literal;)*) => {
        /// Every reason for a refusal. The name is the stable part of the `type`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ProblemKind {
            $($(#[$doc])* $kind,)*
        }

        impl ProblemKind {
            /// All kinds, for documentation and tests.
            pub const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The last part of the `type`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// HTTP status.
            pub fn status(self) -> u16 {
                match self { $(Self::$kind => $status,)* }
            }

            /// What happened, in a few words that never change.
            pub fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

kinds! {
    /// The request is not what the route takes.
    BadRequest = "bad_request", 400, "The request is malformed";
    /// No ticket came with the request.
    TicketMissing = "ticket_missing", 401, "A ticket is needed";
    /// The ticket is forged, truncated or of another sale.
    TicketInvalid = "ticket_invalid", 401, "The ticket is not valid here";
    /// The ticket is bound to a key, and no valid proof of that key came along, or it came before.
    ProofOfKey = "proof_of_key", 401, "The key of this ticket has to be proven";
    /// The pass is forged, truncated or of another sale.
    PassInvalid = "pass_invalid", 401, "The pass is not valid here";
    /// The pass is over; ask for another while units last.
    PassExpired = "pass_expired", 401, "The pass has expired";
    /// The operator has to log in.
    LoginRequired = "login_required", 401, "The operator has to log in";
    /// A state change came from another site's page.
    OriginRefused = "origin_refused", 403, "Requests from other sites are refused";
    /// The challenge needs a CAPTCHA, and the join brought no seal of it.
    CaptchaRequired = "captcha_required", 403, "A CAPTCHA has to be solved first";
    /// Nothing lives at this address.
    NotFound = "not_found", 404, "Nothing is here";
    /// No such sale.
    UnknownSale = "unknown_sale", 404, "There is no such sale";
    /// No such order, or not yours.
    UnknownOrder = "unknown_order", 404, "There is no such order";
    /// The route does not take this method.
    MethodNotAllowed = "method_not_allowed", 405, "The method is not allowed here";
    /// The sale is not in the phase that this needs.
    WrongPhase = "wrong_phase", 409, "The sale is not in the right phase";
    /// The challenge was used before.
    ChallengeSpent = "challenge_spent", 409, "The challenge was already used";
    /// All looks or tries for this challenge are used up; ask for another challenge.
    CaptchaSpent = "captcha_spent", 409, "The tries for this challenge are used up";
    /// No unit is free.
    SoldOut = "sold_out", 409, "Sold out";
    /// This buyer has as many as one may have.
    LimitReached = "limit_reached", 409, "The limit per buyer is reached";
    /// Authorize a payment first.
    AuthorizationRequired = "authorization_required", 409, "A payment has to be authorized first";
    /// The ticket was given back.
    TicketLeft = "ticket_left", 410, "This place was given back";
    /// The body is larger than the route takes.
    BodyTooLarge = "body_too_large", 413, "The body is too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type", 415, "The body has to be JSON";
    /// The challenge is forged, or does not fit this sale, device or moment.
    ChallengeInvalid = "challenge_invalid", 422, "The challenge is not valid here";
    /// The work was not done.
    ProofInvalid = "proof_invalid", 422, "The proof of work is wrong";
    /// That was not the answer.
    CaptchaWrong = "captcha_wrong", 422, "That was not the answer";
    /// The values make no sense together.
    Unprocessable = "unprocessable", 422, "The values are not acceptable";
    /// The frontier has not reached this rank.
    NotCalledYet = "not_called_yet", 425, "It is not your turn yet";
    /// Too many requests from here.
    RateLimited = "rate_limited", 429, "Too many requests";
    /// Our own fault.
    Internal = "internal", 500, "Something went wrong on our side";
    /// More work than can be taken on now.
    Busy = "busy", 503, "Very busy right now";
    /// Redis, the ledger or the payment provider does not answer; nothing was changed.
    Unavailable = "unavailable", 503, "A part of the shop is not reachable";
    /// The outside CAPTCHA service does not answer: ask for a picture or a sound of ours.
    CaptchaSilent = "captcha_silent", 503, "The CAPTCHA service does not answer";
    /// The request took too long.
    Timeout = "timeout", 504, "The request took too long";
}

/// The body of a refusal, `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Stable: `/problems/` and the name of the kind.
    #[serde(rename = "type")]
    pub kind: String,
    /// What happened, in a few words.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What the reader can do about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// With `not_called_yet`: people between this ticket and the frontier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ahead: Option<u64>,
    /// With `busy`, `rate_limited` and `unavailable`: try again after this many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Problem {
    /// A refusal of this kind.
    pub fn new(kind: ProblemKind) -> Self {
        Self {
            kind: format!("/problems/{}", kind.name()),
            title: kind.title().to_owned(),
            status: kind.status(),
            detail: None,
            ahead: None,
            retry_after_ms: None,
        }
    }

    /// The same, with what the reader can do about it.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The kind's name: the `type` without its path.
    pub fn name(&self) -> &str {
        self.kind.rsplit('/').next().unwrap_or_default()
    }

    /// Is it of this kind?
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.name() == kind.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_a_4xx_or_5xx() {
        let mut names: Vec<_> = ProblemKind::ALL.iter().map(|k| k.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ProblemKind::ALL.len());
        assert!(
            ProblemKind::ALL
                .iter()
                .all(|k| (400..600).contains(&k.status()))
        );
    }
}
