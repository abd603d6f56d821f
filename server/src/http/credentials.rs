//! Who asks: the ticket or pass that comes with a request.

use super::body::SalePath;
use super::problem::Refusal;
use super::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, header, request::Parts};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use protocol::ticket::Ticket;
use protocol::{ProblemKind, SaleId};

const PREFIX: &str = "sluice_ticket_";

/// The cookie that carries a ticket: HttpOnly, so that no script can take it; kept when the browser is
/// closed, so that the place is still there when it opens again.
pub(super) fn ticket_cookie(sale: &SaleId, token: String, secure: bool) -> Cookie<'static> {
    Cookie::build((format!("{PREFIX}{sale}"), token))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .permanent()
        .build()
}

/// The bearer token, if there is one (RFC 6750).
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The ticket for the sale in the path: bearer token first, cookie otherwise.
pub(super) struct TicketHolder(pub(super) Ticket);

impl FromRequestParts<AppState> for TicketHolder {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let SalePath(sale) = SalePath::from_request_parts(parts, state).await?;
        state.engine.sale(&sale)?;
        let cookies = CookieJar::from_headers(&parts.headers);
        let cookie = cookies.get(&format!("{PREFIX}{sale}"));
        let token = bearer(&parts.headers)
            .or_else(|| cookie.map(Cookie::value))
            .ok_or_else(|| Refusal::of(ProblemKind::TicketMissing))?;
        Ok(Self(state.engine.ticket(&sale, token)?))
    }
}

/// All genuine tickets that came along, of whichever sale.
pub(super) struct AnyTickets(pub(super) Vec<Ticket>);

impl FromRequestParts<AppState> for AnyTickets {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let cookies = CookieJar::from_headers(&parts.headers);
        let tokens: Vec<&str> = match bearer(&parts.headers) {
            Some(token) => vec![token],
            None => cookies
                .iter()
                .filter(|cookie| cookie.name().starts_with(PREFIX))
                .map(Cookie::value)
                .collect(),
        };
        if tokens.is_empty() {
            return Err(Refusal::of(ProblemKind::TicketMissing));
        }
        let tickets: Vec<Ticket> = tokens
            .into_iter()
            .filter_map(|token| Ticket::open(&state.keys, token).ok())
            .collect();
        if tickets.is_empty() {
            return Err(Refusal::of(ProblemKind::TicketInvalid));
        }
        Ok(Self(tickets))
    }
}
