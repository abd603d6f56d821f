//! The shop's calls in bad weather: what goes wrong before the bank hears of a call, and with its
//! answer. What goes wrong while the bank acts travels with the `Call`.

use std::io;

use axum::{
    body::Body,
    extract::Request,
    http::{Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use futures::stream;
use http_body_util::BodyExt as _;

use super::refusal::Refusal;
use crate::{Simulator, faults::Fault};

/// Runs a call, with whatever befalls it.
pub(super) async fn run(sim: &Simulator, mut request: Request, next: Next) -> Response {
    let fault = sim.weather().befall(kind(&request));
    match fault {
        Some(Fault::LostRequest) => return broken(Response::default()),
        Some(Fault::RateLimited) => return Refusal::rate_limited().into_response(),
        // Nothing happens on a question, so its 500 is remembered by nobody.
        Some(Fault::ErrorBefore | Fault::ErrorAfter) if request.method() == Method::GET => {
            return Refusal::internal().into_response();
        }
        _ => {}
    }
    if let Some(fault) = fault {
        request.extensions_mut().insert(fault);
    }
    let response = next.run(request).await;
    match fault {
        Some(Fault::LostReply) => broken(response),
        Some(Fault::TruncatedReply) => truncated(response).await,
        _ => response,
    }
}

/// What a call is for, in the words of `/control/next`.
pub(super) fn kind(request: &Request) -> &'static str {
    let path = request.uri().path().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    match (request.method(), last) {
        (&Method::GET, "payment_intents") => "list",
        (&Method::GET, _) => "get",
        (_, "payment_intents") => "create",
        (_, "confirm") => "confirm",
        (_, "capture") => "capture",
        (_, "cancel") => "cancel",
        (_, "refunds") => "refund",
        (_, "customers") => "keep",
        (&Method::DELETE, _) => "forget",
        _ => "other",
    }
}

/// The kinds of calls that faults can be ordered for.
pub(super) const KINDS: [&str; 10] = [
    "list", "get", "create", "confirm", "capture", "cancel", "refund", "keep", "forget", "other",
];

/// The connection ends in the middle of the answer.
fn broken(mut response: Response) -> Response {
    let end = stream::iter([Err::<Vec<u8>, _>(io::Error::other("the connection is cut"))]);
    replace_body(&mut response, Body::from_stream(end));
    response
}

/// A whole answer to HTTP, and half of one to whoever reads its JSON.
async fn truncated(mut response: Response) -> Response {
    let whole = std::mem::take(response.body_mut()).collect().await;
    let bytes = match whole {
        Ok(body) => body.to_bytes(),
        Err(error) => return Refusal::invalid(error.to_string()).into_response(),
    };
    replace_body(&mut response, Body::from(bytes.slice(..bytes.len() / 2)));
    response
}

fn replace_body(response: &mut Response, body: Body) {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    *response.body_mut() = body;
}
