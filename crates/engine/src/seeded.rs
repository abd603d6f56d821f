//! What only a test build can do: crash at named points, and behave as if a known bug were there.
//!
//! The feature `failpoints` compiles it in. `make test` asks for it; a release has none, says so in
//! `sluice --version`, and `make run` asks before it starts. `SLUICE_SEEDED_BUG` names the bugs of a process,
//! by commas; `tests/it/seeded_bugs.rs` runs each one and sees that it is found.

/// Is this a test build, that can be told to crash and to misbehave?
pub const FAILPOINTS: bool = cfg!(feature = "failpoints");

/// A bug that this kind of shop is known for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bug {
    /// `reserve.lua` gives out a unit when none is left: `>=` for `>`.
    ReserveAtZero,
    /// The ledger takes a claim on a unit that does not exist.
    UnitUnchecked,
    /// The ledger has lost `UNIQUE (sale, unit)`.
    UnitTwice,
    /// The ledger has lost `UNIQUE (sale, buyer, nth)`.
    BuyerTwice,
    /// `release.lua` frees a unit whoever holds it.
    ReleaseAnyOrder,
    /// Every call to the provider has a new idempotency key.
    RandomKeys,
    /// Money is taken as soon as it is held.
    CaptureUnclaimed,
    /// A refused capture counts as done, because "already" was in the answer.
    CaptureAfterVoid,
    /// A void is written down and not made.
    LostVoid,
}

/// Does this process have the bug? In a release: no, and the compiler knows.
#[cfg(not(feature = "failpoints"))]
pub(crate) const fn has(_: Bug) -> bool {
    false
}

/// Does this process have the bug?
#[cfg(feature = "failpoints")]
pub(crate) fn has(bug: Bug) -> bool {
    use std::sync::LazyLock;
    static SEEDED: LazyLock<String> =
        LazyLock::new(|| std::env::var("SLUICE_SEEDED_BUG").unwrap_or_default());
    SEEDED.split(',').any(|name| name == format!("{bug:?}"))
}

/// Does the answer come along with a CAPTCHA? `FAILPOINTS=captcha.told=return` asks for it: no bug, but how a journey
/// solves one.
pub(crate) fn tells_captchas() -> bool {
    fail::fail_point!("captcha.told", |_| true);
    false
}

/// A script as this process runs it.
pub(crate) fn script(file: &str, source: &'static str) -> &'static str {
    match file {
        "reserve.lua" if has(Bug::ReserveAtZero) => patched(
            source,
            "KEYS[2]) or '0') <= 0 then",
            "KEYS[2]) or '0') < 0 then",
        ),
        "release.lua" if has(Bug::ReleaseAnyOrder) => {
            patched(source, "if order ~= ARGV[3] then return 0 end", "")
        }
        _ => source,
    }
}

fn patched(source: &str, line: &str, by: &str) -> &'static str {
    assert!(
        source.contains(line),
        "the bug has no place any more: {line}"
    );
    source.replacen(line, by, 1).leak()
}

/// Takes the ledger's proofs away, for the bugs that are about them.
pub(crate) fn lost_keys() -> Vec<&'static str> {
    let mut statements = Vec::new();
    if has(Bug::UnitTwice) {
        statements.extend([
            "CREATE TABLE units_bare AS SELECT * FROM units",
            "DROP TABLE units",
            "ALTER TABLE units_bare RENAME TO units",
        ]);
    }
    if has(Bug::BuyerTwice) {
        statements.extend([
            "CREATE TABLE keys_bare AS SELECT * FROM buyer_keys",
            "DROP TABLE buyer_keys",
            "ALTER TABLE keys_bare RENAME TO buyer_keys",
        ]);
    }
    statements
}
