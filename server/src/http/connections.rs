//! Connections: who keeps one without using it loses it, and there are only so many.
//!
//! HTTP/1.1, as proxies speak it to what is behind them. The head of a request has to be there in time, which is
//! also how long a connection may be idle: a connection that says one byte a minute costs as much as a shopper.

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::Service;

/// Most bytes of one request's head.
const HEAD_MAX: usize = 64 * 1024;
/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Most of them at once; whoever comes then waits in the listener's queue.
    pub(crate) connections_max: usize,
    /// Longest time for the head of a request, and between two requests.
    pub(crate) idle: Duration,
    /// How long requests under way may take to end once `stop` is cancelled.
    pub(crate) patience: Duration,
}

/// What answers.
pub(crate) trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Clone
        + Send
        + 'static
{
}

/// Answers whoever connects until `stop` is cancelled, and lets the requests under way end.
pub(crate) async fn serve(
    listener: TcpListener,
    service: impl Answers,
    limits: Limits,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let under_way = TaskTracker::new();
    let accepting = async {
        loop {
            // Only a closed semaphore gives no permit, and nobody closes this one.
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else {
                return;
            };
            let (stream, peer) = accept(&listener).await;
            let (service, stop) = (service.clone(), stop.clone());
            under_way.spawn(async move {
                converse(stream, peer, service, limits, stop).await;
                drop(permit);
            });
        }
    };
    stop.run_until_cancelled(accepting).await;
    under_way.close();
    drop(tokio::time::timeout(limits.patience, under_way.wait()).await);
}

/// The next connection. One that ended before it was taken is nobody's fault; anything else means that there is no
/// room, for which asking again at once would not make any.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                let is_theirs = matches!(
                    error.kind(),
                    ErrorKind::ConnectionRefused
                        | ErrorKind::ConnectionAborted
                        | ErrorKind::ConnectionReset
                );
                if !is_theirs {
                    tracing::error!(%error, "a connection could not be taken");
                    tokio::time::sleep(NO_ROOM).await;
                }
            }
        }
    }
}

async fn converse(
    stream: TcpStream,
    peer: SocketAddr,
    service: impl Answers,
    limits: Limits,
    stop: CancellationToken,
) {
    // An answer is written whole: there is nothing to wait for.
    drop(stream.set_nodelay(true));
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        service.clone().call(request)
    });
    let mut connection = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_buf_size(HEAD_MAX)
            .serve_connection(TokioIo::new(stream), answer)
    );
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // Whoever went away, or was too slow.
        tracing::debug!(%error, %peer, "a connection ended");
    }
}
