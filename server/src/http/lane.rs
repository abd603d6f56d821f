//! The fast lane: what a whole crowd asks for in the same second is answered from memory, in front of the
//! router and of everything that surrounds it. Anything else goes on to the router.
//!
//! Both ends are the same functions that the routes call, so an answer is the same on either way.

use super::state::AppState;
use super::{assets, origin, status};
use axum::Router;
use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures::future::{Either, Ready, ready};
use protocol::SaleId;
use std::convert::Infallible;
use std::task::{Context, Poll};
use tower::Service;

/// The lane, and the router behind it.
#[derive(Clone)]
pub struct Lane {
    state: AppState,
    router: Router,
}

impl Lane {
    /// A lane in front of this router.
    pub(super) fn new(state: AppState, router: Router) -> Self {
        Self { state, router }
    }

    /// The answer, if it is one of those that lie ready.
    fn at_once(&self, request: &Request) -> Option<Response> {
        if request.method() != Method::GET {
            return None;
        }
        let path = request.uri().path();
        let mut response = if let Some(name) = path.strip_prefix("/pkg/") {
            assets::ready(&self.state.assets, name, request.headers())?
        } else {
            let sale = path
                .strip_prefix("/api/v1/sales/")?
                .strip_suffix("/status")?;
            let published = self.state.engine.status(&SaleId::parse(sale).ok()?).ok()?;
            status::answer(published, request.headers())
        };
        origin::add_common(response.headers_mut());
        Some(response)
    }
}

impl Service<Request> for Lane {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // A router is always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.at_once(&request) {
            Some(response) => Either::Left(ready(Ok(response))),
            None => Either::Right(self.router.call(request)),
        }
    }
}
