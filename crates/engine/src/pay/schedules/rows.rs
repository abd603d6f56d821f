//! What a case writes into its ledger.

use crate::ledger::{self, Claim, Intention, PaymentRow, SaleRow, When};
use protocol::ticket::Ticket;
use protocol::{Currency, Money, SaleId, UnitNo};

pub(super) const PRICE: i64 = 12_900;

pub(super) fn announced(sale: &SaleId, now: u64) -> SaleRow {
    SaleRow {
        price: price(),
        units: 100_000,
        lobby_at: now,
        opens_at: now,
        ..ledger::tests::announced(sale)
    }
}

pub(super) fn intention(ticket: &Ticket, card: &str, when: When) -> Intention {
    Intention {
        sale: ticket.sale.clone(),
        number: ticket.number,
        shopper: ticket.shopper,
        payment_method: card.to_owned(),
        email: "a@example.org".into(),
        amount: price(),
        when,
    }
}

pub(super) fn claim_on(row: &PaymentRow, unit: u32) -> Claim {
    Claim {
        order: format!("order-{}-{unit}", row.payment),
        sale: row.sale.clone(),
        epoch: 1,
        number: row.number,
        unit: UnitNo(unit),
        buyers: ["browser", "email", "card"]
            .map(|key| format!("{key}-{}-{}", row.number, row.attempt))
            .into(),
        payment: row.payment.clone(),
    }
}

fn price() -> Money {
    Money {
        minor: PRICE,
        currency: Currency::parse("EUR").unwrap(),
    }
}
