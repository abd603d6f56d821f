//! One click: reserve, claim, confirm, and only then "you got it".

use super::buyer;
use crate::ledger::{Claim, ClaimRefusal, PaymentRow, PaymentStatus};
use crate::redis::{Fence, Reserved, Units};
use crate::{Engine, Error, moments};
use protocol::digest::to_hex;
use protocol::pass::Pass;
use protocol::wire::Order;
use protocol::{Phase, SaleId};

impl Engine {
    /// Reads a pass of this sale.
    pub fn read_pass(&self, sale: &SaleId, token: &str) -> Result<Pass, Error> {
        let pass = self.passes.read(token)?;
        if pass.sale == *sale {
            Ok(pass)
        } else {
            Err(Error::PassInvalid)
        }
    }

    /// Buys one unit with a pass. The answer is `(order, new)`; it comes after the claim is durable, and
    /// the same pass gets the same order however often and however concurrently it asks.
    pub async fn buy(&self, pass: &Pass) -> Result<(Order, bool), Error> {
        let room = self.room(&pass.sale)?;
        let payment = self
            .ledger
            .newest_payment(&pass.sale, pass.number, &pass.shopper)
            .await?
            .ok_or(Error::AuthorizationRequired)?;
        match payment.status {
            PaymentStatus::Authorized => {}
            PaymentStatus::Capturing | PaymentStatus::Captured => {
                let row = self
                    .ledger
                    .order_of(&pass.sale, pass.number, &pass.shopper)
                    .await?;
                return row.map(|row| (row.order, false)).ok_or(Error::UnknownOrder);
            }
            // Holds are released once it is over; another card would not help.
            _ if room.published().snapshot.phase == Phase::SoldOut => return Err(Error::SoldOut),
            _ => return Err(Error::AuthorizationRequired),
        }

        room.within_reach()?;
        let seen = room.published().snapshot;
        if seen.phase == Phase::Open
            && seen.stock.free == 0
            && self.store.nothing_left(&pass.sale, pass.number).await?
        {
            return Err(Error::SoldOut);
        }
        let fence = room.sight.fence();
        let buyers = buyer::keys_of(&pass.sale, &pass.shopper, &payment);
        let candidate = to_hex(&self.world.random::<16>());
        let asking = self.store.reserve(
            &pass.sale,
            fence,
            pass.number,
            &candidate,
            self.settings.stock.lease_ms,
            &buyers,
        );
        let reserved = room.heed(asking.await)?;
        let epoch = fence.epoch;
        room.sight.saw(Fence {
            epoch,
            seq: reserved.seq,
        });
        moments::reach("buy.reserved").await;
        let new = reserved.order == candidate;
        let order = self.claim(pass, epoch, reserved, buyers, payment).await?;
        Ok((order, new))
    }

    async fn claim(
        &self,
        pass: &Pass,
        epoch: u64,
        reserved: Reserved,
        buyers: Vec<String>,
        payment: PaymentRow,
    ) -> Result<Order, Error> {
        let claim = Claim {
            order: reserved.order.clone(),
            sale: pass.sale.clone(),
            epoch,
            number: pass.number,
            unit: reserved.unit,
            buyers,
            payment: payment.payment,
        };
        let claiming = self.ledger.claim(claim, self.world.now());
        match self.0.health.ledger.time(claiming).await {
            Ok(row) => {
                self.0.waiters.wake_worker();
                moments::reach("buy.claimed").await;
                let confirmed = self
                    .store
                    .confirm(&pass.sale, epoch, pass.number, &reserved.order)
                    .await;
                if let Err(error) = confirmed {
                    // The claim is durable, so the answer stands; the lease's end confirms it later.
                    tracing::warn!(%error, order = reserved.order, "a claim waits for its confirmation");
                }
                Ok(row.order)
            }
            Err(Error::ClaimRefused(ClaimRefusal::UnitTaken)) => {
                tracing::error!(sale = %pass.sale, unit = %reserved.unit, "redis gave out a unit that has an owner");
                self.room(&pass.sale)?.sight.condemn(epoch);
                Err(Error::Rebuilding)
            }
            Err(Error::Rebuilding) => {
                // The life in which it was reserved has ended, and the reservation with it.
                self.room(&pass.sale)?.sight.condemn(epoch);
                Err(Error::Rebuilding)
            }
            Err(Error::ClaimRefused(refusal)) => {
                self.store
                    .release(
                        &pass.sale,
                        epoch,
                        pass.number,
                        &reserved.order,
                        Units::Reserved,
                    )
                    .await?;
                Err(refusal.into())
            }
            // Nobody knows whether it committed: the end of the lease asks the ledger and decides.
            Err(error) => Err(error),
        }
    }
}
