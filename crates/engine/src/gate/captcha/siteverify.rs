//! Outside services: Turnstile, hCaptcha and reCAPTCHA, which all speak of a token by `siteverify`.
//!
//! A token counts when the service says so, for our host, for our act where the service knows acts, and soon after it was
//! solved. A service that does not answer in time lets nobody in: the shopper is asked by a picture of ours instead.

use super::Provider;
use crate::Error;
use crate::settings::CaptchaSettings;
use serde::Deserialize;
use std::net::IpAddr;
use std::time::Duration;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// What the widget on the page says that it is for.
pub(super) const ACTION: &str = "join";
/// How old a solution may be, ms; as old as a challenge may get.
const FRESH_MS: u64 = 120_000;
/// How far the service's clock may be ahead of ours, ms.
const SKEW_MS: u64 = 10_000;

/// A service that knows whether a token is good.
pub(super) trait Service {
    /// Where it is asked.
    fn url(&self) -> &'static str;
    /// Does its answer have to name the act? One that is named always has to be ours.
    fn names_action(&self) -> bool;
}

impl Service for Provider {
    fn url(&self) -> &'static str {
        match self {
            Self::Own => "",
            Self::Turnstile => "https://challenges.cloudflare.com/turnstile/v0/siteverify",
            Self::Hcaptcha => "https://api.hcaptcha.com/siteverify",
            Self::Recaptcha => "https://www.google.com/recaptcha/api/siteverify",
        }
    }

    fn names_action(&self) -> bool {
        matches!(self, Self::Turnstile)
    }
}

/// What it answers; all three call things by the same names.
#[derive(Debug, Deserialize)]
struct Reply {
    success: bool,
    hostname: Option<String>,
    action: Option<String>,
    challenge_ts: Option<String>,
}

/// Is the token good? `Err` when the service does not say.
pub(super) async fn is_good(
    settings: &CaptchaSettings,
    token: &str,
    from: IpAddr,
    now: u64,
) -> Result<bool, Error> {
    let url = match settings.verify_url.as_str() {
        "" => settings.provider.url(),
        url => url,
    };
    let form = [
        ("secret", settings.secret.as_str()),
        ("response", token),
        ("remoteip", &from.to_string()),
    ];
    let asking = reqwest::Client::new()
        .post(url)
        .timeout(Duration::from_millis(settings.timeout_ms))
        .form(&form)
        .send()
        .await;
    let reply: Reply = match asking.and_then(reqwest::Response::error_for_status) {
        Ok(answer) => answer
            .json()
            .await
            .map_err(|_| Error::CaptchaServiceSilent)?,
        Err(error) => {
            // Without the URL: it is known, and an error must not carry what was sent.
            tracing::warn!(error = %error.without_url(), "the captcha service does not answer");
            return Err(Error::CaptchaServiceSilent);
        }
    };
    Ok(counts(&reply, settings, now))
}

fn counts(reply: &Reply, settings: &CaptchaSettings, now: u64) -> bool {
    let solved_at = reply.challenge_ts.as_deref().and_then(unix_ms);
    let fresh = solved_at.is_some_and(|at| at <= now + SKEW_MS && now < at + FRESH_MS);
    let ours = match &reply.action {
        Some(action) => action == ACTION,
        None => !settings.provider.names_action(),
    };
    reply.success && fresh && ours && reply.hostname.as_deref() == Some(&settings.hostname)
}

fn unix_ms(text: &str) -> Option<u64> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(at.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn settings(provider: Provider) -> CaptchaSettings {
        CaptchaSettings {
            provider,
            hostname: "shop.example".into(),
            ..CaptchaSettings::default()
        }
    }

    fn good() -> Reply {
        Reply {
            success: true,
            hostname: Some("shop.example".into()),
            action: Some("join".into()),
            // 1,800,000,000 s.
            challenge_ts: Some("2027-01-15T08:00:00Z".into()),
        }
    }

    #[test]
    fn a_token_counts_for_our_host_our_act_and_while_it_is_fresh() {
        use Provider::{Hcaptcha, Recaptcha, Turnstile};
        let at = |text: &str| Some(text.to_owned());
        let cases = [
            ("as it should be", good(), [true; 3]),
            (
                "no success",
                Reply {
                    success: false,
                    ..good()
                },
                [false; 3],
            ),
            (
                "another host",
                Reply {
                    hostname: at("evil.example"),
                    ..good()
                },
                [false; 3],
            ),
            (
                "no host",
                Reply {
                    hostname: None,
                    ..good()
                },
                [false; 3],
            ),
            (
                "another act",
                Reply {
                    action: at("login"),
                    ..good()
                },
                [false; 3],
            ),
            (
                "no act",
                Reply {
                    action: None,
                    ..good()
                },
                [false, true, true],
            ),
            (
                "stale",
                Reply {
                    challenge_ts: at("2027-01-15T07:57:59Z"),
                    ..good()
                },
                [false; 3],
            ),
            (
                "of the future",
                Reply {
                    challenge_ts: at("2027-01-15T08:00:11Z"),
                    ..good()
                },
                [false; 3],
            ),
            (
                "no time",
                Reply {
                    challenge_ts: None,
                    ..good()
                },
                [false; 3],
            ),
            (
                "no time at all",
                Reply {
                    challenge_ts: at("soon"),
                    ..good()
                },
                [false; 3],
            ),
        ];
        for (what, reply, counted) in cases {
            for (provider, counted) in [Turnstile, Hcaptcha, Recaptcha].into_iter().zip(counted) {
                assert_eq!(
                    counts(&reply, &settings(provider), NOW),
                    counted,
                    "{what}, {provider:?}"
                );
            }
        }
    }
}
