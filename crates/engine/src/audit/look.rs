//! One look at the three books of a sale: ledger, Redis, provider. Reads alone; nothing is moved on.

use super::Auditor;
use crate::Error;
use crate::ledger::{PaymentEntry, SaleRow, Tally, UnitRow, Winner};
use crate::pay::Listed;
use crate::redis::Holdings;
use protocol::SaleId;
use std::collections::BTreeMap;

/// What could be seen, or why not.
pub(super) type Seen<T> = Result<T, String>;

/// Everything that an audit judges.
#[derive(Debug)]
pub(super) struct Look {
    pub(super) row: SaleRow,
    pub(super) tally: Tally,
    /// The ledger said the same before and after Redis was read.
    pub(super) still: bool,
    /// The number after the highest that the ledger has an owner for, before Redis was read.
    pub(super) places_end: u64,
    pub(super) units: Vec<UnitRow>,
    pub(super) orders: BTreeMap<String, String>,
    pub(super) winners: Vec<Winner>,
    pub(super) payments: Vec<PaymentEntry>,
    pub(super) entries: Vec<u8>,
    /// The commitment to the draw's secret and the rates, as they were announced.
    pub(super) committed: Option<String>,
    pub(super) rates: Vec<String>,
    /// What the ledger finds in itself that must not be.
    pub(super) faults: Vec<(u8, String)>,
    pub(super) redis: Seen<Holdings>,
    pub(super) provider: Seen<Vec<Listed>>,
}

impl Look {
    pub(super) async fn at(auditor: &Auditor, sale: &SaleId) -> Result<Self, Error> {
        let ledger = &auditor.ledger;
        let row = ledger.sale(sale).await?;
        let provider = match &auditor.gateway {
            Ok(gateway) => super::provider::list(gateway.as_ref(), ledger, sale).await,
            Err(why) => Err(why.clone()),
        };
        let before = ledger.tally(sale).await?;
        let places_end = ledger.places_end(sale).await?;
        let redis = match &auditor.store {
            Ok(store) => match store.inspect(sale).await {
                Ok(Some(holdings)) => Ok(holdings),
                Ok(None) => Err("redis knows nothing of the sale".to_owned()),
                Err(error) => Err(error.to_string()),
            },
            Err(why) => Err(why.clone()),
        };
        let units = ledger.unit_rows(sale).await?;
        let tally = ledger.tally(sale).await?;
        Ok(Self {
            still: before == tally && row.epoch == epoch_of(&redis).unwrap_or(row.epoch),
            places_end,
            units,
            orders: ledger.order_statuses(sale).await?,
            winners: ledger.winners(sale).await?,
            payments: ledger.payment_entries(sale).await?,
            entries: ledger.draw_entries(sale).await?,
            committed: ledger.logged(sale, "announce").await?.pop(),
            rates: ledger.logged(sale, "rate").await?,
            faults: ledger.faults(sale, auditor.now).await?,
            row,
            tally,
            redis,
            provider,
        })
    }

    /// Nothing is under way: no reservation, no duty, no open hold.
    pub(super) fn is_quiet(&self) -> bool {
        let reserved = self.redis.as_ref().map_or(0, |redis| redis.reserved.len());
        self.still && reserved == 0 && self.tally.duties == 0 && self.tally.open_authorizations == 0
    }

    /// What the ledger finds in itself under one invariant.
    pub(super) fn faults_of(&self, invariant: u8) -> Vec<String> {
        let own = self.faults.iter().filter(|(it, _)| *it == invariant);
        own.map(|(_, fault)| fault.clone()).collect()
    }
}

fn epoch_of(redis: &Seen<Holdings>) -> Option<u64> {
    redis.as_ref().ok().map(|redis| redis.number("epoch"))
}
