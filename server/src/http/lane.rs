//! The fast lane: what a whole crowd asks for in the same second is answered from memory, in front of the
//! router and of everything that surrounds it. Anything else goes on to the router.
//!
//! Status and assets are answered by the functions that the routes call, so an answer is the same on either
//! way, and so are joins ([`joining`]). Pages come from [`shells`]; the router renders those that are somebody's own.

use super::shells::{Found, Wanted};
use super::state::AppState;
use super::{assets, joining, origin, shells, status};
use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Either, Ready, ready};
use protocol::SaleId;
use std::convert::Infallible;
use std::net::SocketAddr;
use tower::Service as _;

/// The lane, and the router behind it, for one connection.
#[derive(Clone)]
pub struct Lane {
    state: AppState,
    router: Router,
    peer: SocketAddr,
}

impl Lane {
    /// A lane in front of this router, for whoever connects from this address.
    pub(super) fn new(state: AppState, router: Router, peer: SocketAddr) -> Self {
        Self {
            state,
            router,
            peer,
        }
    }

    /// What lies not ready goes to the router, which is told who asks.
    fn hand_on(&self, mut request: Request) -> RouteFuture<Infallible> {
        request.extensions_mut().insert(ConnectInfo(self.peer));
        self.router.clone().call(request)
    }

    /// The answer, if it is one of those that lie ready.
    fn look(&self, request: &Request) -> Option<Found> {
        if request.method() != Method::GET {
            return None;
        }
        let (path, headers) = (request.uri().path(), request.headers());
        if let Some(name) = path.strip_prefix("/pkg/") {
            return assets::ready(&self.state.assets, name, headers).map(Found::Ready);
        }
        let status = path
            .strip_prefix("/api/v1/sales/")
            .and_then(|rest| rest.strip_suffix("/status"));
        if let Some(sale) = status {
            let published = self.state.engine.status(&SaleId::parse(sale).ok()?).ok()?;
            return Some(Found::Ready(status::answer(published, headers)));
        }
        shells::find(&self.state, path, headers)
    }

    /// Renders a page for all who wait for it; when there is none for everyone, the router has the word.
    async fn render(self, wanted: Wanted, request: Request) -> Result<Response, Infallible> {
        let headers = request.headers().clone();
        match shells::render(self.state.clone(), wanted, headers).await {
            Some(page) => Ok(ready_to_go(page)),
            None => self.hand_on(request).await,
        }
    }
}

fn ready_to_go(mut response: Response) -> Response {
    origin::add_common(response.headers_mut());
    response
}

impl hyper::service::Service<Request> for Lane {
    type Response = Response;
    type Error = Infallible;
    type Future = Either<
        Ready<Result<Response, Infallible>>,
        Either<RouteFuture<Infallible>, BoxFuture<'static, Result<Response, Infallible>>>,
    >;

    fn call(&self, request: Request) -> Self::Future {
        if let Some(sale) = joining::wanted(&request) {
            let joining = joining::answer(self.state.clone(), sale, self.peer.ip(), request);
            return Either::Right(Either::Right(Box::pin(joining.map(Ok))));
        }
        match self.look(&request) {
            Some(Found::Ready(response)) => Either::Left(ready(Ok(ready_to_go(response)))),
            Some(Found::Nothing(wanted)) => {
                let rendering = self.clone().render(wanted, request);
                Either::Right(Either::Right(Box::pin(rendering)))
            }
            None => Either::Right(Either::Left(self.hand_on(request))),
        }
    }
}
