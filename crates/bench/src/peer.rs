//! What the server is held against: axum with nothing around it, answering bytes that are ready.

use crate::process;
use crate::server::wait_for;
use anyhow::{Context as _, Result};
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use protocol::wire::JoinRequest;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::Child;

/// Where the peer gives back the join that it was sent.
pub(crate) const ECHO: &str = "/echo";

/// An answer of the real server, to be given again.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Recorded {
    /// Path that it was given for.
    pub(crate) path: String,
    /// Its headers, without the date and the length that the HTTP library writes.
    pub(crate) headers: Vec<(String, String)>,
    /// Its body.
    pub(crate) body: Vec<u8>,
}

/// A running peer.
pub(crate) struct Peer {
    child: Child,
    /// `host:port`.
    pub(crate) authority: String,
}

impl Peer {
    /// Starts this binary as the peer that gives these answers, on core 0.
    pub(crate) async fn start(answers: &[Recorded]) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let file = home.path().join("answers.json");
        let ready = home.path().join("ready.json");
        std::fs::write(&file, serde_json::to_vec(answers)?)?;
        let child = process::on_core(0, &std::env::current_exe()?)
            .arg("peer")
            .args([&file, &ready])
            .spawn()
            .context("the peer does not start")?;
        let authority = wait_for(&ready).await?;
        Ok(Self { child, authority })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Is the peer, until it is killed.
pub(crate) fn serve(answers: &Path, ready: &Path) -> Result<()> {
    let answers: Vec<Recorded> = serde_json::from_slice(&std::fs::read(answers)?)?;
    let mut router = Router::new().route(ECHO, post(echo));
    for answer in answers {
        let headers = headers_of(&answer)?;
        let body = Bytes::from(answer.body);
        let handler = move || {
            let (headers, body) = (headers.clone(), body.clone());
            async move {
                let mut response = Response::new(Body::from(body));
                response.headers_mut().extend(headers);
                response
            }
        };
        router = router.route(&answer.path, get(handler));
    }
    // The runtime that the server has.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let authority = listener.local_addr()?.to_string();
        std::fs::write(ready, serde_json::to_vec(&authority)?)?;
        axum::serve(listener, router).await?;
        Ok(())
    })
}

fn headers_of(answer: &Recorded) -> Result<Vec<(HeaderName, HeaderValue)>> {
    let headers = answer.headers.iter();
    headers
        .map(|(name, value)| Ok((name.parse()?, value.parse()?)))
        .collect()
}

async fn echo(Json(request): Json<JoinRequest>) -> Json<JoinRequest> {
    Json(request)
}
