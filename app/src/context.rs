//! What the server hands to the pages, by Leptos context, and what pages read of the request.

use http::request::Parts;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use protocol::wire::{Decision, LoggedAct, SaleInfo};
use protocol::{SaleId, Snapshot};

use crate::captcha::CaptchaHosts;
use crate::element::CardElement;
use crate::text::Lang;

/// How the pages are set up. The server provides it for every page.
#[derive(Clone, Debug, Default)]
pub struct PageConfig {
    /// The provider's card form.
    pub card_element: CardElement,
    /// The outside service that asks the CAPTCHA.
    pub captcha: CaptchaHosts,
}

/// What the operator's console shows. The server provides it for `/operator`.
#[derive(Clone, Debug, Default)]
pub struct OperatorView {
    /// Has the operator a session? Without one only the login is shown.
    pub logged_in: bool,
    /// Every sale.
    pub sales: Vec<OperatorSale>,
    /// What came of the last act, or why the login failed.
    pub notice: Option<String>,
}

/// One sale on the console.
#[derive(Clone, Debug)]
pub struct OperatorSale {
    /// As it was announced.
    pub info: SaleInfo,
    /// Where it stands.
    pub snapshot: Snapshot,
    /// The latest decisions of its gate.
    pub decisions: Vec<Decision>,
    /// What was done to it last.
    pub acts: Vec<LoggedAct>,
}

/// The request that a page answers.
#[derive(Clone)]
pub(crate) struct Visit {
    pub(crate) lang: Lang,
    pub(crate) engine: Option<engine::Engine>,
    pub(crate) config: PageConfig,
    parts: Option<Parts>,
    response: Option<ResponseOptions>,
}

impl Visit {
    /// The present one; to be called before the first `await` of a page.
    pub(crate) fn now() -> Self {
        let parts = use_context::<Parts>();
        Self {
            lang: lang_of(parts.as_ref()),
            engine: use_context(),
            config: use_context().unwrap_or_default(),
            parts,
            response: use_context(),
        }
    }

    /// The path that was asked for.
    pub(crate) fn path(&self) -> &str {
        self.parts.as_ref().map_or("/", |parts| parts.uri.path())
    }

    /// Answers with this status.
    pub(crate) fn set_status(&self, status: http::StatusCode) {
        if let Some(response) = &self.response {
            response.set_status(status);
        }
    }

    /// Answers with this header.
    pub(crate) fn set_header(&self, name: http::HeaderName, value: &str) {
        if let (Some(response), Ok(value)) = (&self.response, value.parse()) {
            response.insert_header(name, value);
        }
    }

    /// The ticket cookies, as sale and token.
    pub(crate) fn tickets(&self) -> Vec<(SaleId, String)> {
        let Some(parts) = &self.parts else {
            return Vec::new();
        };
        parts
            .headers
            .get_all(http::header::COOKIE)
            .iter()
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|cookie| {
                let (name, token) = cookie.trim().split_once('=')?;
                let sale = name.strip_prefix("sluice_ticket_")?.parse().ok()?;
                Some((sale, token.to_owned()))
            })
            .collect()
    }
}

fn lang_of(parts: Option<&Parts>) -> Lang {
    let header = parts.and_then(|parts| parts.headers.get(http::header::ACCEPT_LANGUAGE));
    Lang::accepted(
        header
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default(),
    )
}
