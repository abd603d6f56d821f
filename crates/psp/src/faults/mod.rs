//! What may go wrong at a provider, as a thing that an operator can order: by a preset's name, as
//! JSON on the command line, or over `/control/faults` while the simulator runs.
//!
//! The faults hit the shop's own calls. Browsers saving cards and auditors are left alone: what is
//! tested is the shop.

mod latency;
mod weather;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use latency::Latency;
pub(crate) use weather::Weather;

/// One thing that goes wrong with one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The connection ends before the bank hears of the call.
    LostRequest,
    /// The bank acts, and the connection ends before the answer.
    LostReply,
    /// The bank acts, and the answer's JSON is cut off.
    TruncatedReply,
    /// 500 and nothing done. As at Stripe, the answer is remembered under the idempotency key:
    /// the same call gets the same 500 for ever.
    ErrorBefore,
    /// 500 although the bank acted, remembered in the same way.
    ErrorAfter,
    /// 429 although the shop is within its rate; nothing done, nothing remembered.
    RateLimited,
}

/// Everything that goes wrong by chance. All shares are from 0 to 1; the default is a calm day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Makes the chances repeatable.
    pub seed: Option<u64>,
    /// How much longer calls take.
    pub latency: Latency,
    /// Share of calls that suffer [`Fault::LostRequest`].
    pub lost_request: f64,
    /// Share of calls that suffer [`Fault::LostReply`].
    pub lost_reply: f64,
    /// Share of calls that suffer [`Fault::TruncatedReply`].
    pub truncated_reply: f64,
    /// Share of calls that suffer [`Fault::ErrorBefore`].
    pub error_before: f64,
    /// Share of calls that suffer [`Fault::ErrorAfter`].
    pub error_after: f64,
    /// Share of calls that suffer [`Fault::RateLimited`].
    pub rate_limited: f64,
    /// What happens to the events on their way.
    pub webhooks: WebhookFaults,
}

/// What happens to events on their way to the shop. An event may suffer several of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhookFaults {
    /// Share that never arrives.
    pub dropped: f64,
    /// Share that arrives `copies` times.
    pub duplicated: f64,
    /// How often a duplicated event arrives, 2 or more.
    pub copies: u32,
    /// Share that arrives late, and so in another order: by a random time up to `delay_ms`.
    pub delayed: f64,
    /// The longest delay, ms.
    pub delay_ms: u64,
    /// Share that is accompanied by a forgery: another event about the same payment, with a
    /// signature by somebody who does not know the secret.
    pub forged: f64,
}

/// Why faults cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultsError {
    /// Neither a preset nor JSON.
    #[error("expected one of {names}, or a JSON object: {0}", names = PRESETS.join(", "))]
    Unreadable(#[source] serde_json::Error),
    /// A share is not from 0 to 1, or those of the calls add up to more than 1.
    #[error("the shares must be from 0 to 1, and those of the calls at most 1 together")]
    Shares,
}

/// The names that [`Faults::from_str`] knows.
pub const PRESETS: [&str; 5] = [
    "none",
    "storm",
    "slow",
    "webhooks-lost",
    "webhooks-fivefold",
];

impl Faults {
    /// Everything at once, each often enough to hit a sale of some hundred payments many times.
    pub fn storm() -> Self {
        Self {
            latency: Latency {
                p50_ms: 20,
                p99_ms: 400,
            },
            lost_request: 0.02,
            lost_reply: 0.03,
            truncated_reply: 0.02,
            error_before: 0.01,
            error_after: 0.01,
            rate_limited: 0.05,
            webhooks: WebhookFaults {
                dropped: 0.3,
                duplicated: 0.5,
                copies: 5,
                delayed: 0.5,
                delay_ms: 3000,
                forged: 0.1,
            },
            ..Self::default()
        }
    }

    /// The chance of each fault of a call.
    pub(crate) fn of_calls(&self) -> [(Fault, f64); 6] {
        [
            (Fault::LostRequest, self.lost_request),
            (Fault::LostReply, self.lost_reply),
            (Fault::TruncatedReply, self.truncated_reply),
            (Fault::ErrorBefore, self.error_before),
            (Fault::ErrorAfter, self.error_after),
            (Fault::RateLimited, self.rate_limited),
        ]
    }

    /// The same, if every share is one.
    pub fn checked(self) -> Result<Self, FaultsError> {
        let letters = &self.webhooks;
        let of_letters = [
            letters.dropped,
            letters.duplicated,
            letters.delayed,
            letters.forged,
        ];
        let of_calls = self.of_calls().map(|(_, share)| share);
        let is_share = |share: &f64| (0.0..=1.0).contains(share);
        let sound =
            of_calls.iter().chain(&of_letters).all(is_share) && of_calls.iter().sum::<f64>() <= 1.0;
        sound.then_some(self).ok_or(FaultsError::Shares)
    }
}

impl FromStr for Faults {
    type Err = FaultsError;

    /// Reads a preset's name or a JSON object.
    fn from_str(text: &str) -> Result<Self, FaultsError> {
        let webhooks = |webhooks| Self {
            webhooks,
            ..Self::default()
        };
        Ok(match text {
            "none" => Self::default(),
            "storm" => Self::storm(),
            "slow" => Self {
                latency: Latency {
                    p50_ms: 800,
                    p99_ms: 6000,
                },
                ..Self::default()
            },
            "webhooks-lost" => webhooks(WebhookFaults {
                dropped: 1.0,
                ..WebhookFaults::default()
            }),
            "webhooks-fivefold" => webhooks(WebhookFaults {
                duplicated: 1.0,
                copies: 5,
                delayed: 1.0,
                delay_ms: 1000,
                ..WebhookFaults::default()
            }),
            json => {
                return serde_json::from_str::<Self>(json)
                    .map_err(FaultsError::Unreadable)?
                    .checked();
            }
        })
    }
}

impl fmt::Display for Faults {
    /// As JSON, which [`Faults::from_str`] reads again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_and_json_are_read_and_written_alike() {
        for name in PRESETS {
            let faults: Faults = name.parse().unwrap();
            assert_eq!(faults.to_string().parse::<Faults>().unwrap(), faults);
            assert!(faults.checked().is_ok(), "{name}");
        }
        let some: Faults = r#"{"lost_reply": 0.5, "webhooks": {"dropped": 1}}"#
            .parse()
            .unwrap();
        assert_eq!((some.lost_reply, some.webhooks.dropped), (0.5, 1.0));
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for bad in [
            "hurricane",
            r#"{"lost_reply": 1.5}"#,
            r#"{"lost_reply": -0.1}"#,
            r#"{"lost_reply": 0.6, "error_after": 0.6}"#,
            r#"{"webhooks": {"forged": 2}}"#,
            r#"{"lost_letter": 0.1}"#,
        ] {
            assert!(bad.parse::<Faults>().is_err(), "{bad}");
        }
    }
}
