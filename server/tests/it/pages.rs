//! Pages as they leave the edge, before any script runs. Needs the site (`make test` builds it first).

use crate::harness::{Edge, kill};
use protocol::Phase;

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
            && policy.contains("script-src 'self' 'sha256-")
            && !policy.contains("unsafe-inline"),
        "{policy}"
    );
    // A nonce is good for one answer; this one is for everyone.
    assert!(!policy.contains("nonce") && !html.contains("nonce="));
}

/// The page as a reader with these headers gets it.
async fn ask(edge: &Edge, path: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let request = edge.request(reqwest::Method::GET, path);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_edge_has_to_say_is_said_in_the_language_of_its_reader() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let redis = edge.redis_pid();
    kill("STOP", redis);
    edge.until_phase("one", Phase::Paused).await;
    for (language, words) in [
        ("en", "We lost contact with our stock room."),
        ("de", "Wir haben keine Verbindung zu unserem Lager."),
    ] {
        // The page without a ticket is as old as a second.
        edge.until(words, async || {
            let page = ask(&edge, "/sales/one", &[("accept-language", language)]).await;
            let html = page.text().await.unwrap();
            let (_, message) = html.split_once("class=\"message\"")?;
            let (message, _) = message.split_once("</p>")?;
            message.contains(words).then_some(())
        })
        .await;
    }
    kill("KILL", redis);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_without_tickets_gets_one_page_from_memory() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    for path in ["/", "/sales/one"] {
        let first = ask(&edge, path, &[]).await;
        assert!(
            first.headers()["cache-control"]
                .to_str()
                .unwrap()
                .starts_with("public")
        );
        assert!(first.headers()["vary"].to_str().unwrap().contains("cookie"));
        // Rendered again within the second the page would tell of another moment.
        edge.until("two readers get the same page", async || {
            let (one, two) = (ask(&edge, path, &[]).await, ask(&edge, path, &[]).await);
            let etag = one.headers()["etag"].to_str().unwrap().to_owned();
            let again = ask(&edge, path, &[("if-none-match", &etag)]).await;
            let small = ask(&edge, path, &[("accept-encoding", "gzip, br")]).await;
            let same = two.headers()["etag"] == *etag && again.status() == 304;
            assert_eq!(small.headers()["content-encoding"], "br");
            same.then_some(())
        })
        .await;
    }
    let german = ask(&edge, "/sales/one", &[("accept-language", "de")]).await;
    assert_eq!(german.headers()["content-language"], "de");
    assert!(german.text().await.unwrap().contains("lang=\"de\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_brings_a_ticket_gets_a_page_of_their_own() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.until_phase("one", protocol::Phase::Lobby).await;
    let everyone = page(&edge, "/sales/one").await.1;
    assert!(everyone.contains("data-step=\"invited\""), "{everyone}");
    let cookie = format!("other=1; sluice_ticket_one={}", edge.joins("one").await);
    let own = ask(&edge, "/sales/one", &[("cookie", &cookie)]).await;
    assert_eq!(own.headers()["cache-control"], "private, no-cache");
    assert!(own.text().await.unwrap().contains("data-step=\"lobby\""));
    let everyone = page(&edge, "/sales/one").await.1;
    assert!(everyone.contains("data-step=\"invited\""), "{everyone}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_script_a_reload_shows_what_the_sale_says_now() {
    let edge = Edge::start().await;
    edge.announces("one", 3).await;
    edge.until_phase("one", protocol::Phase::Lobby).await;
    for (act, phase) in [
        ("pause", protocol::Phase::Paused),
        ("resume", protocol::Phase::Lobby),
    ] {
        page(&edge, "/sales/one").await;
        edge.acts("one", act).await;
        edge.until_phase("one", phase).await;
        let html = page(&edge, "/sales/one").await.1;
        let shown = format!("data-phase=\"{}\"", phase.as_str());
        assert!(html.contains(&shown), "no {shown}: {html}");
    }
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
