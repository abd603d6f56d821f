//! The outside service that knows whether a CAPTCHA was solved, and the solvers whom it believes.
//!
//! The edge asks as it asks a real service (`siteverify`). Whether somebody can solve a picture is decided by dice and
//! not by eyes: a solver who succeeds gets a token here, and a token is good once.

use super::layers::HOST;
use anyhow::{Context as _, Result};
use protocol::digest::{tagged, to_hex};
use serde_json::json;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::AbortOnDropHandle;

/// A request longer than this is not the edge's, bytes.
const LONGEST: usize = 8192;

/// The service.
#[derive(Debug)]
pub struct Desk {
    url: String,
    good: Good,
    _serving: AbortOnDropHandle<()>,
}

type Good = Arc<Mutex<HashSet<String>>>;

impl Desk {
    /// Opens it on a free port of loopback.
    pub async fn open() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.context("the CAPTCHA desk has no port")?;
        let url = format!("http://{}/", listener.local_addr()?);
        let good = Good::default();
        let believed = Arc::clone(&good);
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, Arc::clone(&believed)));
            }
        });
        Ok(Self {
            url,
            good,
            _serving: AbortOnDropHandle::new(serving),
        })
    }

    /// Where it is asked.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// A token for somebody who has solved this one.
    pub fn solved(&self, captcha: &str) -> String {
        let token = to_hex(&tagged("herd/captcha-token/v1", &[captcha.as_bytes()]));
        lock(&self.good).insert(token.clone());
        token
    }
}

fn lock(good: &Mutex<HashSet<String>>) -> MutexGuard<'_, HashSet<String>> {
    good.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one question. Whoever asks anything else gets no answer.
async fn answer(mut stream: TcpStream, good: Good) -> Option<()> {
    let mut read = Vec::new();
    let form = loop {
        if read.len() > LONGEST || stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
        if let Some(form) = form_of(&read) {
            break form;
        }
    };
    let token = form.into_iter().find(|(name, _)| name == "response")?.1;
    let success = lock(&good).remove(&token);
    let now = i64::try_from(crate::clock::unix_ms() / 1000).ok()?;
    let solved_at = OffsetDateTime::from_unix_timestamp(now).ok()?;
    let body = json!({
        "success": success, "hostname": HOST, "action": "join",
        "challenge_ts": solved_at.format(&Rfc3339).ok()?,
    })
    .to_string();
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()
}

/// The form of a request that is complete.
fn form_of(request: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(request).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    let (_, length) = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"))?;
    let length: usize = length.trim().parse().ok()?;
    serde_urlencoded::from_str(body.get(..length)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn asked(desk: &Desk, token: &str) -> serde_json::Value {
        let form = [("secret", "herd"), ("response", token), ("remoteip", "::1")];
        let body = serde_urlencoded::to_string(form).unwrap();
        let request = reqwest::Client::new().post(desk.url());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(body).send().await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_token_is_good_once_and_another_never() {
        let desk = Desk::open().await.unwrap();
        let token = desk.solved("captcha");
        assert_eq!(asked(&desk, "guessed").await["success"], false);
        let first = asked(&desk, &token).await;
        assert_eq!(
            (&first["success"], &first["action"]),
            (&true.into(), &"join".into())
        );
        assert!(first["challenge_ts"].as_str().unwrap().ends_with('Z'));
        assert_eq!(asked(&desk, &token).await["success"], false);
    }
}
