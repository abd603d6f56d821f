//! What the handlers need of a request: parameters, idempotency key, and where the caller found us.

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, header, request::Parts},
};

use crate::{
    api::{form::Form, refusal::Refusal},
    faults::Fault,
};

/// A call that may change something.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) form: Form,
    pub(crate) key: Option<Key>,
    /// How the caller reached us, such as `http://127.0.0.1:12111`.
    pub(crate) base_url: String,
    /// What goes wrong with this call while the bank acts.
    pub(crate) fault: Option<Fault>,
}

/// An idempotency key and the digest of what it was used for.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) name: String,
    pub(crate) print: String,
}

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let path = request.uri().path().to_owned();
        let base_url = base_url(request.headers());
        let fault = request.extensions().get::<Fault>().copied();
        let name = idempotency_key(request.headers())?;
        let body = Bytes::from_request(request, state)
            .await
            .map_err(|_| Refusal::invalid("The request's body cannot be read."))?;
        let form = Form::parse(&body)?;
        let key = name.map(|name| Key {
            print: form.print(&path),
            name,
        });
        Ok(Self {
            form,
            key,
            base_url,
            fault,
        })
    }
}

/// The parameters of a call that only reads.
pub(crate) struct Query(pub(crate) Form);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Form::parse(parts.uri.query().unwrap_or_default().as_bytes()).map(Self)
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Refusal> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key @ "") => Err(Refusal::invalid(format!(
            "Invalid idempotency key: '{key}'"
        ))),
        Ok(key) if key.len() <= 255 => Ok(Some(key.to_owned())),
        _ => Err(Refusal::invalid(
            "Idempotency keys are at most 255 printable characters.",
        )),
    }
}

fn base_url(headers: &HeaderMap) -> String {
    let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = match named("x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    let host = named("x-forwarded-host")
        .or_else(|| named(header::HOST.as_str()))
        .unwrap_or("127.0.0.1:12111");
    format!("{scheme}://{host}")
}
