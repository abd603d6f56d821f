//! The money of a sale in three books, side by side: ledger, journal, provider. In order, every difference is 0.

use super::Auditor;
use super::provider::{compare, list};
use crate::Error;
use crate::ledger::MoneySums;
use crate::pay::Whereabouts;
use protocol::SaleId;
use serde::Serialize;

/// Amounts are minor units of the sale's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PaymentsReport {
    /// The sale.
    pub sale: SaleId,
    /// ISO 4217.
    pub currency: String,
    /// Taken, by the ledger's payments and by the provider.
    pub taken: Pair,
    /// Gone back, likewise.
    pub refunded: Pair,
    /// On cards and neither taken nor released, likewise.
    pub held: Pair,
    /// What the provider owes us: by the journal, and by the provider (taken less refunded).
    pub receivable: Pair,
    /// What the journal sums to.
    pub journal_sum: i64,
    /// All differences together, as if each were one's debt.
    pub difference: i64,
    /// Which payments differ, in words.
    pub offenders: Vec<String>,
}

/// One amount in two books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Pair {
    /// By us.
    pub ours: i64,
    /// By the provider.
    pub provider: i64,
}

impl Pair {
    fn difference(self) -> i64 {
        (self.ours - self.provider).abs()
    }
}

impl Auditor {
    /// Compares the money of a sale. On a live system amounts move between two readings; a difference that stays is
    /// one. Fails when the provider does not answer.
    pub async fn payments(&self, sale: &SaleId) -> Result<PaymentsReport, Error> {
        let gateway = self
            .gateway
            .as_ref()
            .map_err(|why| Error::Gateway(crate::pay::GatewayError::Unknown(why.clone())))?;
        let row = self.ledger.sale(sale).await?;
        let unknown = |why| Error::Gateway(crate::pay::GatewayError::Unknown(why));
        let listed = list(gateway.as_ref(), &self.ledger, sale)
            .await
            .map_err(unknown)?;
        let payments = self.ledger.payment_entries(sale).await?;
        let MoneySums {
            taken,
            refunded,
            held,
            receivable,
            journal,
        } = self.ledger.money_sums(sale).await?;
        let mut back = 0;
        for intent in self.ledger.refunded_intents(sale).await? {
            back += gateway.get(&intent).await?.refunded;
        }
        let provider_taken = listed.iter().map(|it| it.taken).sum();
        let provider_held = listed.iter().filter(|it| it.money == Whereabouts::Held);
        let taken = Pair {
            ours: taken,
            provider: provider_taken,
        };
        let refunded = Pair {
            ours: refunded,
            provider: back,
        };
        let held = Pair {
            ours: held,
            provider: provider_held.map(|it| it.amount.minor).sum(),
        };
        let receivable = Pair {
            ours: receivable,
            provider: taken.provider - refunded.provider,
        };
        let pairs = [taken, refunded, held, receivable];
        Ok(PaymentsReport {
            sale: sale.clone(),
            currency: row.price.currency.as_str().to_owned(),
            difference: pairs.map(Pair::difference).iter().sum::<i64>() + journal.abs(),
            taken,
            refunded,
            held,
            receivable,
            journal_sum: journal,
            offenders: compare(&payments, &listed),
        })
    }
}
