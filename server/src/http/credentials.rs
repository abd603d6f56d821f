//! Who asks: the ticket or pass that comes with a request.

use super::body::SalePath;
use super::client;
use super::problem::Refusal;
use super::state::AppState;
use axum::extract::{ConnectInfo, FromRequestParts, OriginalUri};
use axum::http::{HeaderMap, Method, header, request::Parts};
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::Cookie;
use engine::gate::{Asked, Once};
use protocol::dpop;
use protocol::ticket::Ticket;
use protocol::{ProblemKind, SaleId};
use std::net::{IpAddr, SocketAddr};

const PREFIX: &str = "sluice_ticket_";
/// How long a browser keeps a ticket, s: as long as browsers keep any cookie (RFC 6265bis, 400 days).
const KEPT: &str = "34560000";

/// The `Set-Cookie` that carries a ticket: HttpOnly, so that no script can take it; kept when the browser is
/// closed, so that the place is still there when it opens again. A sale's name and a ticket are of letters that
/// need no quoting.
pub(super) fn ticket_cookie(sale: &SaleId, token: &str, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let name = [PREFIX, sale.as_str(), "="];
    let rest = [
        "; HttpOnly; SameSite=Lax",
        secure,
        "; Path=/; Max-Age=",
        KEPT,
    ];
    [name.concat().as_str(), token, &rest.concat()].concat()
}

/// Does a request bring a ticket of this sale, genuine or not?
pub(super) fn brings_ticket(headers: &HeaderMap, sale: &SaleId) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .flat_map(|header| header.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|cookie| cookie.trim_ascii().strip_prefix(PREFIX.as_bytes()))
        .filter_map(|rest| rest.strip_prefix(sale.as_str().as_bytes()))
        .any(|rest| rest.starts_with(b"="))
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
        held(parts, state).await.map(|(ticket, _)| Self(ticket))
    }
}

/// The ticket for the sale in the path, and its text.
async fn held(parts: &mut Parts, state: &AppState) -> Result<(Ticket, String), Refusal> {
    let SalePath(sale) = SalePath::from_request_parts(parts, state).await?;
    state.engine.sale(&sale)?;
    let cookies = CookieJar::from_headers(&parts.headers);
    let cookie = cookies.get(&format!("{PREFIX}{sale}"));
    let token = bearer(&parts.headers)
        .or_else(|| cookie.map(Cookie::value))
        .ok_or_else(|| Refusal::of(ProblemKind::TicketMissing))?;
    Ok((state.engine.ticket(&sale, token)?, token.to_owned()))
}

/// The same ticket in the hands of the browser that it was given to: a ticket that is bound to a key comes
/// with a proof of that key (RFC 9449). The proof's name is for the route that has to use it up.
pub(super) struct ProvenHolder(pub(super) Ticket, pub(super) Option<Once>);

impl FromRequestParts<AppState> for ProvenHolder {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let (ticket, token) = held(parts, state).await?;
        let proof = KeyProof::from_request_parts(parts, state).await?;
        let mut asked = proof.asked(state);
        asked.request.ticket = Some(&token);
        asked.request.bearer = bearer(&parts.headers);
        let once = state.engine.proven(&ticket, &asked)?;
        Ok(Self(ticket, once))
    }
}

/// What a proof of a key has to be for, and the proof, if one came along.
pub(super) struct KeyProof {
    proof: Option<String>,
    method: Method,
    path: String,
    from: IpAddr,
}

impl KeyProof {
    /// What came with this request, over a connection from `peer`.
    pub(super) fn of(parts: &Parts, peer: IpAddr, state: &AppState) -> Self {
        let mut sent = parts.headers.get_all("dpop").iter();
        // RFC 9449, section 4.3: no more than one. Two are none.
        let proof = match (sent.next(), sent.next()) {
            (Some(proof), None) => proof.to_str().ok().map(str::to_owned),
            _ => None,
        };
        // Routers shorten the path on the way to the route; the browser signed the whole of it.
        let uri = parts
            .extensions
            .get::<OriginalUri>()
            .map(|OriginalUri(uri)| uri);
        Self {
            proof,
            method: parts.method.clone(),
            path: uri.unwrap_or(&parts.uri).path().to_owned(),
            from: client::address(peer, &parts.headers, state.trusted_hops),
        }
    }

    /// For the engine, which decides whether it needs one.
    pub(super) fn asked<'a>(&'a self, state: &'a AppState) -> Asked<'a> {
        Asked {
            proof: self.proof.as_deref(),
            request: dpop::Request {
                method: self.method.as_str(),
                path: &self.path,
                origin: state.address.origin.as_deref(),
                bearer: None,
                ticket: None,
            },
            from: self.from,
        }
    }
}

impl FromRequestParts<AppState> for KeyProof {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let ConnectInfo(peer) = peer.ok_or_else(|| Refusal::of(ProblemKind::Internal))?;
        Ok(Self::of(parts, peer.ip(), state))
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
