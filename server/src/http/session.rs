//! The operator's session: one password, a sealed cookie that lasts a working day.

use super::credentials::bearer;
use super::problem::Refusal;
use super::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use protocol::ProblemKind;
use protocol::codec::Fields;
use protocol::digest::sha256;
use std::net::IpAddr;
use subtle::ConstantTimeEq as _;

const DOMAIN: &str = "sluice/operator/v1";
const COOKIE: &str = "sluice_operator";
const LASTS_MS: u64 = 12 * 3_600_000;

/// Proof that the operator is logged in.
pub(super) struct Operator;

impl FromRequestParts<AppState> for Operator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let token = bearer(&parts.headers).or_else(|| cookies.get(COOKIE).map(Cookie::value));
        let until = token.and_then(|token| {
            state
                .keys
                .open(DOMAIN, token, |fields| fields.number())
                .ok()
        });
        match until {
            Some(until) if state.engine.world.now() < until => Ok(Self),
            _ => Err(Refusal::of(ProblemKind::LoginRequired)),
        }
    }
}

/// Checks the password, in constant time and not too often, and opens a session: its token.
pub(super) fn log_in(state: &AppState, from: IpAddr, password: &str) -> Result<String, Refusal> {
    if !state.logins.may_try(from) {
        return Err(Refusal::of(ProblemKind::RateLimited));
    }
    if !bool::from(sha256(password.as_bytes()).ct_eq(&state.password_hash)) {
        return Err(Refusal::because(
            ProblemKind::LoginRequired,
            "The password is wrong.",
        ));
    }
    let until = state.engine.world.now() + LASTS_MS;
    Ok(state.keys.seal(DOMAIN, &Fields::new().number(until)))
}

/// The cookie of a session.
pub(super) fn cookie(token: String, secure: bool) -> Cookie<'static> {
    Cookie::build((COOKIE, token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(secure)
        .build()
}

/// The cookie that ends a session in the browser.
pub(super) fn no_cookie() -> Cookie<'static> {
    Cookie::build(COOKIE).path("/").build()
}
