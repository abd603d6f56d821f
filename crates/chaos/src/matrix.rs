//! The matrix: which part, what happens to it, and when.

use serde::Serialize;
use std::fmt;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            /// All, in the order of the table.
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            /// For `--only`.
            pub(crate) fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $text,)* })
            }
        }
    };
}

words! {
    /// What dies.
    Part {
        /// The fast gate.
        Redis = "redis", "Redis";
        /// One of two edges.
        Edge = "edge", "edge";
        /// The payment worker, alone in its process.
        Worker = "worker", "payment worker";
        /// The provider.
        Simulator = "simulator", "provider";
        /// The SQLite file.
        Ledger = "ledger", "ledger (SQLite)";
    }
}

words! {
    /// How.
    Fault {
        /// `kill -9`, started again.
        Kill = "kill", "kill -9";
        /// `SIGSTOP`, and after a while `SIGCONT`.
        Pause = "pause", "stopped, goes on";
        /// `kill -9`, started again with nothing.
        Empty = "empty", "comes back empty";
        /// `kill -9`, started again from a file of a while ago.
        Old = "old", "comes back from an old file";
        /// `kill -9`; a replica that lags takes its place.
        Replica = "replica", "a stale replica is promoted";
    }
}

words! {
    /// When.
    Moment {
        /// While people join.
        Lobby = "lobby", "lobby";
        /// While people are let in.
        Admission = "admission", "admission";
        /// Units are set aside in Redis, nothing is claimed in the ledger.
        ReserveClaim = "reserve-claim", "between reserve and claim";
        /// Claims are durable, the provider has not been asked.
        ClaimCapture = "claim-capture", "between claim and capture";
        /// The provider has taken the money, the ledger does not know.
        CaptureRecord = "capture-record", "between capture and record";
    }
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Cell {
    /// What.
    pub(crate) part: Part,
    /// How.
    pub(crate) fault: Fault,
    /// When.
    pub(crate) moment: Moment,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}/{}/{}",
            self.part.word(),
            self.fault.word(),
            self.moment.word()
        )
    }
}

impl Cell {
    /// Every cell, those that make no sense included.
    pub(crate) fn all() -> Vec<Self> {
        let mut cells = Vec::new();
        for &part in Part::ALL {
            for &fault in Fault::ALL {
                for &moment in Moment::ALL {
                    cells.push(Self {
                        part,
                        fault,
                        moment,
                    });
                }
            }
        }
        cells
    }

    /// Why this cell is not played.
    pub(crate) fn not_applicable(self) -> Option<&'static str> {
        match (self.part, self.fault) {
            (Part::Redis, _) => None,
            (Part::Ledger, Fault::Pause) => None,
            (Part::Ledger, Fault::Kill) => Some(
                "SQLite runs inside the edges: their kills are its kills. A killed Postgres has a test of its own, `ledger_lost.rs`",
            ),
            (Part::Ledger, Fault::Empty | Fault::Old) => {
                Some("out of the promise: what the ledger forgets, nobody knows")
            }
            (Part::Ledger, Fault::Replica) => Some(
                "a SQLite file has no replica; of Postgres, a stale one is a ledger that forgets",
            ),
            (_, Fault::Kill | Fault::Pause) => None,
            (Part::Edge | Part::Worker, Fault::Empty | Fault::Old) => {
                Some("it keeps nothing: that is kill -9")
            }
            (Part::Simulator, Fault::Empty | Fault::Old) => {
                Some("a bank that forgets money is not for a shop to survive")
            }
            (_, Fault::Replica) => Some("it has no replica"),
        }
    }

    /// The few that `make test` plays: each part, each fault, each moment.
    pub(crate) fn is_smoke(self) -> bool {
        use {Fault as F, Moment as M, Part as P};
        [
            (P::Redis, F::Kill, M::Lobby),
            (P::Redis, F::Pause, M::Admission),
            (P::Redis, F::Empty, M::ReserveClaim),
            (P::Redis, F::Old, M::ClaimCapture),
            (P::Redis, F::Replica, M::ReserveClaim),
            (P::Edge, F::Kill, M::ReserveClaim),
            (P::Edge, F::Pause, M::Admission),
            (P::Worker, F::Kill, M::CaptureRecord),
            (P::Worker, F::Pause, M::ClaimCapture),
            (P::Simulator, F::Kill, M::CaptureRecord),
            (P::Ledger, F::Pause, M::Admission),
        ]
        .contains(&(self.part, self.fault, self.moment))
    }

    /// Do these words, joined by `/`, name the cell? Each must be one of its words.
    pub(crate) fn matches(self, filter: &str) -> bool {
        let own = self.to_string();
        let own: Vec<&str> = own.split('/').collect();
        filter
            .split('/')
            .filter(|word| !word.is_empty())
            .all(|word| own.contains(&word))
    }
}
