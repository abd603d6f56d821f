//! The JSON routes, called with `fetch`.
//!
//! A thin helper of our own instead of server functions: those bring a client into the bundle that
//! weighs more than everything the journey does (see docs/ARCHITECTURE.md).

use protocol::{Problem, ProblemKind};
use serde::{Serialize, de::DeserializeOwned};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortSignal, Headers, RequestInit, Response};

use super::{json, key, page};

/// Longer than any honest answer takes; then the call is given up and may be repeated.
const PATIENCE_MS: u32 = 15_000;

/// Why a call has no answer to show.
#[derive(Clone, Debug)]
pub(crate) enum Failure {
    /// The edge refused, and said why.
    Refused(Problem),
    /// The edge could not be reached, or said something that is no answer of ours.
    Offline,
}

impl Failure {
    /// Is it a refusal of this kind?
    pub(crate) fn is(&self, kind: ProblemKind) -> bool {
        matches!(self, Self::Refused(problem) if problem.is(kind))
    }

    /// When it is only a matter of time: how long to wait before the same call is made again.
    pub(crate) fn retry_after(&self) -> Option<f64> {
        use ProblemKind::{Busy, RateLimited, Timeout, Unavailable};
        match self {
            Self::Offline => Some(1000.0),
            Self::Refused(problem)
                if [Busy, RateLimited, Timeout, Unavailable]
                    .iter()
                    .any(|k| problem.is(*k)) =>
            {
                Some(problem.retry_after_ms.unwrap_or(1000) as f64)
            }
            Self::Refused(_) => None,
        }
    }
}

/// An answer with its status.
pub(crate) struct Answer {
    status: u16,
    body: String,
}

impl Answer {
    /// Something new was made.
    pub(crate) fn is_created(&self) -> bool {
        self.status == 201
    }

    /// The body as text.
    pub(crate) fn into_text(self) -> String {
        self.body
    }

    /// The body.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        json::read(&self.body).ok_or(Failure::Offline)
    }
}

/// A call in the making.
pub(crate) struct Call {
    method: &'static str,
    path: String,
    body: Option<String>,
    bearer: Option<String>,
    /// With a proof of the browser's key: the sale's clock is so far ahead of the page's own, ms.
    ahead: Option<f64>,
}

impl Call {
    /// `GET`.
    pub(crate) fn get(path: &str) -> Self {
        Self {
            method: "GET",
            path: path.to_owned(),
            body: None,
            bearer: None,
            ahead: None,
        }
    }

    /// `DELETE`.
    pub(crate) fn delete(path: &str) -> Self {
        Self {
            method: "DELETE",
            ..Self::get(path)
        }
    }

    /// `POST` without a body.
    pub(crate) fn post(path: &str) -> Self {
        Self {
            method: "POST",
            ..Self::get(path)
        }
    }

    /// The same with a JSON body.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_string(body).ok();
        self
    }

    /// The same with a bearer token.
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(["Bearer ", token].concat());
        self
    }

    /// The same with a proof of the browser's key, signed anew whenever the call is made. `ahead` is how
    /// far the sale's clock is ahead of the page's: a phone's own clock may be wrong.
    pub(crate) fn proven(mut self, ahead: f64) -> Self {
        self.ahead = Some(ahead);
        self
    }

    /// Makes the call.
    pub(crate) async fn send(&self) -> Result<Answer, Failure> {
        let (status, body) = self.exchange().await.ok_or(Failure::Offline)?;
        if (200..300).contains(&status) {
            return Ok(Answer { status, body });
        }
        Err(match json::read(&body) {
            Some(problem) => Failure::Refused(problem),
            None => Failure::Refused(Problem::new(match status {
                429 => ProblemKind::RateLimited,
                502..=504 => ProblemKind::Busy,
                _ => ProblemKind::Internal,
            })),
        })
    }

    async fn exchange(&self) -> Option<(u16, String)> {
        let headers = Headers::new().ok()?;
        headers.set("accept", "application/json").ok()?;
        let init = RequestInit::new();
        init.set_method(self.method);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)));
        if let Some(body) = &self.body {
            headers.set("content-type", "application/json").ok()?;
            init.set_body(&JsValue::from_str(body));
        }
        if let Some(token) = &self.bearer {
            headers.set("authorization", token).ok()?;
        }
        if let Some(ahead) = self.ahead
            && let Some(proof) =
                key::prove(self.method, &self.path, page::monotonic() + ahead).await
        {
            headers.set("dpop", &proof).ok()?;
        }
        init.set_headers(&headers);
        let call = page::window()?.fetch_with_str_and_init(&self.path, &init);
        let response: Response = JsFuture::from(call).await.ok()?.dyn_into().ok()?;
        let body = JsFuture::from(response.text().ok()?).await.ok()?;
        Some((response.status(), body.as_string()?))
    }
}
