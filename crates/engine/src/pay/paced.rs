//! The provider for whoever audits: every call waits for its turn in the ledger's bucket, like the workers' calls.

use super::gateway::{
    Gateway, GatewayError, GiveBack, Hold, Intent, Keep, Kept, Listed, RefundState,
};
use crate::World;
use crate::ledger::Ledger;
use futures::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;

/// Between two looks whether it is our turn.
const LOOK: Duration = Duration::from_millis(10);

/// A gateway that keeps to the pace of all processes together.
#[derive(Debug)]
pub struct Paced {
    /// Who is called.
    pub inner: Arc<dyn Gateway>,
    /// Where the bucket is.
    pub ledger: Ledger,
    /// The clock that the bucket goes by.
    pub world: World,
    /// Most calls a second.
    pub calls_per_s: u32,
}

impl Paced {
    async fn turn(&self) {
        loop {
            match self
                .ledger
                .take_call(self.calls_per_s, self.world.now())
                .await
            {
                Ok(true) => return,
                Ok(false) => tokio::time::sleep(LOOK).await,
                // Where the ledger takes no writes no worker calls either: the pace is ours alone.
                Err(_) => return tokio::time::sleep(self.alone()).await,
            }
        }
    }

    fn alone(&self) -> Duration {
        Duration::from_secs(1) / self.calls_per_s.max(1)
    }

    fn in_turn<'a, T: Send + 'a>(
        &'a self,
        call: BoxFuture<'a, Result<T, GatewayError>>,
    ) -> BoxFuture<'a, Result<T, GatewayError>> {
        Box::pin(async move {
            self.turn().await;
            call.await
        })
    }
}

impl Gateway for Paced {
    fn keep<'a>(
        &'a self,
        key: &'a str,
        card: &'a Keep,
    ) -> BoxFuture<'a, Result<Kept, GatewayError>> {
        self.in_turn(self.inner.keep(key, card))
    }

    fn forget<'a>(&'a self, customer: &'a str) -> BoxFuture<'a, Result<(), GatewayError>> {
        self.in_turn(self.inner.forget(customer))
    }

    fn authorize<'a>(
        &'a self,
        key: &'a str,
        hold: &'a Hold,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        self.in_turn(self.inner.authorize(key, hold))
    }

    fn get<'a>(&'a self, intent: &'a str) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        self.in_turn(self.inner.get(intent))
    }

    fn capture<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        self.in_turn(self.inner.capture(key, intent))
    }

    fn cancel<'a>(
        &'a self,
        key: &'a str,
        intent: &'a str,
    ) -> BoxFuture<'a, Result<Intent, GatewayError>> {
        self.in_turn(self.inner.cancel(key, intent))
    }

    fn refund<'a>(
        &'a self,
        key: &'a str,
        back: &'a GiveBack,
    ) -> BoxFuture<'a, Result<RefundState, GatewayError>> {
        self.in_turn(self.inner.refund(key, back))
    }

    fn list<'a>(
        &'a self,
        since: u64,
        after: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Vec<Listed>, bool), GatewayError>> {
        self.in_turn(self.inner.list(since, after))
    }
}
