//! Connections: who keeps one without using it loses it, and there are only so many.
//!
//! HTTP/1.1, as proxies speak it to what is behind them. The head of a request has to be there in time, which is
//! also how long a connection may be idle: a connection that says one byte a minute costs as much as a shopper. Who
//! reads an answer that goes on, as events do, has to take something of it in that time.
//!
//! Nor may one network have all of them: [`Shares`] counts by /24 of IPv4 and /48 of IPv6.

use super::shares::{Share, Shares};
use super::wire::{Ending, Pulse, Wire};
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Most bytes of one request's head.
const HEAD_MAX: usize = 64 * 1024;
/// Idle connections are looked for so many times while one may be idle.
const LOOKS: u32 = 8;
/// The answer to one connection too many of a network.
const TOO_MANY: &[u8] = b"HTTP/1.1 429 Too Many Requests\r\nretry-after: 5\r\nconnection: close\r\n\
    content-type: application/problem+json\r\ncontent-length: 114\r\n\r\n\
    {\"type\":\"/problems/rate_limited\",\"title\":\"Too many connections of one network\",\"status\":429,\"retry_after_ms\":5000}";
/// How long to wait when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(100);

/// What connections may take.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    /// Most of them at once; whoever comes then waits in the listener's queue.
    pub(crate) connections_max: usize,
    /// Most of one network; whoever comes then is told so and closed.
    pub(crate) shares: Shares,
    /// Longest time for the head of a request, and between two requests.
    pub(crate) idle: Duration,
    /// How long requests under way may take to end once `stop` is cancelled.
    pub(crate) patience: Duration,
}

/// What answers.
pub(crate) trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Send + Sync + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send>
        + Send
        + Sync
        + 'static
{
}

/// Answers whoever connects, each by a service for its address, until `stop` is cancelled, and lets the requests under
/// way end.
pub(crate) async fn serve<S: Answers>(
    listener: TcpListener,
    service_for: impl Fn(SocketAddr) -> S,
    limits: Limits,
    stop: CancellationToken,
) {
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let under_way = TaskTracker::new();
    let mut pulses: Vec<Weak<Pulse>> = Vec::new();
    let mut looks = tokio::time::interval((limits.idle / LOOKS).max(Duration::from_millis(1)));
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = looks.tick() => each(&mut pulses, |pulse| pulse.end_if_idle_for(limits.idle)),
            (stream, peer, permit) = next(&listener, &room) => {
                let Some(share) = limits.shares.take(peer.ip()) else {
                    turn_away(&stream);
                    continue;
                };
                let pulse = Arc::new(Pulse::new());
                pulses.push(Arc::downgrade(&pulse));
                let service = service_for(peer);
                let place: (OwnedSemaphorePermit, Share) = (permit, share);
                under_way.spawn(async move {
                    converse(stream, peer, service, pulse).await;
                    drop(place);
                });
            }
        }
    }
    each(&mut pulses, |pulse| pulse.end(Ending::Stop));
    under_way.close();
    drop(tokio::time::timeout(limits.patience, under_way.wait()).await);
}

/// Does something with each connection that there is, and forgets those that ended.
fn each(pulses: &mut Vec<Weak<Pulse>>, act: impl Fn(&Pulse)) {
    pulses.retain(|pulse| pulse.upgrade().inspect(|pulse| act(pulse)).is_some());
}

/// Says why before the connection is closed. Whoever is not ready to hear it is not waited for.
fn turn_away(stream: &TcpStream) {
    metrics::counter!("sluice_connections_refused_total").increment(1);
    drop(stream.try_write(TOO_MANY));
}

/// The next connection, once there is room for it.
async fn next(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let Ok(permit) = Arc::clone(room).acquire_owned().await else {
        // Only a closed semaphore gives none, and nobody closes this one.
        return std::future::pending().await;
    };
    let (stream, peer) = accept(listener).await;
    (stream, peer, permit)
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

async fn converse(stream: TcpStream, peer: SocketAddr, service: impl Answers, pulse: Arc<Pulse>) {
    // An answer is written whole: there is nothing to wait for.
    drop(stream.set_nodelay(true));
    let beats = Arc::clone(&pulse);
    let answer = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
        let answering = service.call(request.map(Body::new));
        let pulse = Arc::clone(&beats);
        pulse.set_busy(true);
        async move {
            let answer = answering.await;
            pulse.set_busy(false);
            answer
        }
    });
    let mut connection = pin!(
        http1::Builder::new()
            .max_buf_size(HEAD_MAX)
            .serve_connection(TokioIo::new(Wire::new(stream, Arc::clone(&pulse))), answer)
    );
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        ending = pulse.ended() => match ending {
            Ending::Idle => return,
            Ending::Stop => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        },
    };
    if let Err(error) = ended {
        // Whoever went away.
        tracing::debug!(%error, %peer, "a connection ended");
    }
}
