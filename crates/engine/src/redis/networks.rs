//! How crowded networks are, over all edges of a sale.

use super::keys::Keys;
use super::{Store, scripts};
use crate::Error;
use protocol::SaleId;

/// Most networks that Redis keeps of a sale: the fullest.
const KEPT: usize = 8192;
/// Most that one answer tells.
const TOLD: usize = 1000;

/// The name of a network.
pub(crate) type Name = [u8; 9];

impl Store {
    /// Tells what this edge counted, at most 1,000 networks, and hears which hold at least `floor_ms` over all edges:
    /// name, and ms in its bucket. A bucket holds at most `full_ms`.
    pub(crate) async fn count_networks(
        &self,
        sale: &SaleId,
        counted: &[(Name, u64)],
        full_ms: u64,
        floor_ms: u64,
    ) -> Result<Vec<(Vec<u8>, u64)>, Error> {
        let mut call = scripts::NETWORK.prepare_invoke();
        call.key(Keys::of(sale).network())
            .arg(full_ms)
            .arg(floor_ms)
            .arg(KEPT)
            .arg(TOLD);
        for (name, ms) in counted {
            call.arg(name.as_slice()).arg(*ms);
        }
        Ok(call.invoke_async(&mut self.connection.clone()).await?)
    }
}
