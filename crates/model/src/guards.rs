//! What keeps the machine safe. Each guard can be left out, to see what it is there for.

/// One guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guard {
    /// Scripts refuse a caller who saw another life of the sale.
    EpochCompared,
    /// `rebuild.lua` lays nothing over a newer life.
    NewestLifeStays,
    /// `release.lua` frees a unit only for the order that holds it.
    OrderComparedAtRelease,
    /// `reserve.lua` gives a buyer one unit.
    BuyerInRedis,
    /// `UNIQUE (sale, unit)`
    UniqueUnit,
    /// `UNIQUE (sale, buyer)`
    UniqueBuyer,
    /// The end of a lease writes `abandoned` before it frees the unit.
    Tombstone,
    /// The claim moves the payment from `authorized` to `capturing`, or is refused.
    ClaimNeedsHold,
    /// A void needs `authorized`.
    VoidNeedsAuthorized,
    /// The capture is owed in the claim's own transaction.
    DutyWithClaim,
    /// A duty has a lease that ends: a dead driver's work is taken over.
    LeaseEnds,
    /// The same call has the same idempotency key.
    OneKey,
    /// After an answer that cannot be trusted the driver looks before it asks again.
    AskFirst,
    /// A tick that finds nothing in Redis rebuilds it.
    MissingNoticed,
    /// A Redis that went back in time is noticed: by `seq`, or by its run id and a comparison.
    BehindNoticed,
    /// A tick rebuilds a life that has ended in the ledger, or gave out what had an owner.
    EndedNoticed,
    /// The ledger refuses a claim that was reserved in a life that has ended.
    ClaimOfThisLife,
    /// A failed order's unit is owed to Redis in the ledger, from the refusal on.
    ReturnOwed,
    /// A return is done only if no rebuild has begun meanwhile.
    ReturnOfThisLife,
}

impl Guard {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::UniqueUnit,
        Self::UniqueBuyer,
        Self::ClaimNeedsHold,
        Self::VoidNeedsAuthorized,
        Self::Tombstone,
        Self::OrderComparedAtRelease,
        Self::BuyerInRedis,
        Self::DutyWithClaim,
        Self::LeaseEnds,
        Self::OneKey,
        Self::AskFirst,
        Self::MissingNoticed,
        Self::EndedNoticed,
        Self::BehindNoticed,
        Self::ClaimOfThisLife,
        Self::ReturnOwed,
        Self::ReturnOfThisLife,
        Self::NewestLifeStays,
        Self::EpochCompared,
    ];

    /// Where it stands in the code, and what it says there.
    pub fn place(self) -> &'static str {
        match self {
            Self::UniqueUnit => "`UNIQUE (sale, unit)` in the ledger",
            Self::UniqueBuyer => "`UNIQUE (sale, buyer)` in the ledger",
            Self::ClaimNeedsHold => "the claim moves the payment from `authorized`, or is refused",
            Self::VoidNeedsAuthorized => "a void needs `authorized`",
            Self::Tombstone => "`abandoned` is written before the unit is released",
            Self::OrderComparedAtRelease => "`release.lua` compares the order",
            Self::BuyerInRedis => "`reserve.lua` looks for the buyer",
            Self::DutyWithClaim => "the capture is owed in the claim's transaction",
            Self::LeaseEnds => "a duty's lease ends",
            Self::OneKey => "one idempotency key for one act",
            Self::AskFirst => "after an unknown answer, GET first",
            Self::MissingNoticed => "a tick that finds nothing in Redis rebuilds it",
            Self::EndedNoticed => "a tick rebuilds a life that has ended or collided",
            Self::BehindNoticed => "a Redis that went back in time is noticed",
            Self::ClaimOfThisLife => "a claim of an ended life is refused",
            Self::ReturnOwed => "the unit of a failed order is owed in the ledger",
            Self::ReturnOfThisLife => "a return is not done when a rebuild has begun meanwhile",
            Self::NewestLifeStays => "`rebuild.lua` lays nothing over a newer life",
            Self::EpochCompared => "scripts compare the epoch",
        }
    }

    /// Two faults cannot tell whether this one is needed: Redis forgets, two edges lay it anew, one dies.
    pub(crate) fn needs_three_faults(self) -> bool {
        self == Self::EndedNoticed
    }

    /// Guards that the others make up for: what they let through, the ledger refuses and a rebuild corrects.
    pub fn is_redundant(self) -> bool {
        matches!(self, Self::NewestLifeStays | Self::EpochCompared)
    }
}
