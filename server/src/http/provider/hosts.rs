//! The provider's hosts: which scripts, frames and calls its own pages may have.

use crate::config::PaymentConfig;
use anyhow::{Context as _, bail};
use axum::http::HeaderValue;

/// Stripe's own API, and the script that belongs to it.
const STRIPE: (&str, &str) = ("https://api.stripe.com", "https://js.stripe.com/v3/");

/// The provider's script, and the policy of the pages that load it.
#[derive(Clone, Debug)]
pub(in crate::http) struct Hosts {
    script: String,
    policy: HeaderValue,
}

impl Hosts {
    /// The configured ones; `None` where the simulator's form serves.
    pub(in crate::http) fn of(config: &PaymentConfig) -> anyhow::Result<Option<Self>> {
        let api = config.url.trim_end_matches('/');
        let script = match config.script_url.as_str() {
            "" if api == STRIPE.0 => STRIPE.1,
            "" => return Ok(None),
            url => url,
        };
        let calls = origin(api).context("payment.url is not the provider's address")?;
        let scripts = origin(script).context("payment.script_url is not an address")?;
        let mut frames = scripts.to_owned();
        for listed in config.frame_origins.split_whitespace() {
            if origin(listed)? != listed {
                bail!("payment.frame_origins: {listed} is not an origin");
            }
            frames = format!("{frames} {listed}");
        }
        let policy = format!(
            "default-src 'none'; script-src 'self' {scripts}; connect-src {calls}; frame-src {frames}; \
             style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
        );
        Ok(Some(Self {
            script: script.to_owned(),
            policy: HeaderValue::from_str(&policy)?,
        }))
    }

    pub(super) fn script(&self) -> &str {
        &self.script
    }

    pub(super) fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }
}

/// Scheme, host and port of an address. Letter by letter: it ends up in a header that means something.
fn origin(url: &str) -> anyhow::Result<&str> {
    let host = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"))
        .with_context(|| format!("{url} does not begin with http:// or https://"))?;
    let host = host.split('/').next().unwrap_or_default();
    let letter = |b: u8| b.is_ascii_alphanumeric() || b".-:*[]".contains(&b);
    if host.is_empty() || !host.bytes().all(letter) {
        bail!("{url} has no readable host");
    }
    let end = url.len() - url.split_once("://").map_or(0, |(_, rest)| rest.len()) + host.len();
    Ok(&url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Overrides};

    fn hosts(url: &str, script: &str, frames: &str) -> anyhow::Result<Option<Hosts>> {
        let mut config = Config::load(None, &Overrides::default())?.payment;
        config.url = url.to_owned();
        config.script_url = script.to_owned();
        config.frame_origins = frames.to_owned();
        Hosts::of(&config)
    }

    #[test]
    fn stripe_brings_its_own_script_and_the_simulator_none() {
        let stripe = hosts("https://api.stripe.com", "", "https://hooks.stripe.com");
        let stripe = stripe.unwrap().unwrap();
        assert_eq!(stripe.script(), "https://js.stripe.com/v3/");
        let policy = stripe.policy();
        let policy = policy.to_str().unwrap();
        for part in [
            "script-src 'self' https://js.stripe.com;",
            "connect-src https://api.stripe.com;",
            "frame-src https://js.stripe.com https://hooks.stripe.com;",
            "frame-ancestors 'self'",
        ] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(hosts("http://127.0.0.1:12111", "", "").unwrap().is_none());
        assert!(hosts("", "", "").unwrap().is_none());
    }

    #[test]
    fn no_setting_opens_the_policy() {
        let api = "http://127.0.0.1:8420";
        assert!(hosts(api, "http://127.0.0.1:8420/js.stripe.com/v3/", "").is_ok());
        for (script, frames) in [
            ("javascript:alert(1)", ""),
            ("https://a.example; script-src *", ""),
            ("https:///x.js", ""),
            ("https://a.example/x.js", "*"),
            ("https://a.example/x.js", "https://b.example/path"),
            ("https://a.example/x.js", "https://b.example;"),
        ] {
            assert!(hosts(api, script, frames).is_err(), "{script} {frames}");
        }
    }
}
