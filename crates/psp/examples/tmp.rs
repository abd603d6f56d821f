//! tmp
use axum::{Router, response::Html, routing::get};
#[tokio::main]
async fn main() {
    let a = tokio::net::TcpListener::bind("127.0.0.1:12199")
        .await
        .unwrap();
    let b = tokio::net::TcpListener::bind("127.0.0.1:12198")
        .await
        .unwrap();
    tokio::spawn(async move {
        axum::serve(b, Router::new().route("/", get(|| async { Html(r#"<!doctype html><meta name=viewport content="width=device-width"><body style="margin:0"><iframe id=f style="width:100%;border:0;height:700px"></iframe><script>window.got=[];addEventListener("message",e=>got.push([e.origin,e.data]));</script>"#) }))).await
    });
    psp::serve(
        a,
        psp::Settings::default(),
        tokio_util::sync::CancellationToken::new(),
    )
    .await
    .unwrap();
}
