//! What a connection is read from and written to: it keeps when it was last of use, and hands what is small to the
//! kernel in one piece.

use futures::task::AtomicWaker;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Up to this many bytes are copied together: cheaper than to tell the kernel where the pieces lie. Most answers
/// are smaller; the pages and the program are not.
const SMALL: usize = 2048;

/// Why a connection is ended by this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// Nobody used it.
    Idle,
    /// The edge stops.
    Stop,
}

/// When a connection was last of use, and whether it was told to end.
///
/// It has no timer: one that is moved at every request costs more than the request's own head. Whoever took the
/// connection looks at it now and then.
#[derive(Debug)]
pub(super) struct Pulse {
    opened: Instant,
    /// ms after it was opened.
    used: AtomicU64,
    busy: AtomicBool,
    /// 0, or the ending.
    told: AtomicU8,
    waker: AtomicWaker,
}

impl Pulse {
    /// Of a connection that was opened now.
    pub(super) fn new() -> Self {
        Self {
            opened: Instant::now(),
            used: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            told: AtomicU8::new(0),
            waker: AtomicWaker::new(),
        }
    }

    /// Says whether a request is being answered.
    pub(super) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Ends the connection if nothing was asked and nothing written for so long.
    pub(super) fn end_if_idle_for(&self, patience: Duration) {
        let used = Duration::from_millis(self.used.load(Ordering::Relaxed));
        let idle = self.opened.elapsed().saturating_sub(used);
        if idle >= patience && !self.busy.load(Ordering::Relaxed) {
            self.end(Ending::Idle);
        }
    }

    /// Ends the connection.
    pub(super) fn end(&self, ending: Ending) {
        self.told.store(1 + ending as u8, Ordering::Release);
        self.waker.wake();
    }

    /// Returns once the connection was told to end.
    pub(super) async fn ended(&self) -> Ending {
        std::future::poll_fn(|cx| {
            self.waker.register(cx.waker());
            match self.told.load(Ordering::Acquire) {
                0 => Poll::Pending,
                1 => Poll::Ready(Ending::Idle),
                _ => Poll::Ready(Ending::Stop),
            }
        })
        .await
    }

    fn beat(&self) {
        let used = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.used.store(used, Ordering::Relaxed);
    }
}

/// The stream of one connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: TcpStream,
    pulse: Arc<Pulse>,
}

impl Wire {
    /// The stream, with this pulse.
    pub(super) fn new(stream: TcpStream, pulse: Arc<Pulse>) -> Self {
        Self { stream, pulse }
    }

    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(_))) {
            self.pulse.beat();
        }
        written
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut together = [0; SMALL];
        let stream = Pin::new(&mut self.stream);
        let written = match gathered(pieces, &mut together) {
            Some(bytes) => stream.poll_write(cx, bytes),
            None => stream.poll_write_vectored(cx, pieces),
        };
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// The pieces as one, if they are small.
fn gathered<'a>(pieces: &[IoSlice<'_>], room: &'a mut [u8; SMALL]) -> Option<&'a [u8]> {
    let mut length = 0;
    for piece in pieces {
        room.get_mut(length..length + piece.len())?
            .copy_from_slice(piece);
        length += piece.len();
    }
    Some(&room[..length])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_one_piece_and_what_is_not_stays_as_it_is() {
        let (head, body, long) = ([1; 300], [2; SMALL - 300], [3; SMALL]);
        let pieces = [IoSlice::new(&head), IoSlice::new(&body)];
        let mut room = [0; SMALL];
        let gathered_up = gathered(&pieces, &mut room).unwrap();
        assert_eq!(gathered_up, [head.as_slice(), body.as_slice()].concat());
        let pieces = [IoSlice::new(&head), IoSlice::new(&long)];
        assert_eq!(gathered(&pieces, &mut [0; SMALL]), None);
        assert_eq!(gathered(&[], &mut [0; SMALL]), Some([].as_slice()));
    }
}
