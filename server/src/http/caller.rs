//! What a request tells of its browser, for the gate to judge; and the link that people do not see.

use super::client;
use super::state::AppState;
use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum_extra::extract::CookieJar;
use engine::gate::{Caller, Headers};
use std::net::IpAddr;

/// What is left with whoever follows the link.
const STRAYED: &str = "sluice_strayed";

/// What the edge has read of a request that came over a connection from `peer`.
pub(super) fn of<'a>(state: &AppState, peer: IpAddr, headers: &'a HeaderMap) -> Caller<'a> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    Caller {
        address: client::address(peer, headers, state.trusted_hops),
        device: client::device(headers),
        headers: Headers {
            user_agent: text("user-agent"),
            accept_language: text("accept-language"),
            brands: text("sec-ch-ua"),
            platform: text("sec-ch-ua-platform"),
            mobile: text("sec-ch-ua-mobile"),
            fetch_site: text("sec-fetch-site"),
            fetch_mode: text("sec-fetch-mode"),
            fetch_dest: text("sec-fetch-dest"),
            secure: state.address.secure,
        },
        strayed: CookieJar::from_headers(headers).get(STRAYED).is_some(),
    }
}

/// The link stands on every sale's page, hidden from eyes, keyboards and screen readers; `robots.txt` keeps honest
/// crawlers away. Whoever follows it is remembered by a cookie for an hour, and finds nothing there.
pub(super) fn router() -> Router<AppState> {
    Router::new().route(app::NOBODYS_LINK, get(stray))
}

async fn stray() -> Response {
    let cookie = format!("{STRAYED}=1; HttpOnly; SameSite=Lax; Path=/; Max-Age=3600");
    let headers = [
        (header::SET_COOKIE, cookie.as_str()),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
