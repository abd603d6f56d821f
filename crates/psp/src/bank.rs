//! The bank: what really happened to the money, for auditors.
//!
//! Every act that moves money tells the bank, apart from what it writes on the intent; the
//! `/oracle` routes read only this. The bank believes nothing and refuses nothing: it writes down
//! each movement, so that a hold nobody released or a second capture shows, whatever status the
//! intent claims to have.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// What kind of movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The shop opened an intent; no money yet.
    Opened,
    /// The bank refused to hold; no money.
    Declined,
    /// Money set aside on the card.
    Hold,
    /// Money taken.
    Capture,
    /// The part of a hold that a partial capture did not take, given back.
    Remainder,
    /// A whole hold given back, by the shop's wish or because it expired.
    Void,
    /// Taken money given back.
    Refund,
}

/// One line of the bank's journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Movement {
    /// Seconds since 1970.
    pub at: u64,
    /// The intent that caused it.
    pub intent: String,
    /// The sale it is for; only `Opened` carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<String>,
    /// The card and currency; only `Hold` carries it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purse: Option<Purse>,
    /// What happened.
    pub kind: Kind,
    /// Minor units.
    pub amount: u64,
}

/// A card's money in one currency.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Purse {
    /// The card's fingerprint.
    pub card: String,
    /// ISO 4217, lower case.
    pub currency: String,
}

/// How much a purse can pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Whose.
    pub purse: Purse,
    /// Minor units; `None`: any amount.
    pub minor: Option<u64>,
}

/// What a card's owner sees, minor units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance {
    /// What the card could pay from the start; `None`: any amount.
    pub limit: Option<u64>,
    /// Set aside at this moment.
    pub held: u64,
    /// How many holds that is.
    pub holds: u64,
    /// Taken.
    pub taken: u64,
    /// Given back after it was taken.
    pub refunded: u64,
}

impl Balance {
    /// What could still be held; `None`: any amount.
    pub fn available(&self) -> Option<u64> {
        let bound = (self.held + self.taken).saturating_sub(self.refunded);
        self.limit.map(|limit| limit.saturating_sub(bound))
    }
}

/// What happened to the money of one sale, or of all. Amounts in minor units, the rest counts intents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Opened.
    pub intents: u64,
    /// With money held that was neither taken nor given back.
    pub open_holds: u64,
    /// With money taken, refunded since or not.
    pub captured: u64,
    /// With a whole hold given back.
    pub voided: u64,
    /// That the bank declined at least once (a refused 3-D Secure never reaches the bank).
    pub declined: u64,
    /// With money given back after it was taken.
    pub refunded: u64,
    /// All the money ever taken; refunds are not subtracted.
    pub captured_minor: u64,
    /// Both taken and voided: must be 0.
    pub captured_and_voided: u64,
    /// Taken more than once: must be 0.
    pub double_captures: u64,
}

#[derive(Debug, Default)]
struct Account {
    sale: Option<String>,
    purse: Option<Purse>,
    opened: bool,
    held: u64,
    taken: u64,
    given_back: u64,
    captures: u32,
    voids: u32,
    declines: u32,
    refunds: u32,
    refunded: u64,
}

impl Account {
    fn open(&self) -> u64 {
        self.held.saturating_sub(self.taken + self.given_back)
    }
}

/// The accounts, one per intent, each the sum of its movements.
#[derive(Debug, Default)]
pub struct Bank {
    accounts: HashMap<String, Account>,
    /// The intents that ever held money of a purse.
    purses: BTreeMap<Purse, Vec<String>>,
    limits: HashMap<Purse, Option<u64>>,
}

impl Bank {
    /// Writes a movement down, believing it whatever came before.
    pub fn record(&mut self, movement: &Movement) {
        let account = self.accounts.entry(movement.intent.clone()).or_default();
        if movement.sale.is_some() {
            account.sale.clone_from(&movement.sale);
        }
        if let Some(purse) = &movement.purse
            && account.purse.is_none()
        {
            account.purse = Some(purse.clone());
            let intents = self.purses.entry(purse.clone()).or_default();
            intents.push(movement.intent.clone());
        }
        match movement.kind {
            Kind::Opened => account.opened = true,
            Kind::Declined => account.declines += 1,
            Kind::Hold => account.held += movement.amount,
            Kind::Capture => {
                account.taken += movement.amount;
                account.captures += 1;
            }
            Kind::Remainder => account.given_back += movement.amount,
            Kind::Void => {
                account.given_back += movement.amount;
                account.voids += 1;
            }
            Kind::Refund => {
                account.refunded += movement.amount;
                account.refunds += 1;
            }
        }
    }

    /// Changes what a purse can pay.
    pub fn limit(&mut self, limit: Limit) {
        self.limits.insert(limit.purse, limit.minor);
    }

    /// A purse's money; `usual` is the limit of those whose own was never changed.
    pub fn balance(&self, purse: &Purse, usual: Option<u64>) -> Balance {
        let mut balance = Balance {
            limit: self.limits.get(purse).copied().unwrap_or(usual),
            ..Balance::default()
        };
        let intents = self.purses.get(purse).into_iter().flatten();
        for account in intents.filter_map(|intent| self.accounts.get(intent)) {
            balance.held += account.open();
            balance.holds += u64::from(account.open() > 0);
            balance.taken += account.taken;
            balance.refunded += account.refunded;
        }
        balance
    }

    /// Every purse that money was ever held of, in order.
    pub fn purses(&self) -> impl Iterator<Item = &Purse> {
        self.purses.keys()
    }

    /// Adds up one sale, or everything.
    pub fn summary(&self, sale: Option<&str>) -> Summary {
        let mut sum = Summary::default();
        let wanted = |account: &&Account| sale.is_none() || account.sale.as_deref() == sale;
        for account in self.accounts.values().filter(wanted) {
            sum.intents += u64::from(account.opened);
            sum.open_holds += u64::from(account.open() > 0);
            sum.captured += u64::from(account.captures > 0);
            sum.voided += u64::from(account.voids > 0);
            sum.declined += u64::from(account.declines > 0);
            sum.refunded += u64::from(account.refunds > 0);
            sum.captured_minor += account.taken;
            sum.captured_and_voided += u64::from(account.captures > 0 && account.voids > 0);
            sum.double_captures += u64::from(account.captures > 1);
        }
        sum
    }
}
