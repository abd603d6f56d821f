//! A shopper asks for a hold. The call to the provider is owed first and driven by the worker; the
//! shopper waits a moment for it and is otherwise told `processing`, and looks again.

use crate::ledger::{Intention, PaymentRow, PaymentStatus};
use crate::{Engine, Error};
use protocol::Phase;
use protocol::ticket::Ticket;
use protocol::wire::{Authorization, AuthorizeRequest};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, oneshot};

/// How often a payment that another process drives is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Who waits for which payment on this edge, and the bell that wakes the worker.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<()>>>>,
    pub(super) owed: Notify,
}

impl Waiters {
    /// Something is owed: do not wait for the next look.
    pub(crate) fn wake_worker(&self) {
        self.owed.notify_one();
    }

    fn wait_for(&self, payment: &str) -> oneshot::Receiver<()> {
        let (bell, rung) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.entry(payment.to_owned()).or_default().push(bell);
        rung
    }

    /// The payment moved on: wake everyone who waits for it.
    pub(super) fn moved(&self, payment: &str) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        for bell in waiting.remove(payment).unwrap_or_default() {
            // Whoever waited may have gone.
            let _ = bell.send(());
        }
    }
}

impl Engine {
    /// Holds the price on this card, or looks again at the hold that was asked for. A ticket has one
    /// hold at a time; after a decline another card may be tried.
    pub async fn authorize(
        &self,
        ticket: &Ticket,
        request: &AuthorizeRequest,
    ) -> Result<Authorization, Error> {
        check(request)?;
        let room = self.room(&ticket.sale)?;
        let newest = self
            .ledger
            .newest_payment(&ticket.sale, ticket.number, &ticket.shopper)
            .await?;
        if newest
            .as_ref()
            .is_none_or(|row| may_be_replaced(row.status))
        {
            match (self.check_may_pay(ticket).await, newest) {
                (Ok(()), _) => {}
                // The sale is over for this ticket: what there was is what there is.
                (Err(_), Some(row)) if was_released(row.status) => return Ok(row.into()),
                (Err(error), _) => return Err(error),
            }
        }
        let row = self
            .ledger
            .intend_payment(
                Intention {
                    sale: ticket.sale.clone(),
                    number: ticket.number,
                    shopper: ticket.shopper,
                    payment_method: request.payment_method.clone(),
                    email: request.email.trim().to_owned(),
                    amount: room.row.price,
                    when: super::waves::when(self, &room, ticket.number),
                },
                self.world.now(),
            )
            .await?;
        match row.status {
            PaymentStatus::Processing if row.waits && row.customer.is_some() => Ok(row.into()),
            PaymentStatus::Processing => self.wait_for(row).await,
            PaymentStatus::RequiresAction => {
                let now = self.world.now();
                self.ledger.look_at(row.payment.clone(), now).await?;
                self.wait_for(row).await
            }
            _ => Ok(row.into()),
        }
    }

    async fn check_may_pay(&self, ticket: &Ticket) -> Result<(), Error> {
        self.room(&ticket.sale)?.within_reach()?;
        let phase = self.snapshot(&ticket.sale)?.phase;
        if !matches!(phase, Phase::Lobby | Phase::Open | Phase::Paused) {
            return Err(if phase == Phase::SoldOut {
                Error::SoldOut
            } else {
                Error::WrongPhase(phase)
            });
        }
        if self.store.has_left(&ticket.sale, ticket.number).await? {
            return Err(Error::TicketLeft);
        }
        Ok(())
    }

    async fn wait_for(&self, row: PaymentRow) -> Result<Authorization, Error> {
        let rung = self.0.waiters.wait_for(&row.payment);
        self.0.waiters.wake_worker();
        // It may have moved between the writing and the waiting: look before waiting.
        let now = self.ledger.payment(&row.payment).await?;
        if let Some(moved) = now.filter(|now| has_moved(now, &row)) {
            return Ok(moved.into());
        }
        let wait = Duration::from_millis(self.settings.payment.wait_ms);
        if self.settings.payment.worker {
            drop(tokio::time::timeout(wait, rung).await);
        } else {
            drop(tokio::time::timeout(wait, self.moved_elsewhere(&row)).await);
        }
        self.reread(row).await
    }

    /// Another process drives the payment, and its bell does not ring here: look now and then.
    async fn moved_elsewhere(&self, before: &PaymentRow) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let now = self.ledger.payment(&before.payment).await;
            if let Ok(Some(row)) = now
                && has_moved(&row, before)
            {
                return;
            }
        }
    }

    async fn reread(&self, row: PaymentRow) -> Result<Authorization, Error> {
        let now = self.ledger.payment(&row.payment).await?;
        Ok(now.unwrap_or(row).into())
    }
}

/// Did the provider say something of it since? That the bank still waits for the shopper is news too.
fn has_moved(now: &PaymentRow, before: &PaymentRow) -> bool {
    now.status != before.status || now.updated_at != before.updated_at
}

fn may_be_replaced(status: PaymentStatus) -> bool {
    was_released(status)
        || matches!(
            status,
            PaymentStatus::Declined | PaymentStatus::RequiresAction
        )
}

fn was_released(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Voiding | PaymentStatus::Voided)
}

fn check(request: &AuthorizeRequest) -> Result<(), Error> {
    let method = &request.payment_method;
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if method.is_empty() || method.len() > 100 || !method.bytes().all(word) {
        return Err(Error::Unprocessable(
            "payment_method is the provider's name for a card",
        ));
    }
    let email = request.email.trim();
    let valid = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty() && host.contains('.') && !host.contains('@')
        });
    if valid {
        Ok(())
    } else {
        Err(Error::Unprocessable("email is not an address"))
    }
}
