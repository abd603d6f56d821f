//! The pass: asked for by a ticket whose rank is behind the frontier.

use crate::gate::Once;
use crate::redis::Admission;
use crate::{Engine, Error};
use protocol::dpop::DpopError;
use protocol::pass::Pass;
use protocol::ticket::Ticket;
use protocol::wire::PassAnswer;
use protocol::{Phase, SaleId};
use std::time::Duration;

/// Nobody is kept waiting for an answer longer than this; who would be asks again, ms.
const WAIT_MS: u64 = 2000;

impl Engine {
    /// Reads a ticket of this sale.
    pub fn ticket(&self, sale: &SaleId, token: &str) -> Result<Ticket, Error> {
        let ticket = Ticket::open(&self.keys, token).map_err(|_| Error::TicketInvalid)?;
        if ticket.sale == *sale {
            Ok(ticket)
        } else {
            Err(Error::TicketInvalid)
        }
    }

    /// Gives a called ticket its pass. Asking again gives the same pass while it holds, and a new one
    /// afterwards while units last: whoever comes late has lost time, not the right. Passes leave at the
    /// sale's rate, so the answer may take a moment.
    ///
    /// A bound ticket brings the proof that [`Engine::proven`] found good; each is good for one answer.
    pub async fn pass(&self, ticket: &Ticket, once: Option<Once>) -> Result<PassAnswer, Error> {
        if ticket.bound && once.is_none() {
            return Err(DpopError::Missing.into());
        }
        let room = self.room(&ticket.sale)?;
        room.within_reach()?;
        let snapshot = room.published().snapshot;
        let Some(rank) = snapshot.rank_of(ticket.number) else {
            return Err(match snapshot.phase {
                Phase::SoldOut => Error::SoldOut,
                phase => Error::WrongPhase(phase),
            });
        };
        let ttl = self.settings.room.pass_ttl_ms;
        let fence = room.sight.fence();
        let asking = self.store.admit(
            &ticket.sale,
            fence,
            (ticket.number, rank),
            once,
            ttl,
            WAIT_MS,
        );
        match room.heed(asking.await)? {
            Admission::Early(frontier) => Err(Error::NotCalledYet {
                ahead: rank.0.saturating_sub(frontier),
            }),
            Admission::Granted {
                expires_at,
                begins_in,
            } => {
                tokio::time::sleep(Duration::from_millis(begins_in)).await;
                // A schedule that was lost meanwhile gave this moment to somebody else.
                if room.epoch() != fence.epoch {
                    return Err(Error::Rebuilding);
                }
                room.within_reach()?;
                let pass = Pass {
                    sale: ticket.sale.clone(),
                    number: ticket.number,
                    shopper: ticket.shopper,
                    expires_at,
                };
                Ok(PassAnswer {
                    pass: self.passes.sign(&pass)?,
                    expires_at,
                })
            }
        }
    }
}
