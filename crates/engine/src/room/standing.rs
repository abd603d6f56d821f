//! Everything one shopper has in a sale, and giving it back.

use crate::{Engine, Error};
use protocol::ticket::Ticket;
use protocol::wire::{Order, Standing};

impl Engine {
    /// Everything this ticket has. With Redis down it still answers.
    pub async fn standing(&self, ticket: &Ticket) -> Result<Standing, Error> {
        let snapshot = self.snapshot(&ticket.sale)?;
        let (payment, order, left) = tokio::join!(
            self.ledger
                .newest_payment(&ticket.sale, ticket.number, &ticket.shopper),
            self.ledger
                .order_of(&ticket.sale, ticket.number, &ticket.shopper),
            self.store.has_left(&ticket.sale, ticket.number),
        );
        Ok(Standing {
            number: ticket.number,
            left: left.unwrap_or(false),
            authorization: payment?.map(Into::into),
            order: order?.map(|row| row.order),
            snapshot: (*snapshot).clone(),
        })
    }

    /// An order of this ticket; anybody else's is unknown.
    pub async fn order(&self, ticket: &Ticket, order: &str) -> Result<Order, Error> {
        let row = self.ledger.order(order, &ticket.shopper).await?;
        row.filter(|row| row.number == ticket.number && row.order.sale == ticket.sale)
            .map(|row| row.order)
            .ok_or(Error::UnknownOrder)
    }

    /// Gives the place back; the hold is released. Leaving twice is leaving once.
    pub async fn leave(&self, ticket: &Ticket) -> Result<(), Error> {
        let room = self.room(&ticket.sale)?;
        let epoch = room.epoch();
        if !room.heed(self.store.leave(ticket, epoch).await)? {
            return Err(Error::LimitReached);
        }
        self.ledger
            .keep_departure(&ticket.sale, epoch, ticket.number)
            .await?;
        let now = self.world.now();
        self.ledger.void_ticket(ticket.clone(), now).await
    }
}
