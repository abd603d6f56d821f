//! The flash sale itself. No HTTP and no UI: callers hand in what a shopper sent, and get an answer.
//!
//! The rooms follow the shopper:
//!
//! | step | room |
//! |---|---|
//! | prove | [`gate`]: challenge and proof, checked without I/O |
//! | join, wait, be admitted | [`room`]: batched joins, the draw, the frontier, one snapshot for everyone, the pass |
//! | authorize | [`pay`]: holds, captures and voids, owed by the ledger and driven to the provider |
//! | buy | [`stock`]: reserve in Redis, claim in the ledger, then say so |
//! | ask whether it was right | [`audit`]: the invariants, on a live system |
//!
//! Two stores stand behind them: [`redis`] decides in microseconds and may forget, [`ledger`] is final.
//! [`health`] slows admission down when a part behind the line is slow. [`sale`] is what the operator does.
//! [`Engine`] is the handle that doors (JSON routes, pages, the command line) hold; each of its methods
//! belongs to, and lives in, one room.

pub mod audit;
mod error;
pub mod gate;
mod health;
pub mod ledger;
pub mod moments;
pub mod pay;
pub mod redis;
pub mod room;
pub mod sale;
pub mod seeded;
mod settings;
pub mod stock;
mod world;

pub use error::Error;
pub use settings::{
    CaptchaSettings, GateSettings, NetworkSettings, PaymentSettings, PriceSettings, RoomSettings,
    Settings, StockSettings,
};
pub use world::World;

use health::Health;
use ledger::Ledger;
use pay::{Gateway, Waiters};
use protocol::codec::Keyring;
use redis::Store;
use room::{PassKeys, Rooms};
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What an engine is made of.
pub struct Parts {
    /// What can be set.
    pub settings: Settings,
    /// Time and chance.
    pub world: World,
    /// The keys that seal challenges and tickets.
    pub keys: Keyring,
    /// The keys that sign passes.
    pub passes: PassKeys,
    /// The fast gate.
    pub store: Store,
    /// What is final.
    pub ledger: Ledger,
    /// The payment provider.
    pub gateway: Arc<dyn Gateway>,
    /// The secret that signs the provider's webhooks.
    pub webhook_secret: String,
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Holds a secret: what is printed is chosen, not derived.
        f.debug_struct("Parts")
            .field("settings", &self.settings)
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

/// A handle on the running flash sales of this edge; cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Core>);

#[derive(Debug)]
struct Core {
    parts: Parts,
    rooms: Rooms,
    waiters: Waiters,
    breaker: pay::Breaker,
    health: Health,
    captchas: gate::Pool,
    budgets: gate::Budgets,
    load: gate::Load,
    stop: CancellationToken,
    /// Whatever was started here and has not ended.
    tasks: TaskTracker,
    /// Does this edge run rooms, or does it act once and leave?
    runs: bool,
}

impl std::ops::Deref for Engine {
    type Target = Parts;
    fn deref(&self) -> &Parts {
        &self.0.parts
    }
}

impl Engine {
    /// Opens a room for every sale of the ledger and starts the payment worker, unless others
    /// have it. Everything stops when
    /// `stop` is cancelled ([`Engine::ended`] waits for it); what was promised by then is in the stores, and the next
    /// start goes on there.
    pub async fn start(parts: Parts, stop: CancellationToken) -> Result<Self, Error> {
        let engine = Self::with(parts, stop, true);
        room::find_sales(&engine).await?;
        engine.spawn(room::keep_finding_sales(engine.clone()));
        engine.spawn(gate::keep_ready(engine.clone()));
        if engine.settings.payment.worker {
            engine.spawn(pay::work(engine.clone()));
        }
        Ok(engine)
    }

    /// Runs the payment worker alone, on the stores that others sell from, until `stop` is cancelled and what came of the
    /// calls under way is in the ledger.
    pub async fn work(parts: Parts, stop: CancellationToken) {
        let engine = Self::with(parts, stop, false);
        pay::work(engine.clone()).await;
        engine.ended().await;
    }

    /// Waits until all that was started here has ended, which it does once `stop` is cancelled: a batch of joins has been
    /// answered, what came of a payment call is in the ledger. A provider or a ledger that does not answer can take
    /// `payment.lease_ms`; whoever has less time lets go, and the same is done again after the next start.
    pub async fn ended(&self) {
        self.0.tasks.close();
        self.0.tasks.wait().await;
    }

    /// Starts a task that [`Engine::ended`] waits for.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.tasks.spawn(task);
    }

    /// The same handle with nothing running: for the command line, which acts once and leaves.
    pub fn unstarted(parts: Parts) -> Self {
        Self::with(parts, CancellationToken::new(), false)
    }

    fn with(parts: Parts, stop: CancellationToken, runs: bool) -> Self {
        let budgets = gate::Budgets::new(&parts.settings.gate.network, &parts.keys);
        Self(Arc::new(Core {
            parts,
            rooms: Rooms::default(),
            waiters: Waiters::default(),
            breaker: pay::Breaker::default(),
            health: Health::default(),
            captchas: gate::Pool::default(),
            budgets,
            load: gate::Load::default(),
            stop,
            tasks: TaskTracker::new(),
            runs,
        }))
    }
}
