//! The names of a sale's keys. One hash tag for each sale, so that all its keys live in one slot.

use protocol::SaleId;
use protocol::digest::to_hex;

/// The keys of one sale.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    pub(super) meta: String,
    pub(super) stock: String,
    pub(super) shoppers: String,
    pub(super) transcript: String,
    pub(super) passes: String,
    pub(super) steps: String,
    pub(super) entered: String,
    pub(super) left: String,
    pub(super) reservations: String,
    pub(super) leases: String,
    pub(super) claims: String,
    pub(super) returned: String,
    pub(super) buyers: String,
    pub(super) rebuilding: String,
    spent: String,
    proof: String,
}

impl Keys {
    pub(super) fn of(sale: &SaleId) -> Self {
        let key = |name: &str| format!("{{{sale}}}:{name}");
        Self {
            meta: key("meta"),
            stock: key("stock"),
            shoppers: key("shoppers"),
            transcript: key("transcript"),
            passes: key("passes"),
            steps: key("steps"),
            entered: key("entered"),
            left: key("left"),
            reservations: key("reservations"),
            leases: key("leases"),
            claims: key("claims"),
            returned: key("returned"),
            buyers: key("buyers"),
            rebuilding: key("rebuilding"),
            spent: key("spent"),
            proof: key("proof"),
        }
    }

    /// All of them, but for the spent challenges and used proofs, which expire by themselves.
    pub(super) fn all(&self) -> Vec<&str> {
        vec![
            &self.meta,
            &self.stock,
            &self.shoppers,
            &self.transcript,
            &self.passes,
            &self.steps,
            &self.entered,
            &self.left,
            &self.reservations,
            &self.leases,
            &self.claims,
            &self.returned,
            &self.buyers,
            &self.rebuilding,
        ]
    }

    /// Where a rebuild lays what takes the place of `key` under this epoch. One rebuild, one epoch: nobody
    /// else writes here.
    pub(super) fn staged(key: &str, epoch: u64) -> String {
        format!("{key}:staged:{epoch}")
    }

    /// One used proof of a key.
    pub(super) fn proof(&self, once: &[u8; 16]) -> String {
        format!("{}:{}", self.proof, to_hex(once))
    }

    /// The challenges that were spent and expire in this period.
    pub(super) fn spent(&self, period: u64) -> String {
        format!("{}:{period}", self.spent)
    }
}
