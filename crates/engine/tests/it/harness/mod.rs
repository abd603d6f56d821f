//! A flash sale for one test: its own Redis, ledger and provider, gone with the test.
//!
//! [`redis`] is the server, [`shop`] an engine on it with one sale, [`acts`] what its shoppers and its operator do there,
//! [`settings`] how it is set.

mod acts;
mod redis;
mod settings;
mod shop;

pub(crate) use redis::Redis;
pub(crate) use settings::{drawn_sale, wide};
pub(crate) use shop::Shop;

use engine::gate::{Asked, Caller, DeviceClass, Headers};
use protocol::wire::BrowserKey;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// A join that brings no proof of a key.
pub(crate) const PLAIN: Asked<'static> = Asked {
    proof: None,
    request: protocol::dpop::Request {
        method: "POST",
        path: "/",
        origin: None,
        bearer: None,
        ticket: None,
    },
    from: HERE,
};

/// Where the tests' shoppers come from.
pub(crate) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// The public key of a browser.
pub(crate) fn browser_key() -> BrowserKey {
    BrowserKey {
        kty: "EC".into(),
        crv: "P-256".into(),
        x: "A".repeat(43),
        y: "Q".repeat(43),
    }
}

/// A browser as it is; only what there has to be of it.
pub(crate) const BROWSER: Caller<'static> = Caller {
    address: HERE,
    device: DeviceClass::Desktop,
    headers: Headers {
        user_agent: Some("Mozilla/5.0"),
        accept_language: Some("en"),
        brands: None,
        platform: None,
        mobile: None,
        fetch_site: None,
        fetch_mode: None,
        fetch_dest: None,
        secure: false,
    },
    strayed: false,
};

/// How long a condition may take before the test says what it waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Asks again until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(answer) => answer,
        Err(_) => panic!("waited {PATIENCE:?} in vain until {what}"),
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' one clock")]
pub(crate) fn now() -> u64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_millis() as u64
}

/// The n-th of many cards that pay: 4242, eleven digits, and Luhn's check digit.
pub(crate) fn good_card(n: u64) -> String {
    let digits = format!("4242{n:011}");
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let digit = u32::from(b - b'0');
            let doubled = if i % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("{digits}{}", (10 - sum % 10) % 10)
}
