//! The bank: what really happened to the money, for auditors.
//!
//! Every act that moves money tells the bank, apart from what it writes on the intent; the
//! `/oracle` routes read only this. The bank believes nothing and refuses nothing: it writes down
//! each movement, so that a hold nobody released or a second capture shows, whatever status the
//! intent claims to have.

use std::collections::HashMap;

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
    /// A whole hold given back.
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
    /// What happened.
    pub kind: Kind,
    /// Minor units.
    pub amount: u64,
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
    opened: bool,
    held: u64,
    taken: u64,
    given_back: u64,
    captures: u32,
    voids: u32,
    declines: u32,
    refunds: u32,
}

/// The accounts, one per intent, each the sum of its movements.
#[derive(Debug, Default)]
pub struct Bank {
    accounts: HashMap<String, Account>,
}

impl Bank {
    /// Writes a movement down, believing it whatever came before.
    pub fn record(&mut self, movement: &Movement) {
        let account = self.accounts.entry(movement.intent.clone()).or_default();
        if movement.sale.is_some() {
            account.sale.clone_from(&movement.sale);
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
            Kind::Refund => account.refunds += 1,
        }
    }

    /// Adds up one sale, or everything.
    pub fn summary(&self, sale: Option<&str>) -> Summary {
        let mut sum = Summary::default();
        let wanted = |account: &&Account| sale.is_none() || account.sale.as_deref() == sale;
        for account in self.accounts.values().filter(wanted) {
            sum.intents += u64::from(account.opened);
            sum.open_holds += u64::from(account.held > account.taken + account.given_back);
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
