//! HTTP/1.1 as a rush needs it: one kept-alive connection, one request at a time, few allocations.
//!
//! The crowd and the server share two cores, so every microsecond that the crowd spends on a request
//! is taken from the server that is being measured. This speaks only what our own JSON routes answer:
//! a status line, headers, and a body of known length. Anything else is an error, never a guess.

use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A head longer than this is not one of ours, bytes.
const HEAD_MAX: usize = 16 * 1024;
/// A body longer than this is not one of ours, bytes.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// What was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `Retry-After`, when it is a number of seconds.
    pub retry_after: Option<Duration>,
    /// The body.
    pub body: Vec<u8>,
    /// The server closes the connection after this.
    pub closes: bool,
}

/// One connection that stays open.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    /// Connects to `host:port`.
    pub async fn open(authority: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(authority).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            read: Vec::with_capacity(2048),
        })
    }

    /// Sends the bytes of one request and reads the answer. After an error, or when the reply says
    /// that it closes, the connection is of no more use.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Reply> {
        self.stream.write_all(request).await?;
        self.read.clear();
        let mut searched = 0;
        let head = loop {
            self.more().await?;
            if let Some(end) = end_of_head(&self.read, searched) {
                break end;
            }
            searched = self.read.len().saturating_sub(3);
            if searched > HEAD_MAX {
                return Err(strange("the head of the answer does not end"));
            }
        };
        let (mut reply, length) = read_head(&self.read[..head])?;
        if length > BODY_MAX {
            return Err(strange("the answer is too long"));
        }
        while self.read.len() < head + length {
            self.more().await?;
        }
        if self.read.len() > head + length {
            return Err(strange("more was answered than asked for"));
        }
        reply.body = self.read[head..].to_vec();
        Ok(reply)
    }

    async fn more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.read).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

/// The crowd stands for people at their browsers, and is weighed as they are.
const BROWSER: &str = "user-agent: Mozilla/5.0 (compatible; herd)\r\naccept-language: en\r\n";

/// The bytes of a request with a JSON body.
pub fn post_json(authority: &str, path: &str, body: &[u8]) -> Vec<u8> {
    post(authority, path, BROWSER, body)
}

/// The same for whoever holds this token.
pub fn post_json_as(authority: &str, path: &str, bearer: &str, body: &[u8]) -> Vec<u8> {
    let who = format!("{BROWSER}authorization: Bearer {bearer}\r\n");
    post(authority, path, &who, body)
}

/// The same for somebody who says all of this of themselves.
pub fn post_json_with(
    authority: &str,
    path: &str,
    headers: &[(&'static str, String)],
    body: &[u8],
) -> Vec<u8> {
    let lines = headers
        .iter()
        .map(|(name, value)| [name, ": ", value, "\r\n"].concat());
    post(authority, path, &lines.collect::<String>(), body)
}

fn post(authority: &str, path: &str, who: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\n{who}\
         content-length: {}\r\n\r\n",
        body.len()
    );
    let mut request = head.into_bytes();
    request.extend_from_slice(body);
    request
}

/// The bytes of a request without a body.
pub fn get(authority: &str, path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {authority}\r\n\r\n").into_bytes()
}

/// Where the body begins, when the head is complete.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let found = bytes[from..]
        .windows(4)
        .position(|four| four == b"\r\n\r\n");
    found.map(|at| from + at + 4)
}

/// The reply without its body, and how long that is.
fn read_head(head: &[u8]) -> io::Result<(Reply, usize)> {
    let head = std::str::from_utf8(head).map_err(|_| strange("the head is not text"))?;
    let mut lines = head.split("\r\n");
    let first = lines.next().and_then(|line| line.strip_prefix("HTTP/1.1 "));
    let status = first.and_then(|rest| rest.get(..3)?.parse().ok());
    let mut reply = Reply {
        status: status.ok_or_else(|| strange("no status line of HTTP/1.1"))?,
        ..Reply::default()
    };
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let (is, value) = (|known| name.eq_ignore_ascii_case(known), value.trim());
        if is("content-length") {
            length = Some(value.parse().map_err(|_| strange("no length"))?);
        } else if is("retry-after") {
            reply.retry_after = value.parse().ok().map(Duration::from_secs);
        } else if is("connection") {
            reply.closes = value.eq_ignore_ascii_case("close");
        } else if is("transfer-encoding") {
            return Err(strange("the length of the body is not told"));
        }
    }
    match (length, reply.status) {
        (_, 204 | 304) => Ok((reply, 0)),
        (Some(length), _) => Ok((reply, length)),
        (None, _) => Err(strange("the length of the body is not told")),
    }
}

fn strange(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const ANSWER: &[u8] =
        b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\ncontent-length: 5\r\n\r\nhello";

    /// A server that answers each request with these pieces, one packet each.
    async fn serving(pieces: Vec<Vec<u8>>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.set_nodelay(true).unwrap();
            let mut asked = [0; 1024];
            while stream.read(&mut asked).await.unwrap() > 0 {
                for piece in &pieces {
                    stream.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        authority
    }

    #[tokio::test]
    async fn an_answer_cut_anywhere_is_the_same_answer_again_and_again() {
        for cut in 1..ANSWER.len() {
            let (first, rest) = ANSWER.split_at(cut);
            let authority = serving(vec![first.to_vec(), rest.to_vec()]).await;
            let mut wire = Wire::open(&authority).await.unwrap();
            for _ in 0..2 {
                let reply = wire.ask(&get(&authority, "/")).await.unwrap();
                assert_eq!((reply.status, &*reply.body), (503, &b"hello"[..]), "{cut}");
                assert_eq!(reply.retry_after, Some(Duration::from_secs(2)));
            }
        }
    }

    #[test]
    fn a_body_of_unknown_length_is_refused_and_none_is_none() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert!(read_head(chunked).is_err());
        assert!(read_head(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(read_head(b"<html>\r\n\r\n").is_err());
        let (reply, length) = read_head(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert_eq!((reply.status, length), (204, 0));
    }
}
