//! What every handler may need.

use super::assets::Assets;
use super::logins::Logins;
use super::provider::{self, Hosts};
use super::shells::Shells;
use crate::config::Config;
use crate::embedded;
use crate::secrets::Secrets;
use anyhow::Context as _;
use app::{CaptchaHosts, CardElement, PageConfig};
use axum::extract::FromRef;
use engine::Engine;
use leptos::config::errors::LeptosConfigError;
use leptos::config::{LeptosOptions, get_config_from_str, get_configuration};
use protocol::codec::Keyring;
use protocol::digest::{Digest, sha256};
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Shared by all handlers. Every layer of the router clones it for every request, so there is one of it.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is shared.
pub struct Shared {
    /// The flash sales.
    pub engine: Engine,
    pub(super) body_max: usize,
    pub(super) timeout: Duration,
    pub(super) trusted_hops: usize,
    pub(super) address: PublicAddress,
    pub(super) keys: Keyring,
    pub(super) password_hash: Digest,
    pub(super) logins: Logins,
    pub(super) page: PageConfig,
    /// The provider's script, where there is one.
    pub(super) hosts: Option<Hosts>,
    pub(super) leptos: LeptosOptions,
    pub(super) assets: Arc<Assets>,
    pub(super) shells: Arc<Shells>,
    pub(super) stop: CancellationToken,
}

/// Where shoppers reach us.
#[derive(Clone, Debug)]
pub struct PublicAddress {
    /// Whether they come over TLS: then cookies are `Secure`.
    pub secure: bool,
    /// The origin that was configured, such as `https://shop.example`; `None` when only a proxy knows it.
    pub origin: Option<String>,
}

impl PublicAddress {
    /// The configured address, or the one that is listened on.
    pub(crate) fn of(config: &Config, listening: &str) -> Self {
        let url = match config.server.public_url.as_str() {
            "" => listening,
            url => url,
        };
        let configured = &config.server.public_url;
        let origin = configured.split_once("://").map(|(scheme, rest)| {
            let host = rest.split('/').next().unwrap_or_default();
            format!("{scheme}://{host}")
        });
        Self {
            secure: url.starts_with("https://"),
            origin,
        }
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl AppState {
    pub(crate) fn new(
        config: &Config,
        secrets: &Secrets,
        engine: Engine,
        address: PublicAddress,
        psp_url: &str,
        stop: CancellationToken,
    ) -> anyhow::Result<Self> {
        let leptos = leptos_options().context("the leptos table cannot be read")?;
        let publishable_key = match config.payment.publishable_key.as_str() {
            "" => embedded::PUBLISHABLE_KEY.to_owned(),
            key => key.to_owned(),
        };
        let hosts = Hosts::of(&config.payment)?;
        let (url, origin) = match &hosts {
            Some(_) => (provider::CARD.to_owned(), CardElement::OURS.to_owned()),
            None => (format!("{psp_url}/element"), psp_url.to_owned()),
        };
        Ok(Self(Arc::new(Shared {
            engine,
            body_max: config.server.body_max,
            timeout: Duration::from_millis(config.server.timeout_ms),
            trusted_hops: config.server.trusted_hops,
            address,
            keys: secrets.keys.clone(),
            password_hash: sha256(secrets.operator_password.as_bytes()),
            logins: Logins::default(),
            page: PageConfig {
                card_element: CardElement {
                    url,
                    origin,
                    publishable_key,
                },
                captcha: CaptchaHosts::of(config.gate.captcha.provider.name()),
            },
            hosts,
            assets: Arc::new(Assets::load(&leptos)),
            shells: Arc::default(),
            leptos,
            stop,
        })))
    }
}

/// `cargo leptos watch` tells its table by the environment; otherwise the compiled-in one counts, because
/// an installed binary has no Cargo.toml beside it.
fn leptos_options() -> Result<LeptosOptions, LeptosConfigError> {
    if std::env::var_os("LEPTOS_OUTPUT_NAME").is_some() {
        return Ok(get_configuration(None)?.leptos_options);
    }
    get_config_from_str(crate::config::DEFAULTS)
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.leptos.clone()
    }
}
