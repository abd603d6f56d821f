//! Two writers on one ledger, as two edges on one Postgres, or two processes on one SQLite file.

#![allow(clippy::unwrap_used, reason = "a test fails loudly")]

// Both kinds, as in the integration tests.
#[path = "../../../tests/it/database.rs"]
mod database;

mod claims;
mod connections;
mod duties;
mod line;
mod sold;

use super::payments::{Learned, PaymentStatus};
use super::{
    CLOCKS_APART_MS, Claim, ClaimRefusal, Drawn, DutyKind, Intention, Ledger, LedgerUrl, OrderRow,
    Run, SaleRow, Seen, Settlement, When,
};
use crate::Error;
use database::Database;
use protocol::ticket::Ticket;
use protocol::{Currency, Money, SaleId, TicketNumber, UnitNo};
use sqlx::Row as _;
use std::collections::BTreeSet;
use tempfile::TempDir;

const NOW: u64 = 1_000_000;
const LEASE_MS: u64 = 30_000;
/// So many that the pace is no bound.
const PER_S: u32 = 1_000_000;

struct Two {
    one: Ledger,
    other: Ledger,
    sale: SaleId,
    database: Database,
    _directory: TempDir,
}

impl Two {
    async fn ledgers() -> Self {
        Self::selling_at_most(1).await
    }

    /// A sale that sells so many to one buyer.
    async fn selling_at_most(limit_per_buyer: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let database = Database::create(directory.path()).await;
        let url = LedgerUrl::parse(&database.url).unwrap();
        let one = Ledger::open(&url).await.unwrap();
        let other = Ledger::open(&url).await.unwrap();
        let sale = SaleId::parse("test").unwrap();
        let row = SaleRow {
            limit_per_buyer,
            ..announced(&sale)
        };
        one.announce(row, NOW).await.unwrap();
        Self {
            one,
            other,
            sale,
            database,
            _directory: directory,
        }
    }

    fn intention(&self, number: TicketNumber, card: &str) -> Intention {
        Intention {
            sale: self.sale.clone(),
            number,
            shopper: [1; 16],
            payment_method: card.into(),
            email: "a@b".into(),
            amount: price(),
            when: When::Now,
        }
    }

    fn ticket(&self, number: TicketNumber) -> Ticket {
        Ticket {
            sale: self.sale.clone(),
            number,
            shopper: [1; 16],
            bound: false,
        }
    }

    /// A hold for this ticket, and a claim that rests on it.
    async fn held(&self, number: u64, unit: u32) -> Claim {
        let number = TicketNumber(number);
        let row = self
            .one
            .intend_payment(self.intention(number, "pm"), NOW)
            .await
            .unwrap();
        let moved = self.one.move_payment(
            row.payment.clone(),
            &[PaymentStatus::Processing],
            PaymentStatus::Authorized,
            Learned::default(),
            NOW,
        );
        assert!(moved.await.unwrap());
        Claim {
            order: format!("order-{number}"),
            sale: self.sale.clone(),
            epoch: 1,
            number,
            unit: UnitNo(unit),
            buyers: ["browser", "email", "card"]
                .map(|key| format!("{key}-{number}"))
                .into(),
            payment: row.payment,
        }
    }
}
fn price() -> Money {
    Money {
        minor: 100,
        currency: Currency::parse("EUR").unwrap(),
    }
}

/// A sale with nothing special to it.
pub(crate) fn announced(sale: &SaleId) -> SaleRow {
    SaleRow {
        sale: sale.clone(),
        title: "A test".into(),
        description: String::new(),
        price: price(),
        units: 1000,
        lobby_at: 0,
        opens_at: 0,
        fold_in_ms: 0,
        rate: 1,
        limit_per_buyer: 1,
        paused: None,
        draw_secret: [1; 32],
        draw: None,
        beacon: None,
        policy: protocol::wire::HoldPolicy::OnEntry,
        seen: Seen::default(),
        epoch: 1,
        ended_at: None,
    }
}
