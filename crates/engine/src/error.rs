//! Why the engine refused or failed, on two axes: whose doing it is, and whether trying again may help.

use protocol::{Phase, ProblemKind, challenge::Mismatch, codec::TokenError};

/// The engine's one error.
///
/// Refusals (the first part) change nothing and are told to the caller by kind; faults (the second part)
/// are ours or of a part we depend on, and are told without their insides.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No such sale.
    #[error("there is no such sale")]
    UnknownSale,
    /// A sale of this name exists.
    #[error("a sale of this name exists already")]
    SaleExists,
    /// No such order, or another ticket's.
    #[error("there is no such order for this ticket")]
    UnknownOrder,
    /// The values make no sense; the text says which.
    #[error("{0}")]
    Unprocessable(&'static str),
    /// The sale is not in the phase that this needs.
    #[error("the sale is {}", .0.as_str())]
    WrongPhase(Phase),
    /// The challenge token is not genuine.
    #[error("challenge: {0}")]
    Challenge(TokenError),
    /// The challenge is genuine but not for this.
    #[error(transparent)]
    ChallengeMismatch(#[from] Mismatch),
    /// The way from the challenge to the join was not that of a browser, and what was sealed speaks against it too.
    #[error(
        "the challenge was solved in another network, too soon, or for a key that is not there; ask for a new one"
    )]
    ChallengeDoubted,
    /// The challenge was used before.
    #[error("the challenge was used before; ask for a new one")]
    ChallengeSpent,
    /// The work was not done.
    #[error("the nonces do not solve the challenge")]
    ProofInvalid,
    /// The challenge needs a CAPTCHA, and no seal of it came along.
    #[error("this challenge needs a captcha: ask for one and bring its seal")]
    CaptchaRequired,
    /// Not the answer.
    #[error("that was not the answer; another picture or sound may be asked for")]
    CaptchaWrong,
    /// No more looks or tries, or too late.
    #[error("nothing more is asked for this challenge; ask for another challenge")]
    CaptchaSpent,
    /// The outside service does not say whether a token is good.
    #[error("the captcha service does not answer; ask for a picture or a sound")]
    CaptchaServiceSilent,
    /// The ticket is not genuine, or of another sale.
    #[error("the ticket is not valid for this sale")]
    TicketInvalid,
    /// The ticket is bound to a key that was not proven.
    #[error(transparent)]
    KeyNotProven(#[from] protocol::dpop::DpopError),
    /// The ticket was given back.
    #[error("this place was given back")]
    TicketLeft,
    /// The pass is not genuine, or of another sale.
    #[error("the pass is not valid for this sale")]
    PassInvalid,
    /// The pass is over.
    #[error("the pass has expired; ask for another while units last")]
    PassExpired,
    /// The frontier has not reached this rank.
    #[error("{ahead} people are ahead")]
    NotCalledYet {
        /// People between this ticket and the frontier.
        ahead: u64,
    },
    /// No unit is free.
    #[error("no unit is free")]
    SoldOut,
    /// This buyer has a unit already.
    #[error("this buyer has a unit of this sale already")]
    LimitReached,
    /// No hold stands for this ticket.
    #[error("authorize a payment first; nothing was reserved")]
    AuthorizationRequired,
    /// The ledger refused to make a reservation final.
    #[error("claim refused: {0}")]
    ClaimRefused(#[from] crate::ledger::ClaimRefusal),
    /// A network that the shopper comes from has used up its budget many times.
    #[error("very many people ask from your network; a place is not lost by waiting")]
    Crowded {
        /// Ask again after so many ms.
        retry_after_ms: u64,
    },
    /// More joins are waiting than may wait.
    #[error("more joins are waiting than this edge takes on")]
    Busy,

    /// A store does not answer, and the whole sale waits for it; said at once instead of waiting with it.
    #[error("a part of the shop does not answer; places are kept, try again")]
    OutOfReach,
    /// The URL of Redis is not one; the text says what is wrong and does not repeat it.
    #[error("the URL of redis: {0}")]
    RedisUrl(&'static str),
    /// Redis does not answer or refused.
    #[error("redis: {0}")]
    Redis(#[from] redis::RedisError),
    /// Redis holds another life of the sale, or none; it is being rebuilt.
    #[error("the sale's state in redis is being rebuilt")]
    Rebuilding,
    /// Redis knows less than it did before: an old file, or a replica that was behind.
    #[error("redis went back in time")]
    Behind,
    /// Redis gave out a number that has an owner in the ledger.
    #[error("redis gave out a number that has an owner")]
    NumberTaken,
    /// The ledger does not answer or refused.
    #[error("ledger: {0}")]
    Ledger(#[from] sqlx::Error),
    /// The ledger's schema could not be brought up to date.
    #[error("ledger migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The ledger's writer is gone or its transaction did not commit.
    #[error("the ledger did not commit")]
    NotCommitted,
    /// The payment provider could not be asked.
    #[error("payment provider: {0}")]
    Gateway(#[from] crate::pay::GatewayError),
    /// The public beacon does not answer, or has no value yet.
    #[error("the beacon: {0}")]
    Beacon(#[from] reqwest::Error),
    /// The public beacon answers something else than the round that was asked for.
    #[error("the beacon's answer is not the round that was asked for")]
    BeaconUnreadable,
    /// A stored value cannot be read: a defect or a damaged store.
    #[error("stored value is not readable: {0}")]
    Corrupt(&'static str),
}

impl Error {
    /// The stable kind that a caller is told.
    pub fn kind(&self) -> ProblemKind {
        match self {
            Self::UnknownSale => ProblemKind::UnknownSale,
            Self::UnknownOrder => ProblemKind::UnknownOrder,
            Self::SaleExists | Self::Unprocessable(_) => ProblemKind::Unprocessable,
            Self::WrongPhase(_) => ProblemKind::WrongPhase,
            Self::Challenge(_) | Self::ChallengeMismatch(_) | Self::ChallengeDoubted => {
                ProblemKind::ChallengeInvalid
            }
            Self::ChallengeSpent => ProblemKind::ChallengeSpent,
            Self::ProofInvalid => ProblemKind::ProofInvalid,
            Self::CaptchaRequired => ProblemKind::CaptchaRequired,
            Self::CaptchaWrong => ProblemKind::CaptchaWrong,
            Self::CaptchaSpent => ProblemKind::CaptchaSpent,
            Self::CaptchaServiceSilent => ProblemKind::CaptchaSilent,
            Self::TicketInvalid => ProblemKind::TicketInvalid,
            Self::KeyNotProven(_) => ProblemKind::ProofOfKey,
            Self::TicketLeft => ProblemKind::TicketLeft,
            Self::PassInvalid => ProblemKind::PassInvalid,
            Self::PassExpired => ProblemKind::PassExpired,
            Self::NotCalledYet { .. } => ProblemKind::NotCalledYet,
            Self::SoldOut => ProblemKind::SoldOut,
            Self::LimitReached => ProblemKind::LimitReached,
            Self::AuthorizationRequired => ProblemKind::AuthorizationRequired,
            Self::ClaimRefused(refusal) => refusal.kind(),
            Self::Crowded { .. } => ProblemKind::RateLimited,
            Self::Busy => ProblemKind::Busy,
            Self::OutOfReach
            | Self::Redis(_)
            | Self::Rebuilding
            | Self::Behind
            | Self::NumberTaken
            | Self::Ledger(_)
            | Self::NotCommitted
            | Self::Gateway(_)
            | Self::Beacon(_)
            | Self::BeaconUnreadable => ProblemKind::Unavailable,
            Self::RedisUrl(_) | Self::Migration(_) | Self::Corrupt(_) => ProblemKind::Internal,
        }
    }

    /// Is it a fault of ours or of a part we depend on, to be logged, rather than a refusal?
    pub fn is_fault(&self) -> bool {
        let told = matches!(
            self,
            Self::Busy | Self::OutOfReach | Self::CaptchaServiceSilent
        );
        self.kind().status() >= 500 && !told
    }
}
