//! How often the CAPTCHA of a challenge was looked at and tried, over all edges.

use super::keys::Keys;
use super::{Store, scripts};
use crate::Error;
use protocol::SaleId;
use protocol::challenge::MAX_LIFETIME_MS;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spent {
    /// A picture or a sound.
    Look,
    /// An answer.
    Try,
}

impl Store {
    /// Counts one more for this challenge, unless there were `most`; tells how many there were before.
    pub(crate) async fn spend(
        &self,
        sale: &SaleId,
        challenge: &[u8; 16],
        spent: Spent,
        most: u64,
    ) -> Result<u64, Error> {
        let before = scripts::CAPTCHA
            .key(Keys::of(sale).captcha(challenge))
            .arg(match spent {
                Spent::Look => "look",
                Spent::Try => "try",
            })
            .arg(2 * MAX_LIFETIME_MS)
            .arg(most)
            .invoke_async(&mut self.connection.clone())
            .await?;
        Ok(before)
    }
}
