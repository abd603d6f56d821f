//! What a payment provider must offer. Small enough that a second one is an afternoon's work.

use futures::future::BoxFuture;
use protocol::Money;
use std::fmt;

/// A card to be kept until its owner's turn is near.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The provider's name for the card.
    pub payment_method: String,
    /// The sale, for the provider's records.
    pub sale: String,
    /// Our name for the payment, likewise.
    pub payment: String,
}

/// What became of a card that was to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept under this name, which a hold has to give along with the card.
    For(String),
    /// The bank said no; with its code.
    Declined(String),
}

/// A hold to be asked for.
#[derive(Clone, Debug)]
pub struct Hold {
    /// How much.
    pub amount: Money,
    /// The provider's name for the card.
    pub payment_method: String,
    /// For whom the card is kept there, if it is.
    pub customer: Option<String>,
    /// The sale, for the provider's records and the sweeper.
    pub sale: String,
    /// Our name for the payment, likewise.
    pub payment: String,
}

/// A card as the provider describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Such as `visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// The same for the same card, whoever uses it.
    pub fingerprint: String,
}

/// Where a payment stands at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// The provider is not done.
    Processing,
    /// The shopper has to approve at this address.
    RequiresAction(String),
    /// The money is held.
    Authorized,
    /// The bank said no; with its code.
    Declined(String),
    /// The money is taken.
    Captured,
    /// The hold is released.
    Canceled,
}

/// A payment at the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The provider's name for it.
    pub id: String,
    /// Where it stands.
    pub state: IntentState,
    /// The card, where known.
    pub card: Option<Card>,
    /// What went back of what was taken, minor units.
    pub refunded: i64,
}

/// Money to be given back.
#[derive(Clone, Debug)]
pub struct GiveBack {
    /// The provider's name for the payment.
    pub intent: String,
    /// How much, minor units.
    pub minor: i64,
    /// Our name for the refund, for the provider's records.
    pub refund: String,
}

/// What became of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundState {
    /// The money is on its way back; with the provider's name for the refund.
    Refunded(String),
    /// The provider refuses for good; with its reason.
    Refused(String),
}

/// Where the money of a payment is, by the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whereabouts {
    /// Neither held nor taken: declined, not approved yet, or on its way.
    WithShopper,
    /// Held.
    Held,
    /// Taken.
    Taken,
    /// Was held and is given back.
    Released,
}

/// A payment in the provider's own list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The provider's name for it.
    pub intent: String,
    /// Where its money is.
    pub money: Whereabouts,
    /// What was asked for.
    pub amount: Money,
    /// What was taken of it, minor units.
    pub taken: i64,
    /// The sale we named when we asked.
    pub sale: Option<String>,
    /// Our name for the payment, likewise.
    pub payment: Option<String>,
}

/// A call that did not lead to an answer about the payment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// Too many calls; nothing happened.
    #[error("the provider asks for fewer calls")]
    RateLimited,
    /// Timeout, 5xx or an unreadable answer: it may or may not have happened.
    #[error("no reliable answer: {0}")]
    Unknown(String),
    /// The provider keeps a failure as the answer to this key, and gives it again and again. Whether anything
    /// happened, only a question tells; after it another key may be used.
    #[error("a failure is kept under this key: {0}")]
    Spent(String),
    /// The provider refuses this call, and will again; nothing happened.
    #[error("refused: {0}")]
    Refused(String),
}

/// The calls. Every one that changes something takes an idempotency key: the same key again gives the
/// same result and happens once.
pub trait Gateway: fmt::Debug + Send + Sync {
    /// Keeps a card, and asks its bank whether it is good; no money is held.
    fn keep<'a>(
        &'a self,
        key: &'a str,
        card: &'a Keep,
    ) -> BoxFuture<'a, Result<Kept, GatewayError>>;
    /// Forgets a card that was kept, and for whom. Forgetting twice is forgetting once.
    fn forget<'a>(&'a self, customer: &'a str) -> BoxFuture<'a, Result<(), GatewayError>>;
    /// Holds money without taking it.
    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>>;
    /// Asks where a payment stands.
    fn get<'a>(&'a self, intent: &'a str) -> BoxFuture<'a, Result<Intent, GatewayError>>;
    /// Takes the money that is held. A refusal for good is [`IntentState::Declined`].
    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>>;
    /// Releases the money that is held.
    fn cancel<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>>;
    /// Gives money back that was taken.
    fn refund<'a>(
        &'a self,
        key: &'a str,
        back: &'a GiveBack,
    ) -> BoxFuture<'a, Result<RefundState, GatewayError>>;
    /// One page of the payments that were opened since this moment (Unix s), newest first, from the one
    /// after `after` on; and whether there are more.
    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>>;
}
