//! Pages as they leave the edge, before any script runs. Needs the site (`make test` builds it first).

use crate::harness::Edge;

async fn page(edge: &Edge, path: &str) -> (u16, String, reqwest::header::HeaderMap) {
    let answer = edge
        .request(reqwest::Method::GET, path)
        .header("accept-language", "en")
        .send()
        .await
        .unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    (status, answer.text().await.unwrap(), headers)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sale_is_rendered_before_any_script_runs() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    let (status, html, headers) = page(&edge, "/sales/one").await;
    assert_eq!(status, 200);
    assert!(
        html.contains("A test") && html.contains("€129.00") && html.contains("<noscript>"),
        "{html}"
    );
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'")
            && policy.contains("'nonce-")
            && !policy.contains("unsafe-inline")
    );
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    assert!(html.contains(&format!("nonce=\"{nonce}\"")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_is_a_page_with_404() {
    let edge = Edge::start().await;
    for path in ["/nothing", "/sales/none", "/sales/A%7Db"] {
        assert_eq!(page(&edge, path).await.0, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn assets_are_immutable_compressed_and_cached_by_etag() {
    let edge = Edge::start().await;
    let (_, html, _) = page(&edge, "/").await;
    let css = html
        .split("href=\"")
        .find_map(|part| part.split('"').next().filter(|href| href.ends_with(".css")))
        .unwrap();
    let ask = |coding: &'static str| {
        edge.request(reqwest::Method::GET, css)
            .header("accept-encoding", coding)
            .send()
    };
    let brotli = ask("gzip, br").await.unwrap();
    assert_eq!(brotli.headers()["content-encoding"], "br");
    assert_eq!(
        brotli.headers()["cache-control"],
        "public, max-age=31536000, immutable"
    );
    let plain = ask("identity").await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    let etag = plain.headers()["etag"].clone();
    let again = edge
        .request(reqwest::Method::GET, css)
        .header("if-none-match", etag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_console_never_wakes_up() {
    let edge = Edge::start().await;
    let (status, html, headers) = page(&edge, "/operator").await;
    assert_eq!(status, 200);
    assert!(
        html.contains("type=\"password\"") && !html.contains("import("),
        "{html}"
    );
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("frame-src 'none'")
            && !policy.contains("strict-dynamic")
            && !policy.contains("wasm-unsafe-eval"),
        "{policy}"
    );
}
